// Package archive reads release archives that anybody may have made: tar, plain or compressed by gzip, xz, zstd or
// bzip2, and zip.
//
// [Read] shows each entry with its content, in the order of the archive, and writes nothing anywhere. It takes an
// archive only if all programs that unpack it get the same: what they read in different ways, what unpacks outside the
// archive's own folders, and bytes that none of them reads are errors. So are entries that no tree of Git can hold:
// hard links, devices and set-user-ID bits. All of these wrap [ErrRefused]. A format that isn't known is an
// [ErrFormat]; any other error is one of reading, or of the function that was shown an entry.
//
// Memory and time are bounded by [Limits], whatever the archive says of itself.
package archive

import (
	"errors"
	"fmt"
)

// Kind is what an entry is. The zero Kind is none that Read shows.
type Kind uint8

// The kinds of entries.
const (
	_ Kind = iota
	File
	Link // a symbolic link
	Folder
)

// Entry is one entry of an archive.
type Entry struct {
	// Name is a path with slashes, without a slash at its ends and without "." in it. It may have any other bytes.
	Name   string
	Kind   Kind
	Exec   bool   // of a file: whoever unpacks it may run it
	Size   int64  // of a file, in bytes
	Target string // of a link
}

// Limits bound what reading may cost. Zero means the default, in the comment.
type Limits struct {
	Entries int   // 200,000
	Names   int64 // bytes of all names and targets, which are held in memory; 32 MiB
	Bytes   int64 // of what is unpacked, headers included; 4 GiB
	Ratio   int64 // how many times as large as the archive that may be, above 64 MiB; 200
}

func (l Limits) withDefaults() Limits {
	if l.Entries == 0 {
		l.Entries = 200_000
	}
	if l.Names == 0 {
		l.Names = 32 << 20
	}
	if l.Bytes == 0 {
		l.Bytes = 4 << 30
	}
	if l.Ratio == 0 {
		l.Ratio = 200
	}
	return l
}

// freeBytes is what any archive may unpack to: a small one of a large file of zeros is no attack.
const freeBytes = 64 << 20

// unpacked is how many bytes an archive of a size may unpack to.
func (l Limits) unpacked(size int64) int64 {
	if size > l.Bytes/l.Ratio {
		return l.Bytes
	}
	return min(l.Bytes, max(size*l.Ratio, freeBytes))
}

// ErrRefused says that an archive isn't one that all programs read in the same way, or that it is larger than it may
// be.
var ErrRefused = errors.New("the archive is refused")

// ErrFormat says that a file is no archive of a known format.
var ErrFormat = errors.New("no archive of a known format: want a tar, plain or compressed by gzip, xz, zstd " +
	"or bzip2, or a zip")

func refused(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrRefused, fmt.Errorf(format, args...))
}

// Format is how an archive is written, such as "tar.gz".
type Format string

// The formats that Read reads.
const (
	Tar     Format = "tar"
	TarGzip Format = "tar.gz"
	TarXz   Format = "tar.xz"
	TarZstd Format = "tar.zst"
	TarBz2  Format = "tar.bz2"
	Zip     Format = "zip"
)

// errCut says that an archive ends where it must not.
var errCut = errors.New("unexpected end")
