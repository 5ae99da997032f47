package archive

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// maxExtended bounds an extended header, which is held in memory.
const maxExtended = 64 << 10

// extended is what extended headers say of the entry after them.
type extended struct {
	name, target string
	by           string // the kinds of headers that were read
}

// harmless are the keys of a pax header that say nothing of what an entry is or where it goes (POSIX, pax, "pax
// Extended Header Keywords"; libarchive's tar(5)).
var harmless = []string{
	"atime", "charset", "comment", "ctime", "gid", "gname", "mtime", "uid", "uname", "LIBARCHIVE.creationtime",
	"SCHILY.dev", "SCHILY.ino", "SCHILY.nlink",
}

// extend reads an extended header: one of POSIX for the next entry ("x") or for all ("g"), or GNU tar's of the name
// ("L") or the target ("K") of the next.
func (t *tarFile) extend(h header) error {
	switch {
	case h.size > maxExtended:
		return refused("an extended header has %d bytes, and %d are allowed", h.size, maxExtended)
	case t.ahead.by != "" && t.ahead.by+string(h.kind) != "LK" && t.ahead.by+string(h.kind) != "KL":
		return refused("an entry has several extended headers, of which programs take one or another")
	}
	content := make([]byte, (h.size+blockSize-1)/blockSize*blockSize)
	if _, err := io.ReadFull(t.r, content); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	} else if err != nil {
		return err
	}
	if !isZero(content[h.size:]) {
		return refused("behind an extended header there are bytes that no program reads")
	}
	content = content[:h.size]
	if h.kind != 'g' {
		t.ahead.by += string(h.kind)
	}
	switch h.kind {
	case 'L', 'K':
		s, err := text(content)
		if h.kind == 'L' {
			t.ahead.name = s
		} else {
			t.ahead.target = s
		}
		return err
	default:
		return t.ahead.pax(content, h.kind == 'g')
	}
}

// pax reads the records of a pax header: "length key=value\n" each. One for all entries says nothing but whose commit
// git archive wrote.
func (x *extended) pax(records []byte, all bool) error {
	var seen []string
	for len(records) > 0 {
		digits, _, ok := bytes.Cut(records[:min(len(records), 8)], []byte(" "))
		n, err := strconv.Atoi(string(digits))
		if !ok || err != nil || strconv.Itoa(n) != string(digits) || n <= len(digits)+1 || n > len(records) ||
			records[n-1] != '\n' {
			return refused("an extended header is damaged")
		}
		key, value, ok := strings.Cut(string(records[len(digits)+1:n-1]), "=")
		records = records[n:]
		switch {
		case !ok || key == "" || slices.Contains(seen, key):
			return refused("an extended header has the record %.60q, without a value or twice", key)
		case strings.Contains(value, "\x00"):
			return refused("an extended header has a NUL byte in its %.60q", key)
		case slices.Contains(harmless, key):
		case key == "path" && !all && value != "":
			x.name = value
		case key == "linkpath" && !all && value != "":
			x.target = value
		default:
			return refused("an extended header has the record %.60q, which changes what an entry is", key)
		}
		seen = append(seen, key)
	}
	return nil
}

// apply gives an entry the name and target of its extended headers. They may only say what has no room in a plain
// header: who reads that alone would else see another entry.
func (x *extended) apply(e *Entry) error {
	if x.target != "" && e.Kind != Link {
		return refused("%.200q is no symbolic link, and an extended header says where it leads", e.Name)
	}
	for _, f := range []struct {
		plain *string
		long  string
	}{{&e.Name, x.name}, {&e.Target, x.target}} {
		if f.long == "" {
			continue
		}
		odd := func(r rune) bool { return r > '~' || r < ' ' }
		if f.long != *f.plain && len(f.long) < 100 && strings.IndexFunc(f.long, odd) < 0 {
			return refused("%.200q is called %.200q by an extended header, though that name has room in a plain one",
				*f.plain, f.long)
		}
		*f.plain = f.long
	}
	*x = extended{}
	return nil
}
