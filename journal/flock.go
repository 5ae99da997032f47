//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package journal

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// openFile opens a file for reading and appending, and makes it if the flags say so. It follows no link in the
// last place of the path, and a named pipe can't hold it up.
func openFile(path string, flags int) (*os.File, error) {
	return openNoFollow(path, os.O_RDWR|os.O_APPEND|flags)
}

// openRead opens a file for reading, with the same caution.
func openRead(path string) (*os.File, error) { return openNoFollow(path, os.O_RDONLY) }

func openNoFollow(path string, flags int) (*os.File, error) {
	f, err := os.OpenFile(path, flags|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o640)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%w: a symbolic link is not followed", err)
	}
	return f, err
}

// flock takes the exclusive lock of flock(2) if it is free. It belongs to the open file, not to the
// process, so goroutines that open the file themselves keep each other out as well.
func flock(f *os.File) error {
	for {
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case err == nil:
			return nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return errLocked
		default:
			return fmt.Errorf("can't be locked: %w", err)
		}
	}
}

// mayWrite says whether this user may make files in a folder (access(2)), and so not where it is mounted read-only.
func mayWrite(folder string) error {
	const write = 2 // W_OK
	if err := syscall.Access(folder, write); err != nil {
		return &os.PathError{Op: "write", Path: folder, Err: err}
	}
	return nil
}

// shareGroup gives a file the group of another, where that is allowed.
func shareGroup(f *os.File, other os.FileInfo) {
	if owner, ok := other.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(-1, int(owner.Gid))
	}
}
