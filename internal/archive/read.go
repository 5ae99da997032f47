package archive

import (
	"bytes"
	"errors"
	"io"
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
