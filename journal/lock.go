package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// errLocked says that another process holds the lock at the moment.
var errLocked = errors.New("locked by another process")

// lock opens the file, makes it if there is none, and waits until nobody else appends to it. Closing
// the file gives the lock back, and so does the death of the process.
func (l *Log) lock(ctx context.Context) (*os.File, error) {
	if _, bounded := ctx.Deadline(); !bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, l.wait, fmt.Errorf("waited %s", l.wait))
		defer cancel()
	}
	var f *os.File
	err := retry(ctx, func() (err error) {
		f, err = l.tryLock()
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("record not written: %w", err)
	}
	return f, nil
}

// retry tries until another process has given a lock back, or the context ends.
func retry(ctx context.Context, try func() error) error {
	const longest = 20 * time.Millisecond
	for pause := time.Millisecond; ; pause = min(2*pause, longest) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		err := try()
		if !errors.Is(err, errLocked) {
			return err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return fmt.Errorf("%w (%w)", err, context.Cause(ctx))
		}
	}
}

// tryLock gives the file, locked, if nobody has it. The path is looked up anew at each try: whoever
// had the lock may have been renaming the file away.
func (l *Log) tryLock() (*os.File, error) {
	f, err := openFile(l.path, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = l.begin()
		if _, folder := os.Stat(filepath.Dir(l.path)); folder == nil && errors.Is(err, fs.ErrNotExist) {
			err = errLocked // another process made it, and renamed it away again, in between
		}
	}
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	err = l.holds(f)
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// holds locks an open file and says whether it is a journal still found under its name.
func (l *Log) holds(f *os.File) error {
	opened, err := f.Stat()
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	if !opened.Mode().IsRegular() {
		return errNotRegular(l.path, opened.Mode())
	}
	if err := flock(f); err != nil {
		return fmt.Errorf("journal %s: %w", l.path, err)
	}
	named, err := os.Lstat(l.path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(opened, named) {
		return fmt.Errorf("journal %s: %w", l.path, errLocked)
	}
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
