package odb

import (
	"errors"
	"runtime/debug"

	"countersign/internal/regular"
)

// irregular makes an Error of what is no regular file: another copy of an object may be one.
func irregular(path string, err error) error {
	if errors.Is(err, regular.ErrNot) {
		return &Error{path, 0, regular.ErrNot}
	}
	return err
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
