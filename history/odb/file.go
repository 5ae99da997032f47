package odb

import (
	"errors"
	"io/fs"
	"runtime/debug"

	"countersign/internal/regular"
)

// unopened makes an Error of what is there and can't be opened, or is no regular file: another copy of an object may
// serve.
func unopened(path string, err error) error {
	var denied *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return err
	case errors.Is(err, regular.ErrNot):
		err = regular.ErrNot
	case errors.As(err, &denied):
		err = denied.Err
	}
	return &Error{path, 0, err}
}

// guard runs what reads mapped files. Where such a file was cut short since, or the disk doesn't give it, the processor
// faults, which would end the program. Here it gives an error.
func (db *DB) guard(read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		fault, ok := r.(interface{ Addr() uintptr }) // debug.SetPanicOnFault
		if ok {
			err = db.faulted(fault.Addr())
		}
		if !ok || err == nil {
			panic(r)
		}
	}()
	return read()
}

// faulted gives the error of a file that is mapped at an address.
func (db *DB) faulted(address uintptr) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	for _, d := range db.dirs {
		for _, f := range d.files() {
			if offset, ok := f.holds(address); ok {
				return &Error{f.path, offset, errors.New("can't be read, or was cut short while it was in use")}
			}
		}
	}
	return nil
}
