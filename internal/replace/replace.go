// Package replace puts a text in the place of a file at once: who reads the file sees the old text or the new one,
// whole, and a run that fails leaves the old one, and nothing beside it. A symbolic link of that name is replaced, not
// followed.
//
// Several may replace a file at the same time, also from several processes: one of their texts stands there then.
package replace

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Promise says what outlasts a crash of the machine.
type Promise uint8

const (
	// Whole promises nothing of that: the file may then be old, new or empty. For what can be made anew.
	Whole Promise = iota
	// OnDisk promises that the file is old or new, and new once [File] has returned without an error.
	OnDisk
)

// File puts a text in the place of a file, or makes it. The file has exactly that mode, whatever the umask.
func File(name string, text []byte, mode fs.FileMode, promise Promise) error {
	folder := filepath.Dir(name)
	f, err := os.CreateTemp(folder, ".new-*")
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	err = errors.Join(err, f.Chmod(mode))
	if promise == OnDisk {
		err = errors.Join(err, f.Sync())
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	if promise == OnDisk {
		return syncFolder(folder)
	}
	return nil
}

// syncFolder has the name on disk as well.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
