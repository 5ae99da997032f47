//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package odb

import (
	"bufio"
	"io"
	"os"

	"countersign/internal/regular"
)

// file is a file of an object directory, read piece by piece.
type file struct {
	path string
	size int64
	file *os.File
}

// openFile opens a regular file.
func openFile(path string) (*file, error) {
	f, size, err := regular.Open(path)
	if err != nil {
		return nil, unopened(path, err)
	}
	return &file{path, size, f}, nil
}

func (f *file) Close() error { return f.file.Close() }

// release does nothing: nothing is mapped.
func (f *file) release() {}

// bytes gives the bytes between two offsets, which must be in the file.
func (f *file) bytes(from, to int64) ([]byte, error) {
	if from < 0 || from > to || to > f.size {
		return nil, &Error{f.path, from, io.ErrUnexpectedEOF}
	}
	data := make([]byte, to-from)
	if _, err := f.file.ReadAt(data, from); err != nil {
		return nil, &Error{f.path, from, err}
	}
	return data, nil
}

// reader reads from one offset to another, which must be in the file.
func (f *file) reader(from, to int64) (io.Reader, error) {
	if from < 0 || from > to || to > f.size {
		return nil, &Error{f.path, from, io.ErrUnexpectedEOF}
	}
	return bufio.NewReader(io.NewSectionReader(f.file, from, to-from)), nil
}

// holds says which offset of the file is mapped at an address: none is.
func (f *file) holds(uintptr) (offset int64, ok bool) { return 0, false }
