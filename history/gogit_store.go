package history

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/objfile"
)

// objectStore reads the objects of one repository from its object directories, which it asks one
// after the other: a quarantine's, the repository's own, their alternates. go-git's own storage
// would look for packs in one of them only, and for arrivals in every push's quarantine.
//
// What it returns has the name that was asked for: go-git trusts the pack index, this doesn't. The
// hash is go-git's collision-detecting SHA-1, which gives another sum for bytes that were made to
// collide, as git's does.
type objectStore struct {
	mu    sync.Mutex // go-git's parsers are for one goroutine
	dirs  []*objectDir
	bases *deltaBases
}

// objectDir is one object directory: loose objects and packs.
type objectDir struct {
	path   string
	packs  []*pack // the one that answered last first
	listed map[string]bool
}

// object is one stored object: its header, then its content to read. It must be closed before the
// next is opened. Reading it to the end fails if the content isn't what the name says.
type object struct {
	kind   string
	size   int64
	name   plumbing.Hash
	hasher plumbing.Hasher
	read   int64
	io.ReadCloser
}

func openObjects(dirs []string) *objectStore {
	s := &objectStore{bases: newDeltaBases()}
	for _, path := range dirs {
		s.dirs = append(s.dirs, &objectDir{path: path, listed: map[string]bool{}})
	}
	return s
}

// Close closes the packs.
func (s *objectStore) Close() error {
	var errs []error
	for _, d := range s.dirs {
		for _, p := range d.packs {
			errs = append(errs, p.file.Close())
		}
	}
	return errors.Join(errs...)
}

// head makes it a [store].
func (s *objectStore) head(id ID, kind string, keep int64, b bound) (_ []byte, size int64, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.open(id)
	if err != nil {
		return nil, 0, err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if o.kind != kind {
		return nil, 0, notA(kind, id, o.kind)
	}
	if o.size > b.most {
		return nil, 0, b.exceeded(kind, id, o.size)
	}
	// The size is a claim until all is read, so it buys little memory.
	first := bytes.NewBuffer(make([]byte, 0, min(o.size, keep, 1<<16)))
	if _, err = io.CopyN(first, o, min(keep, o.size)); err == nil {
		_, err = io.Copy(io.Discard, o)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %s %s: %w", ErrUnreadable, kind, id, err)
	}
	return first.Bytes(), o.size, nil
}

// kind gives an object's type, which its name covers like its content.
func (s *objectStore) kind(id ID) (kind string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.open(id)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, o.Close()) }()
	if _, err := io.Copy(io.Discard, o); err != nil {
		return "", fmt.Errorf("%w: object %s: %w", ErrUnreadable, id, err)
	}
	return o.kind, nil
}

// open finds an object. A repack may move objects to a new pack while we read; so what isn't found
// is looked for once more, among the packs that are there by then.
func (s *objectStore) open(id ID) (*object, error) {
	if id.Size() != 20 {
		return nil, fmt.Errorf("%w: %s is not the name of an object in a SHA-1 repository", ErrUnreadable, id)
	}
	name := plumbing.Hash(id.Bytes())
	for range 2 {
		for _, d := range s.dirs {
			o, err := d.open(name, s.bases)
			if err == nil {
				return o, nil
			}
			if errors.Is(err, ErrLimit) {
				return nil, fmt.Errorf("object %s: %w", id, err)
			}
			if !errors.Is(err, ErrMissing) {
				return nil, fmt.Errorf("%w: object %s in %s: %w", ErrUnreadable, id, d.path, err)
			}
		}
		for _, d := range s.dirs {
			if err := d.list(); err != nil {
				return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
			}
		}
	}
	return nil, missing(id)
}

// open looks into the packs, then among the loose objects, as git does.
func (d *objectDir) open(name plumbing.Hash, bases *deltaBases) (*object, error) {
	for i, p := range d.packs {
		offset, err := p.index.FindOffset(name)
		if errors.Is(err, plumbing.ErrObjectNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		d.packs = slices.Insert(slices.Delete(d.packs, i, i+1), 0, p)
		kind, size, body, err := p.open(offset, bases)
		if err != nil {
			return nil, err
		}
		return newObject(name, kind, size, body)
	}
	path := filepath.Join(d.path, name.String()[:2], name.String()[2:])
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrMissing
	}
	if err != nil {
		return nil, err
	}
	body, err := objfile.NewReader(file)
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	kind, size, err := body.Header()
	if err != nil {
		return nil, errors.Join(err, body.Close(), file.Close())
	}
	return newObject(name, kind, size, looseBody{body, file})
}

// list takes up the packs that weren't there before.
func (d *objectDir) list() error {
	entries, err := os.ReadDir(filepath.Join(d.path, "pack"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, isIndex := strings.CutSuffix(e.Name(), ".idx")
		if !isIndex || d.listed[name] {
			continue
		}
		p, err := openPack(filepath.Join(d.path, "pack", name))
		if errors.Is(err, fs.ErrNotExist) {
			continue // an index without its pack is half written, or half deleted
		}
		if err != nil {
			return err
		}
		d.listed[name] = true
		d.packs = append(d.packs, p)
	}
	return nil
}

func newObject(name plumbing.Hash, kind plumbing.ObjectType, size int64, body io.ReadCloser) (*object, error) {
	switch kind {
	case plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject, plumbing.TagObject:
		return &object{
			kind: kind.String(), size: size, name: name, hasher: plumbing.NewHasher(kind, size), ReadCloser: body,
		}, nil
	default:
		return nil, errors.Join(fmt.Errorf("object type %d", kind), body.Close())
	}
}

// Read reads content; with the last byte it has checked size and hash.
func (o *object) Read(p []byte) (int, error) {
	n, err := o.ReadCloser.Read(p)
	o.hasher.Write(p[:n])
	o.read += int64(n)
	switch {
	case o.read > o.size, errors.Is(err, io.EOF) && o.read < o.size:
		return n, fmt.Errorf("the header says %d bytes, there are others", o.size)
	case errors.Is(err, io.EOF) && o.hasher.Sum() != o.name:
		return n, errors.New("the content has another hash: damaged, or made to collide")
	}
	return n, err
}

// looseBody closes the file as well: objfile.Reader leaves it open.
type looseBody struct {
	*objfile.Reader
	file *os.File
}

func (b looseBody) Close() error { return errors.Join(b.Reader.Close(), b.file.Close()) }
