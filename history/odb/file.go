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
func guard(files func() []*file, read func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if fault, ok := r.(interface{ Addr() uintptr }); ok { // debug.SetPanicOnFault
			err = faulted(files(), fault.Addr())
		}
		if err == nil {
			panic(r)
		}
	}()
	return read()
}

// faulted gives the error of the file that is mapped at an address.
func faulted(files []*file, address uintptr) error {
	for _, f := range files {
		if offset, ok := f.holds(address); ok {
			return &Error{f.path, offset, errors.New("can't be read, or was cut short while it was in use")}
		}
	}
	return nil
}

// guard runs what reads files that are open.
func (db *DB) guard(read func() error) error {
	return guard(func() (files []*file) {
		db.mu.Lock()
		defer db.mu.Unlock()
		for _, d := range db.dirs {
			files = append(files, d.files()...)
		}
		return files
	}, read)
}

// opening runs what reads files that are no more than mapped: the database has no part of them yet.
func opening(read func() error, files ...*file) error {
	return guard(func() []*file { return files }, read)
}
