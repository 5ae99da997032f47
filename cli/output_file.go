package cli

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// newFile is a file in the making. It takes its place when it is kept, whole: who reads that sees the old file or the
// new one. What isn't a file, as a device or a pipe, is written to as it is.
type newFile struct {
	*bufio.Writer
	file  *os.File
	place string // where it goes, "" where it is already
	began int64  // of a file that is added to: how long it was
	ended bool
}

// openPlace opens what isn't a file to write to it. A named pipe waits for its reader, as long as nobody breaks it off.
func openPlace(ctx context.Context, name string) (*os.File, error) {
	return waiting(ctx, func() (*os.File, error) { return os.OpenFile(name, os.O_WRONLY|os.O_APPEND, 0) })
}

// createFile begins a file. One that is there keeps its mode; a new one has that which the process gives new files.
func createFile(ctx context.Context, name string) (*newFile, error) {
	info, err := os.Stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, errors.New("it is a folder")
	case err == nil && !info.Mode().IsRegular():
		f, err := openPlace(ctx, name)
		if err != nil {
			return nil, err
		}
		return &newFile{Writer: bufio.NewWriter(f), file: f}, nil
	case err == nil:
		if name, err = filepath.EvalSymlinks(name); err != nil {
			return nil, err
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	beside := filepath.Join(filepath.Dir(name), ".countersign-"+rand.Text())
	f, err := os.OpenFile(beside, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	n := &newFile{Writer: bufio.NewWriter(f), file: f, place: name}
	if info != nil {
		if err := f.Chmod(info.Mode().Perm()); err != nil {
			n.drop()
			return nil, err
		}
	}
	return n, nil
}

// noPlace words why no file can be made in its folder. The file is given as it was typed, and as it is found.
func noPlace(typed, name string, err error) error {
	folder := filepath.Dir(typed)
	if _, gone := os.Stat(filepath.Dir(name)); errors.Is(gone, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s: make it, or name another", folder)
	}
	if err = reason(err); errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w in the folder %s, where a new file is made that takes its place: name a file in another folder",
			err, folder)
	}
	return err
}

// writes takes down what of this run writes a file, by a name that the user typed. Another that writes the same, by
// whatever name, is wrong usage: one of both would be lost. A device or a pipe takes all.
func (e Env) writes(what, typed string) error {
	place := e.path(typed)
	if info, err := os.Stat(place); err == nil && !info.Mode().IsRegular() {
		return nil
	}
	if real, err := filepath.EvalSymlinks(place); err == nil {
		place = real
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(place)); err == nil {
		place = filepath.Join(folder, filepath.Base(place))
	}
	if other, taken := e.written[place]; taken {
		return usage("%s and %s write the same file: name two", other, what)
	}
	e.written[place] = what
	return nil
}

// appendFile begins what is added to a file.
func appendFile(name string) (*newFile, error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	n := &newFile{Writer: bufio.NewWriter(f), file: f}
	if info, err := f.Stat(); err == nil {
		n.began = info.Size()
	}
	return n, nil
}

// keep puts the file in its place.
func (n *newFile) keep() error {
	err := n.Flush()
	if err == nil && n.place != "" {
		err = n.file.Sync()
	}
	if err == nil {
		err = n.file.Close()
	}
	if err == nil && n.place != "" {
		err = os.Rename(n.file.Name(), n.place)
	}
	n.ended = err == nil
	return err
}

// drop takes away a file that wasn't kept.
func (n *newFile) drop() {
	if n.ended {
		return
	}
	n.ended = true
	if n.place == "" {
		_ = n.file.Truncate(n.began) // which only a file can be
	}
	_ = n.file.Close() // it may be closed
	if n.place != "" {
		_ = os.Remove(n.file.Name())
	}
}

// reason gives what is wrong, without the name under which a file was begun.
func reason(err error) error {
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return at.Err
	case errors.As(err, &link):
		return link.Err
	}
	return err
}
