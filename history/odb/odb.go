// Package odb reads the objects of a Git repository from its object directories: loose objects, packs and
// multi-pack-indexes, as gitrepository-layout(5), gitformat-pack(5) and gitformat-signature(5) describe them. It writes
// nothing.
//
// [Open] takes the object directories, [DB.Read] gives a whole object, [DB.Head] the beginning of one that may be large,
// [DB.Stat] what an object is said to be.
//
// What Read and Head give has the name that was asked for: it is computed anew from the bytes, by a SHA-1 that detects
// collisions (https://shattered.io) as git's does. What the files say is taken for a claim: a size buys little memory
// before the bytes are there, and a file that is damaged, cut short or made to mislead gives an [Error], never a panic
// and never an object that is another. An object that isn't there gives [ErrMissing].
//
// A DB may be used by several goroutines at once, but for Close.
package odb

import (
	"errors"
	"fmt"

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

// Error is what is wrong with a file.
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
type DB struct{}

// Open finds the object directories and their alternates.
func Open(o Options) (*DB, error) { return nil, errors.ErrUnsupported }

// Close gives the files back. No other method may be running.
func (db *DB) Close() error { return nil }

// Read gives a whole object, whose name was computed anew from its bytes. The caller must not change them. An object of
// more than max bytes is a [SizeError], and isn't read.
func (db *DB) Read(id objectid.ID, max int64) (Kind, []byte, error) {
	return 0, nil, errors.ErrUnsupported
}

// Head gives the first bytes of an object, at most keep, and its size. All of it is read, and its name computed anew; of
// what isn't stored as a delta only these first bytes are held in memory. An object of more than max bytes is a
// [SizeError], and isn't read.
func (db *DB) Head(id objectid.ID, keep, max int64) (Kind, []byte, int64, error) {
	return 0, nil, 0, errors.ErrUnsupported
}

// Stat gives kind and size of an object as the files claim them: the content isn't read.
func (db *DB) Stat(id objectid.ID) (Kind, int64, error) { return 0, 0, errors.ErrUnsupported }

// WithPrefix gives the objects whose names begin with at least four hexadecimal digits, in order, at most n.
func (db *DB) WithPrefix(hex string, n int) ([]objectid.ID, error) {
	return nil, errors.ErrUnsupported
}
