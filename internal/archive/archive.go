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
	"bytes"
	"errors"
	"fmt"
	"io"
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

// magic is how files of a format begin.
var magic = []struct {
	begin  string
	format Format
}{
	{"\x1f\x8b", TarGzip},              // RFC 1952 section 2.3.1
	{"\xfd7zXZ\x00", TarXz},            // the .xz file format, section 2.1.1.1
	{"\x28\xb5\x2f\xfd", TarZstd},      // RFC 8878 section 3.1.1
	{"BZh", TarBz2},                    // bzip2's own
	{"PK\x03\x04", Zip},                // APPNOTE.TXT section 4.3.7
	{"PK\x05\x06", Zip},                // the same, section 4.3.16: one without entries
	{"\x50\x2a\x4d\x18", ""},           // a skippable frame of zstd, RFC 8878 section 3.1.2: what follows is hidden
	{"\x1f\x9d", ""}, {"LZIP\x01", ""}, // compress, lzip
	{"7z\xbc\xaf\x27\x1c", ""}, {"Rar!", ""}, // which no release is compared in
}

// formatOf says by a file's first bytes how it is written.
func formatOf(first []byte) (Format, error) {
	for _, m := range magic {
		if bytes.HasPrefix(first, []byte(m.begin)) {
			if m.format == "" {
				return "", ErrFormat
			}
			return m.format, nil
		}
	}
	if len(first) >= blockSize && sumFits(first[:blockSize]) {
		return Tar, nil
	}
	return "", ErrFormat
}

// Read shows each entry of an archive of a size. Of a file visit may read the content, to its end or not; that reader
// is good until visit returns. Read goes on to the archive's very end, whatever visit reads. It gives the format as
// soon as that is known, with an error or without.
func Read(r io.ReaderAt, size int64, limits Limits, visit func(Entry, io.Reader) error) (Format, error) {
	limits = limits.withDefaults()
	in := &source{Reader: io.NewSectionReader(r, 0, size)}
	first := make([]byte, blockSize)
	n, err := io.ReadFull(io.NewSectionReader(r, 0, size), first)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", err
	}
	format, err := formatOf(first[:n])
	if err != nil {
		return "", err
	}
	l := newListing(limits, visit)
	if format == Zip {
		return format, readZip(&zipFile{ReaderAt: r, size: size, most: limits.unpacked(size), listing: l})
	}
	stream, err := decompress(format, in)
	if err == nil {
		defer stream.close()
		bounded := &bounded{r: stream, left: limits.unpacked(size), most: limits.unpacked(size)}
		if err = readTar(bounded, l); err == nil {
			err = stream.end()
		}
	}
	switch {
	case in.err != nil:
		return format, in.err // it couldn't be read, whatever else seemed to be wrong
	case errors.Is(err, errCut):
		return format, refused("it ends too early: it was cut off")
	default:
		return format, err
	}
}

// errCut says that an archive ends where it must not.
var errCut = errors.New("unexpected end")

// source is a file that remembers an error of reading it.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(b []byte) (int, error) {
	n, err := s.Reader.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		s.err = err
	}
	return n, err
}

// bounded is a stream that may have so many bytes.
type bounded struct {
	r          io.Reader
	left, most int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.r.Read(p[:min(int64(len(p)), b.left+1)])
	if b.left -= int64(n); b.left < 0 {
		return 0, refused("it unpacks to more than %d bytes, which is as much as one of its size may", b.most)
	}
	return n, err
}
