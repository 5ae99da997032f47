package archive

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// blockSize is that of a tar: headers and content take whole blocks (POSIX, pax, "ustar Interchange Format").
const blockSize = 512

// tarFile is a tar that is being read.
type tarFile struct {
	r     io.Reader
	block [blockSize]byte
	ahead extended // what extended headers said of the next entry
}

// readTar shows the entries of a tar, and reads it to its end: two blocks of zeros, and nothing but zeros after them.
func readTar(r io.Reader, l *listing) error {
	t := &tarFile{r: r}
	for {
		if err := t.next(); err != nil {
			return err
		}
		if isZero(t.block[:]) {
			return t.end()
		}
		h, err := parseHeader(t.block[:])
		if err == nil {
			err = t.take(h, l)
		}
		if err != nil {
			return err
		}
	}
}

// next reads one block.
func (t *tarFile) next() error {
	_, err := io.ReadFull(t.r, t.block[:])
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errCut
	}
	return err
}

// end reads what follows the first block of zeros.
func (t *tarFile) end() error {
	if t.ahead.by != "" {
		return refused("it ends in an extended header, without the entry that this is of")
	}
	if err := t.next(); err != nil {
		return err
	}
	for {
		if !isZero(t.block[:]) {
			return refused("there is more after the blocks of zeros that end it, which tar doesn't unpack")
		}
		n, err := io.ReadFull(t.r, t.block[:])
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, io.ErrUnexpectedEOF) && isZero(t.block[:n]):
			return nil
		case err != nil && !errors.Is(err, io.ErrUnexpectedEOF):
			return err
		}
	}
}

func isZero(b []byte) bool { return len(bytes.Trim(b, "\x00")) == 0 }

// header is one header of a tar.
type header struct {
	name, link string
	mode, size int64
	kind       byte
}

// parseHeader reads a header. Numbers must be octal: in base 256, as GNU tar writes those that have no room, only what
// is larger than any archive may be is written.
func parseHeader(b []byte) (h header, err error) {
	if !sumFits(b) {
		return h, refused("it is damaged: the checksum of a header is wrong")
	}
	if h.name, err = text(b[:100]); err != nil {
		return h, err
	}
	if h.link, err = text(b[157:257]); err != nil {
		return h, err
	}
	if h.name, err = underPrefix(b, h.name); err != nil {
		return h, err
	}
	if h.mode, err = octal(b[100:108]); err == nil {
		h.size, err = octal(b[124:136])
	}
	h.kind = b[156]
	if err != nil {
		return h, refused("the header of %.200q has %w", h.name, err)
	}
	return h, nil
}

// underPrefix gives the whole name of an entry, which POSIX lets begin in a field of its own. Other headers have other
// things there, and some programs read a name in them all the same: Python's tarfile in all of them, libarchive in any
// with "ustar". In star's, which end in "tar", the times stand in the last 24 bytes.
func underPrefix(b []byte, name string) (string, error) {
	prefix, err := text(b[345:500])
	switch {
	case err != nil:
		return "", err
	case prefix == "":
		return name, nil
	case string(b[257:263]) != "ustar\x00", string(b[508:512]) == "tar\x00" && !isZero(b[476:500]):
		return "", refused("%.200q has bytes in its header that some programs take for a part of its name", name)
	}
	return prefix + "/" + name, nil
}

// sumFits says whether a block is a header by its checksum: the sum of its bytes, with spaces for those of the sum.
func sumFits(b []byte) bool {
	want, err := octal(b[148:156])
	sum := int64(8 * ' ')
	for i, c := range b {
		if i < 148 || i >= 156 {
			sum += int64(c)
		}
	}
	return err == nil && sum == want && !isZero(b)
}

// text reads a field that a NUL ends, unless it is full.
func text(field []byte) (string, error) {
	s, rest, _ := bytes.Cut(field, []byte{0})
	if !isZero(rest) {
		return "", refused("the name %.100q has more behind a NUL byte", field)
	}
	return string(s), nil
}

// octal reads a number, which spaces may stand before and spaces and NULs behind; 0 of an empty field.
func octal(field []byte) (int64, error) {
	s := strings.TrimLeft(strings.TrimRight(string(field), " \x00"), " ")
	if s == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(s, 8, 62)
	if err != nil {
		return 0, fmt.Errorf("the number %.20q, which isn't octal", field)
	}
	return int64(n), nil
}

// otherKinds are entries that no tree of Git can hold, or of which programs make different things.
var otherKinds = map[byte]string{
	'1': "a hard link", '3': "a device", '4': "a device", '6': "a named pipe", '7': "a contiguous file",
	'S': "a sparse file", 'D': "a list of a folder", 'M': "a part of a file in several archives",
	'V': "the name of a volume",
}

// take reads one entry, whose header was read.
func (t *tarFile) take(h header, l *listing) error {
	e := Entry{Name: h.name}
	switch h.kind {
	case 'x', 'g', 'L', 'K':
		return t.extend(h)
	case '0', 0:
		if e.Kind, e.Size = File, h.size; h.kind == 0 && strings.HasSuffix(h.name, "/") {
			e.Kind = Folder // before POSIX there was no other sign
		}
	case '2':
		e.Kind, e.Target = Link, h.link
	case '5':
		e.Kind = Folder
	default:
		is := otherKinds[h.kind]
		if is == "" {
			is = fmt.Sprintf("an entry of the unknown kind %q", h.kind)
		}
		return refused("%.200q is %s", h.name, is)
	}
	if err := t.ahead.apply(&e); err != nil {
		return err
	}
	switch {
	case e.Kind != File && h.size != 0:
		return refused("%.200q is no file and yet has content, which programs read in different ways", e.Name)
	case e.Kind == File && h.mode&0o6000 != 0:
		return refused("%.200q would run with the rights of its owner, whoever runs it", e.Name)
	}
	e.Exec = e.Kind == File && h.mode&0o100 != 0
	return t.content(e, l)
}

// content shows an entry with its content, and goes on to the next header.
func (t *tarFile) content(e Entry, l *listing) error {
	in := &io.LimitedReader{R: t.r, N: e.Size}
	if err := l.visit(e, in); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, in); err != nil {
		return err
	}
	if in.N > 0 {
		return errCut
	}
	padding := t.block[:-e.Size&(blockSize-1)]
	if _, err := io.ReadFull(t.r, padding); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	} else if err != nil {
		return err
	}
	if !isZero(padding) {
		return refused("behind the content of %.200q there are bytes that no program reads", e.Name)
	}
	return nil
}
