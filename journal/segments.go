package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// piece is one of a journal's files.
type piece struct {
	path string
	last uint64 // the last record of a segment, by its name; 0 for the file that still grows
	size int64  // set once it is open
	file *os.File
}

// open opens a piece that isn't open yet.
func (p *piece) open() error {
	if p.file != nil {
		return nil
	}
	f, err := openRead(p.path)
	if err != nil {
		// The error is no fs.ErrNotExist: that is for a journal that isn't there.
		return fmt.Errorf("journal: a segment can't be read: %v", err)
	}
	at, err := f.Stat()
	if err == nil && !at.Mode().IsRegular() {
		err = errNotRegular(p.path, at.Mode())
	}
	if err != nil {
		return errors.Join(err, f.Close())
	}
	p.file, p.size = f, at.Size()
	return nil
}

func (p *piece) close() {
	if p.file != nil {
		p.file.Close()
		p.file = nil
	}
}

// minDigits is how long a segment's number is at least, so that other programs list segments in their order.
const minDigits = 9

func segmentName(path string, last uint64) string {
	return fmt.Sprintf("%s.%0*d", path, minDigits, last)
}

// segmentsOf lists the segments of a journal, oldest first.
func segmentsOf(path string) ([]piece, error) {
	dir, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	var all []piece
	for _, entry := range dir {
		number, found := strings.CutPrefix(entry.Name(), filepath.Base(path)+".")
		last, err := strconv.ParseUint(number, 10, 63)
		if found && err == nil && last != 0 && segmentName(path, last) == path+"."+number {
			all = append(all, piece{path: segmentName(path, last), last: last})
		}
	}
	slices.SortFunc(all, func(a, b piece) int { return int(min(max(int64(a.last)-int64(b.last), -1), 1)) })
	return all, nil
}

// piecesOf lists a journal's files, oldest first. The one that grows is open, and the last: whoever renames it
// meanwhile, and begins another, changes nothing of what is read.
func piecesOf(path string) ([]piece, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	current, missing := piece{path: path}, error(nil)
	if current.file, missing = openRead(path); missing != nil {
		current.file = nil
		if !errors.Is(missing, fs.ErrNotExist) {
			return nil, fmt.Errorf("journal: %w", missing)
		}
	}
	all, err := segmentsOf(path)
	if missing != nil {
		if err == nil && len(all) > 0 { // renamed, and nothing written since
			return all, nil
		}
		return nil, fmt.Errorf("journal: %w", missing)
	}
	if err != nil {
		current.close()
		return nil, err
	}
	at, err := current.file.Stat()
	if err == nil && !at.Mode().IsRegular() {
		err = errNotRegular(path, at.Mode())
	}
	if err != nil {
		current.close()
		return nil, err
	}
	current.size = at.Size()
	if i := slices.IndexFunc(all, func(p piece) bool {
		named, err := os.Lstat(p.path)
		return err == nil && os.SameFile(at, named)
	}); i >= 0 {
		all = all[:i]
	}
	return append(all, current), nil
}

// likeOf gives the file of a journal that grows, as which what lies beside it is made.
func likeOf(path string) (os.FileInfo, error) {
	pieces, err := piecesOf(path)
	if err != nil {
		return nil, err
	}
	last := &pieces[len(pieces)-1]
	if err := last.open(); err != nil {
		return nil, err
	}
	defer last.close()
	return last.file.Stat()
}

// newest opens the segment that the growing file continues; nil if there is none.
func (l *Log) newest() (*piece, error) {
	all, err := segmentsOf(l.path)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	p := &all[len(all)-1]
	return p, p.open()
}

// makeSegment renames a locked file, if that can be done without overwriting anything.
func makeSegment(path string, last uint64) bool {
	name := segmentName(path, last)
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	return os.Rename(path, name) == nil
}

// begin makes the file if there is none. One that follows a segment gets the segment's mode and group before
// anybody can see it, so that all who could write to the one can write to the other. The first is open to the group
// where its folder is.
func (l *Log) begin() (*os.File, error) {
	before, err := l.newest()
	if err != nil {
		return nil, err
	}
	mode := l.sharedMode()
	if before == nil && mode == 0 {
		return openFile(l.path, os.O_CREATE)
	}
	if before != nil {
		defer before.close()
	}
	f, err := os.CreateTemp(filepath.Dir(l.path), filepath.Base(l.path)+".*.new")
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	if before != nil {
		err = alike(f, before.file)
	} else {
		err = f.Chmod(mode)
	}
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Link(f.Name(), l.path)
	}
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without hard links
		return openFile(l.path, os.O_CREATE)
	}
	return openFile(l.path, 0)
}

// sharedMode gives the mode of the first file in a folder that the group may write to, 0 in another.
func (l *Log) sharedMode() fs.FileMode {
	at, err := os.Stat(filepath.Dir(l.path))
	if err != nil || at.Mode().Perm()&0o020 == 0 {
		return 0
	}
	return 0o660 | at.Mode().Perm()&0o004
}

// alike gives a new file the mode of another, and its group where that is allowed.
func alike(f, other *os.File) error {
	at, err := other.Stat()
	if err != nil {
		return err
	}
	shareGroup(f, at)
	return f.Chmod(at.Mode().Perm())
}
