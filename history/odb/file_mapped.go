//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package odb

import (
	"bytes"
	"errors"
	"io"
	"os"
	"syscall"
	"unsafe"

	"countersign/internal/regular"
)

// file is a file of an object directory, mapped into memory.
type file struct {
	path string
	size int64
	data []byte
}

// openFile maps a regular file.
func openFile(path string) (*file, error) {
	f, size, err := regular.Open(path)
	if err != nil {
		return nil, unopened(path, err)
	}
	defer f.Close()
	if size == 0 { // can't be mapped
		return &file{path: path}, nil
	}
	if int64(int(size)) != size {
		return nil, &Error{path, 0, errors.New("too large for the memory of this machine")}
	}
	data, err := syscall.Mmap(int(f.Fd()), 0, int(size), syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return nil, &os.PathError{Op: "mmap", Path: path, Err: err}
	}
	return &file{path, size, data}, nil
}

func (f *file) Close() error {
	if f.data == nil {
		return nil
	}
	data := f.data
	f.data, f.size = nil, 0
	return syscall.Munmap(data)
}

// release gives back the memory of what was read, until it is read again.
func (f *file) release() { release(f.data) }

// bytes gives the bytes between two offsets, which must be in the file.
func (f *file) bytes(from, to int64) ([]byte, error) {
	if from < 0 || from > to || to > f.size {
		return nil, &Error{f.path, from, io.ErrUnexpectedEOF}
	}
	return f.data[from:to:to], nil
}

// reader reads from one offset to another, which must be in the file.
func (f *file) reader(from, to int64) (io.Reader, error) {
	data, err := f.bytes(from, to)
	return bytes.NewReader(data), err
}

// holds says which offset of the file is mapped at an address, if one is.
func (f *file) holds(address uintptr) (offset int64, ok bool) {
	start := uintptr(unsafe.Pointer(unsafe.SliceData(f.data)))
	return int64(address - start), address >= start && address-start < uintptr(len(f.data))
}
