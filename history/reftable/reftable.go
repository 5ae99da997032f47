// Package reftable says whether the refs of a reftable can all be read, and which are symbolic. The format is in
// Documentation/technical/reftable of git's source. What each ref holds is git's to say.
//
// git for-each-ref ends with success where it meets a table that is gone or damaged: it gives the refs before the
// damage, or none.
package reftable

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"path/filepath"
	"strings"

	"countersign/internal/regular"
	"countersign/internal/varint"
)

// Stack is the tables of one folder. It may be asked by one goroutine at a time.
type Stack struct {
	dir      string
	list     string              // as tables.list was when it was read
	tables   map[string][]string // the symbolic refs of each table that was read
	symbolic map[string]bool
}

// Open gives the stack in a folder. It reads nothing yet.
func Open(dir string) *Stack { return &Stack{dir: dir, tables: make(map[string][]string)} }

// What the files may have, in bytes.
const (
	maxList  = 1 << 20
	maxTable = 1 << 30
)

// Read reads what tables there are by now, and fails where one of them is gone or isn't whole. A table that was read
// isn't read again: git never changes one.
func (s *Stack) Read() error {
	before := ""
	for {
		content, err := regular.Read(filepath.Join(s.dir, "tables.list"), maxList)
		list := string(content)
		if err != nil || s.symbolic != nil && list == s.list {
			return err
		}
		// Git writes another list before it takes tables away.
		if err = s.read(list); !errors.Is(err, fs.ErrNotExist) || list == before {
			return err
		}
		before = list
	}
}

// Symbolic says whether a table has a symbolic ref of that name. A later table may take it away.
func (s *Stack) Symbolic(name string) bool { return s.symbolic[name] }

// read reads the tables of a list.
func (s *Stack) read(list string) (err error) {
	if len(strings.Fields(list)) == 0 { // git init makes one, for HEAD
		return fmt.Errorf("%s: it names no table: %w", filepath.Join(s.dir, "tables.list"), errDamaged)
	}
	symbolic := make(map[string]bool)
	for _, name := range strings.Fields(list) {
		names, known := s.tables[name]
		if !known {
			if names, err = readFile(filepath.Join(s.dir, filepath.Base(name))); err != nil {
				return err
			}
			s.tables[name] = names
		}
		for _, name := range names {
			symbolic[name] = true
		}
	}
	s.list, s.symbolic = list, symbolic
	return nil
}

var errDamaged = errors.New("the reftable is damaged, and must be restored")

func readFile(path string) (symbolic []string, err error) {
	content, err := regular.Read(path, maxTable)
	if err != nil {
		return nil, err
	}
	if symbolic, err = read(content); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return symbolic, nil
}

// table is one table, as far as it has refs and their index.
type table struct {
	content  []byte // up to what follows these
	header   int
	block    int // bytes that a block is padded to, 0 for none
	hash     int
	last     []byte         // the name that was read last
	ends     map[int][]byte // the last name of each block, by where it begins
	symbolic []string
}

// read gives the symbolic refs of a table, all of whose refs can be read: one after the other, and by the index.
func read(content []byte) ([]string, error) {
	t := table{hash: 20, header: 24, ends: make(map[int][]byte)}
	if len(content) < t.header || string(content[:4]) != "REFT" {
		return nil, errDamaged
	}
	switch version := content[4]; version {
	case 1:
	case 2:
		t.header = 28
		if len(content) >= t.header && string(content[24:28]) == "s256" {
			t.hash = 32
		}
	default:
		return nil, fmt.Errorf("version %d of reftables is unknown", version)
	}
	footer := len(content) - t.header - 5*8 - 4
	if footer < t.header || !bytes.Equal(content[footer:footer+t.header], content[:t.header]) ||
		crc32.ChecksumIEEE(content[footer:len(content)-4]) != binary.BigEndian.Uint32(content[len(content)-4:]) {
		return nil, errDamaged
	}
	place := func(i int) uint64 { return binary.BigEndian.Uint64(content[footer+t.header+8*i:]) }
	index, end := place(0), uint64(footer)
	for _, other := range []uint64{place(1) >> 5, place(2), place(3), place(4)} {
		if other > 0 {
			end = min(end, other)
		}
	}
	if footer == t.header || content[t.header] == 'g' { // nothing in it, or no refs
		return nil, nil
	}
	t.content, t.block = content[:end], int(binary.BigEndian.Uint32(content[4:])&0xffffff)
	if err := t.blocks(int(index)); err != nil {
		return nil, err
	}
	return t.symbolic, nil
}

