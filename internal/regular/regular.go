// Package regular opens files that have content of their own, in folders that somebody else has written. A pipe or a
// device is an error: reading it might wait for ever, or have no end.
package regular

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// ErrNot is the error of what is no regular file.
var ErrNot = errors.New("not a regular file")

// Open opens a file, and gives its size. A symbolic link is followed.
func Open(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, 0, err
	}
	stat, err := f.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = fmt.Errorf("%s: %w", path, ErrNot)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, stat.Size(), nil
}

// Read gives the content of a file, of at most so many bytes.
func Read(path string, most int64) ([]byte, error) {
	f, _, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, most+1))
	if err == nil && int64(len(content)) > most {
		return nil, fmt.Errorf("%s: it has more than %d bytes", path, most)
	}
	return content, err
}
