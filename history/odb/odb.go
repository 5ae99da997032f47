// Package odb reads the objects of a Git repository from its object directories: loose objects, packs and
// multi-pack-indexes, as gitrepository-layout(5) and gitformat-pack(5) describe them. It writes nothing.
//
// [Open] takes the object directories, [DB.Head] gives an object, or the beginning of one that may be large, and
// [DB.Stat] what an object is said to be.
//
// What Head gives has the name that was asked for: it is computed anew from the bytes, by a SHA-1 that detects
// collisions (https://shattered.io) as git's does. What the files say is taken for a claim: a size buys little memory
// before the bytes are there, and a file that is damaged, cut short or made to mislead gives an [Error], never a panic
// and never an object that is another. An object that isn't there gives [ErrMissing].
//
// A DB may be used by several goroutines at once, but for Close.
package odb

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"path/filepath"
	"slices"
	"sync"

	"countersign/internal/objectid"
)

// Kind is what an object is, by its number in packs: gitformat-pack(5), Object types.
type Kind uint8

const (
	Commit Kind = 1
	Tree   Kind = 2
	Blob   Kind = 3
	Tag    Kind = 4
)

// String gives the name of the kind as it stands in objects.
func (k Kind) String() string {
	switch k {
	case Commit:
		return "commit"
	case Tree:
		return "tree"
	case Blob:
		return "blob"
	case Tag:
		return "tag"
	default:
		return fmt.Sprintf("kind %d", uint8(k))
	}
}

// Options say where the objects are.
type Options struct {
	// Dirs are object directories, in the order in which they are asked. What their info/alternates name is asked
	// right after each. One that doesn't exist is passed over, as git does.
	Dirs []string
	// SHA256 says that names have 32 bytes, else they have 20.
	SHA256 bool
}

// ErrMissing is the error of an object that is in none of the directories.
var ErrMissing = errors.New("missing")

// Error is what is wrong with a file, and with what stands at which offset of it. Why a file can't be opened is said by
// an error of package os.
type Error struct {
	File   string
	Offset int64
	Err    error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: at %d: %v", e.File, e.Offset, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// SizeError is the error of an object that has more bytes than the caller allowed.
type SizeError struct{ Size, Max int64 }

func (e *SizeError) Error() string { return fmt.Sprintf("%d bytes, %d are allowed", e.Size, e.Max) }

// DB is the objects of a repository.
type DB struct {
	nameSize int // bytes of a name
	cache    *cache[made]
	steps    *cache[link] // deltas that are inflated
	readings sync.Pool    // of *reading

	mu   sync.Mutex // of the lists of packs
	dirs []*dir

	large sync.Mutex // of bases
	bases [2][]byte
}

// Open finds the object directories and their alternates.
func Open(o Options) (*DB, error) {
	db := &DB{
		nameSize: 20,
		cache:    newCache(maxCached, maxCachedOne, made.bytes),
		steps:    newCache(maxCachedSteps, maxStepsOne, link.bytes),
	}
	if o.SHA256 {
		db.nameSize = 32
	}
	db.readings.New = func() any { return newReading(db) }
	paths, err := Dirs(o.Dirs)
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		db.dirs = append(db.dirs, &dir{path: path, nameSize: db.nameSize, byName: make(map[string]*pack)})
	}
	if err := db.guard(db.list); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// Close gives the files back. No other method may be running.
func (db *DB) Close() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	var errs []error
	for _, d := range db.dirs {
		for _, f := range d.files() {
			errs = append(errs, f.Close())
		}
	}
	db.dirs = nil
	return errors.Join(errs...)
}

// maxPacks is how many packs are read. Each takes two mappings, of which Linux allows a process 65530, and some memory.
const maxPacks = 8192

// list takes up what packs are there by now.
func (db *DB) list() error {
	db.mu.Lock()
	defer db.mu.Unlock()
	packs := 0
	for _, d := range db.dirs {
		if err := d.list(); err != nil {
			return err
		}
		if packs += len(d.packs); packs > maxPacks {
			return fmt.Errorf("%s: there are more than %d packs: run git gc there", d.path, maxPacks)
		}
	}
	return nil
}

// Head gives the first bytes of an object, at most keep, and its size. All of it is read, and its name computed anew.
// These first bytes are held in memory, and what the object is a delta to; the caller must not change them. An object
// of more than max bytes is a [SizeError], and isn't read.
func (db *DB) Head(id objectid.ID, keep, max int64) (kind Kind, first []byte, size int64, err error) {
	return db.begin(id, keep, max, false)
}