// blocks reads all blocks: those of refs, then those of the index, whose root must be among them.
func (t *table) blocks(root int) error {
	kind, sawRoot := byte('r'), root == 0
	for at := 0; at < len(t.content); {
		start := at
		if at == 0 {
			start = t.header
		}
		if start+4 > len(t.content) {
			return errDamaged
		}
		if t.content[start] == 'i' && at > 0 && root > 0 {
			kind = 'i'
		}
		size := int(binary.BigEndian.Uint32(t.content[start:]) & 0xffffff)
		if t.content[start] != kind || at+size > len(t.content) || size < start-at+4+2 {
			return errDamaged
		}
		if kind == 'i' {
			sawRoot = sawRoot || at == root
			t.last = nil
		}
		if err := t.records(t.content[at:at+size], start-at+4, kind); err != nil {
			return err
		}
		t.ends[at] = bytes.Clone(t.last)
		// Zeroes fill a block up, unless the next one follows at once.
		if next := at + size; next < len(t.content) && t.content[next] == 0 && size < t.block {
			at += t.block
		} else {
			at = next
		}
	}
	if !sawRoot {
		return errDamaged
	}
	return nil
}

// records reads the records of a block, which begin at an offset.
func (t *table) records(block []byte, at int, kind byte) error {
	restarts := int(binary.BigEndian.Uint16(block[len(block)-2:]))
	end := len(block) - 2 - 3*restarts
	if restarts == 0 || end <= at {
		return errDamaged
	}
	whole := make(map[int]bool) // where records begin whose names are written whole
	for at < end {
		begin := at
		prefix, n := varint.Read(block[at:end])
		suffix, m := varint.Read(block[min(at+n, end):end])
		at += n + m
		size := int(suffix >> 3)
		if n == 0 || m == 0 || prefix > int64(len(t.last)) || suffix>>3 > int64(end-at) {
			return errDamaged
		}
		name := append(t.last[:prefix:prefix], block[at:at+size]...)
		at += size
		if bytes.Compare(name, t.last) <= 0 {
			return errDamaged
		}
		t.last = name
		whole[begin] = prefix == 0
		value, ok := 0, false
		if kind == 'i' {
			value, ok = t.place(block[at:end])
		} else {
			value, ok = t.value(block[at:end], suffix&7)
		}
		if !ok {
			return errDamaged
		}
		at += value
	}
	for i := range restarts {
		if !whole[int(binary.BigEndian.Uint32(block[end+3*i-1:])&0xffffff)] {
			return errDamaged
		}
	}
	if at != end {
		return errDamaged
	}
	return nil
}

// place reads where a block begins, which has the name that was read last as its last.
func (t *table) place(b []byte) (n int, ok bool) {
	at, n := varint.Read(b)
	name, known := t.ends[int(at)]
	return n, n > 0 && known && bytes.Equal(name, t.last)
}

// value reads what a ref holds, which has the name that was read last.
func (t *table) value(b []byte, kind int64) (n int, ok bool) {
	_, n = varint.Read(b) // the number of the update
	if n == 0 {
		return 0, false
	}
	switch kind {
	case 0: // deleted
	case 1:
		n += t.hash
	case 2: // a tag, and what it is of
		n += 2 * t.hash
	case 3:
		size, m := varint.Read(b[n:])
		if m == 0 || size > int64(len(b)) {
			return 0, false
		}
		n += m + int(size)
		t.symbolic = append(t.symbolic, string(t.last))
	default:
		return 0, false
	}
	if n > len(b) || (kind == 1 || kind == 2) && len(bytes.Trim(b[n-t.hash:n], "\x00")) == 0 {
		return 0, false // none is all zeroes
	}
	return n, true
}
