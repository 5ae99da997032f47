package gate

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Where several users of one group push (core.sharedRepository), install makes a folder that the group may write to.
// What is written in it must be open to the same users.

// MakeFolder makes a folder that the users of the one it lies in may use, and that one if it isn't there. It may be there.
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
