package odb

import (
	"errors"
	"os"
	"runtime/debug"
)

// openRegular opens a file that has content of its own, and gives its size.
func openRegular(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, openFlags, 0)
	if err != nil {
		return nil, 0, err
	}
	stat, err := f.Stat()
	if err == nil && !stat.Mode().IsRegular() {
		err = &Error{path, 0, errors.New("not a regular file")}
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, stat.Size(), nil
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
