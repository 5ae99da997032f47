// Package shared makes folders and files that everybody who pushes can use.
//
// Where several users of one group push (core.sharedRepository, git-config(1)), an installation makes a folder that
// the group may write to. What a push leaves below it, the next push of another user must be able to read, to
// replace and to take away. So the mode of a new folder or file follows the folder it lies in, whatever the umask is:
// open to the group where that one is, and else for its owner to write and for the group to read. What was there
// already keeps its mode.
package shared

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"countersign/internal/replace"
)

// MakeFolder makes a folder, and the folders above it that aren't there. It may be there.
func MakeFolder(dir string) error {
	err := os.Mkdir(dir, 0o750)
	if errors.Is(err, fs.ErrNotExist) && MakeFolder(filepath.Dir(dir)) == nil {
		err = os.Mkdir(dir, 0o750)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil
	case err != nil:
		return err
	}
	if mode := modeIn(filepath.Dir(dir)); mode&0o020 != 0 {
		return os.Chmod(dir, mode|mode&0o444>>2|0o100|fs.ModeSetgid)
	}
	return nil
}

// Create opens a file for writing, and makes it if it isn't there. The flags are those of os.OpenFile.
func Create(name string, flag int) (*os.File, error) {
	f, err := os.OpenFile(name, flag|os.O_CREATE|os.O_WRONLY, 0o640)
	if err == nil {
		share(f)
	}
	return f, err
}

// Replace puts a text in the place of a file at once: who reads it finds all of the old text or all of the new one.
func Replace(name string, text []byte) error {
	mode := modeIn(filepath.Dir(name))
	if mode&0o020 == 0 {
		mode = 0o600
	}
	return replace.File(name, text, mode, replace.Whole)
}

// modeIn gives the mode of files in a folder.
func modeIn(dir string) fs.FileMode {
	at, err := os.Stat(dir)
	if err != nil || at.Mode().Perm()&0o020 == 0 {
		return 0o640
	}
	return 0o660 | at.Mode().Perm()&0o004
}

// share gives a file that was just made the mode that its folder asks for. Another user's file has it already.
func share(f *os.File) {
	if mode := modeIn(filepath.Dir(f.Name())); mode&0o020 != 0 {
		_ = f.Chmod(mode)
	}
}