func (db *DB) begin(id objectid.ID, keep, max int64, claimed bool) (kind Kind, first []byte, size int64, err error) {
	err = db.read(id, max, func(r *reading) (err error) {
		kind, size, r.claimed = r.kind, r.size, claimed
		first, err = r.head(id, keep)
		return err
	})
	if err != nil {
		return 0, nil, 0, err
	}
	return kind, first, size, nil
}

// Claimed is Head for what is counted, and not judged: it takes the files' word for it that the object is the one with
// this name.
func (db *DB) Claimed(id objectid.ID, keep, max int64) (kind Kind, first []byte, size int64, err error) {
	return db.begin(id, keep, max, true)
}

// Stat gives kind and size of an object as the files claim them: the content isn't read. For a delta these are the kind
// of what it is a delta to in the end, and the size of what it says it makes. They are those of the first copy, which
// Head may pass over: no verdict may follow from them.
func (db *DB) Stat(id objectid.ID) (kind Kind, size int64, err error) {
	err = db.read(id, math.MaxInt64, func(r *reading) error {
		kind, size = r.kind, r.size
		return nil
	})
	if err != nil {
		return 0, 0, err
	}
	return kind, size, nil
}

// read finds an object of at most max bytes, and has it read. There may be several copies of it. Where the first can't
// be read, or says that it is larger, the others are tried, as git does: whoever may push may store one more, in a way
// that is hard to read.
func (db *DB) read(id objectid.ID, max int64, read func(*reading) error) error {
	if id.Size() != db.nameSize {
		return fmt.Errorf("object %s: names have %d bytes here", id, db.nameSize)
	}
	err := db.attempt(max, func(r *reading) error { return db.find(id, r) }, read)
	damaged, large := new(Error), new(SizeError)
	if !errors.As(err, &damaged) && !errors.As(err, &large) || db.guard(db.list) != nil {
		return err
	}
	var copies []func(*reading) error
	if db.guard(func() error { copies = db.copies(id); return nil }) != nil {
		return err
	}
	for _, begin := range copies {
		if db.attempt(max, begin, read) == nil {
			return nil
		}
	}
	return err
}

// attempt begins to read an object of at most max bytes, and has it read.
func (db *DB) attempt(max int64, begin, read func(*reading) error) error {
	return db.guard(func() (err error) {
		r := db.readings.Get().(*reading)
		defer func() { err = errors.Join(err, r.end()) }()
		if err := begin(r); err != nil {
			return err
		}
		if r.size > max {
			return &SizeError{r.size, max}
		}
		return read(r)
	})
}

// copies gives how to begin to read each copy of an object.
func (db *DB) copies(id objectid.ID) []func(*reading) error {
	db.mu.Lock()
	defer db.mu.Unlock()
	var all []func(*reading) error
	name, hex := id.Bytes(), id.String()
	for _, d := range db.dirs {
		for _, p := range slices.Clone(d.packs) {
			if open, err := d.open(p); err != nil || !open {
				continue
			}
			if offset, found, err := p.index.find(name); err == nil && found {
				all = append(all, func(r *reading) error { return r.openPacked(p, offset) })
			}
		}
		all = append(all, func(r *reading) error { return r.openLoose(filepath.Join(d.path, hex[:2], hex[2:])) })
	}
	return all
}

// find begins to read an object. A repack may move objects to a new pack while we read; so what isn't found is looked
// for once more, among the packs that are there by then.
func (db *DB) find(id objectid.ID, r *reading) error {
	name := id.Bytes()
	var failed error
	for _, again := range []bool{false, true} {
		if again {
			if err := db.list(); err != nil {
				return err
			}
		}
		for _, d := range db.dirs {
			p, offset, err := db.findPacked(d, name, again)
			if p != nil {
				return r.openPacked(p, offset)
			}
			if err != nil {
				failed = err
			}
			hex := id.String()
			err = r.openLoose(filepath.Join(d.path, hex[:2], hex[2:]))
			if !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	if failed != nil {
		return failed // it may be there
	}
	return fmt.Errorf("object %s: %w", id, ErrMissing)
}

func (db *DB) findPacked(d *dir, name []byte, all bool) (*pack, int64, error) {
	db.mu.Lock()
	defer db.mu.Unlock()
	return d.find(name, all)
}
