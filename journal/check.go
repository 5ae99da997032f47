package journal

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"iter"
)

// Head is the end of a journal. Who keeps one elsewhere can see later that no record up to it is
// gone: the journal must still have record Seq, with that Hash.
type Head struct {
	First    uint64 // the oldest record that is there: 1 unless segments were moved away
	Seq      uint64 // of the last record, 0 if there is none
	Hash     string // of its line with the newline, as sha256sum prints it; "" if there is none
	Repaired int64  // bytes of torn lines that later records account for, in all files that are there
}

// Damage is what happened to a line.
type Damage string

// The kinds of damage.
const (
	Changed  Damage = "changed"  // its bytes are not those that were written
	Removed  Damage = "removed"  // one or more lines before it are gone
	Inserted Damage = "inserted" // it doesn't belong there
	Torn     Damage = "torn"     // it is the last line and no whole record: a crash, or a write going on
)

// Fault is a line that breaks the chain.
type Fault struct {
	File   string // of the journal's files
	Line   int    // there, from 1; 0 where a record was looked up by its number
	Damage Damage
	Detail string
}

// Error names the file, the line and what is wrong with it.
func (f *Fault) Error() string {
	if f.Line == 0 {
		return place(f.File) + fmt.Sprintf("%s: %s", f.Damage, f.Detail)
	}
	return place(f.File) + fmt.Sprintf("line %d: %s: %s", f.Line, f.Damage, f.Detail)
}

func place(file string) string {
	if file == "" {
		return ""
	}
	return file + ": "
}

// Check verifies a journal with all its segments, from the first line to the last. The error is a [*Fault] that
// names the first bad line, or what reading met; the head is then the last before it. A journal that is sound
// but for a torn last line, which the next record repairs, is a Fault of damage [Torn].
func Check(path string) (Head, error) { return check(Read(path)) }

// CheckEach is Check, and gives each record on the way.
func CheckEach(path string, do func(Entry)) (Head, error) {
	return check(func(yield func(Entry, error) bool) {
		for e, err := range Read(path) {
			if err == nil {
				do(e)
			}
			if !yield(e, err) {
				return
			}
		}
	})
}

func check(entries iter.Seq2[Entry, error]) (Head, error) {
	var head Head
	for e, err := range entries {
		if err != nil {
			return head, err
		}
		head = Head{First: cmp.Or(head.First, e.Seq), Seq: e.Seq, Hash: e.Hash, Repaired: head.Repaired + e.Repaired}
	}
	return head, nil
}

// Read goes through a journal with all its segments, oldest record first, and verifies it on the way. A [*Fault]
// comes before the entry that shows it and doesn't end the reading, if there is more to read: what follows
// is compared with the line that stands before it. But a line that is longer than any record ends it, and so does an
// error that is no Fault, which is fs.ErrNotExist only if there is no journal. What is appended meanwhile may be
// missing.
func Read(path string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		pieces, err := piecesOf(path)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		c := newChain(pieces)
		defer c.close()
		c.each(yield)
	}
}

// chain is a journal being read.
type chain struct {
	rest  []piece // of the journal, not read yet
	piece piece   // being read
	in    *bufio.Reader
	line  int
	at    int64 // bytes of the piece that are read
	found bool  // a record in this piece

	last Entry     // zero before the first record
	sum  hash.Hash // of the bytes from the last record's line on

	torn     int64 // bytes since then that are no record
	tornFile string
	tornLine int // where they begin
}

func newChain(pieces []piece) *chain { return &chain{rest: pieces, sum: sha256.New()} }

// each gives what there is from here on.
func (c *chain) each(yield func(Entry, error) bool) {
	for {
		e, faults, err := c.next()
		for _, f := range faults {
			if !yield(Entry{}, f) {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, io.EOF) {
				yield(Entry{}, err)
			}
			return
		}
		if !yield(e, nil) {
			return
		}
	}
}

// close closes the files that are open.
func (c *chain) close() {
	for _, p := range append(c.rest, c.piece) {
		p.close()
	}
	c.rest, c.piece = nil, piece{}
}

// next gives the next record, and what is wrong before it or with it. The error is io.EOF at the end.
func (c *chain) next() (e Entry, faults []*Fault, err error) {
	for {
		raw, err := c.readLine()
		if err != nil {
			return Entry{}, faults, err
		}
		if len(raw) == 0 {
			faults = append(faults, c.misnamed()...)
			if len(c.rest) == 0 {
				return Entry{}, append(faults, c.atEnd()...), io.EOF
			}
			if err := c.nextPiece(); err != nil {
				return Entry{}, faults, err
			}
			continue
		}
		c.line++
		c.at += int64(len(raw))
		line, whole := bytes.CutSuffix(raw, []byte("\n"))
		e, ok := parse(line)
		e.File, e.Line = c.piece.path, c.line
		if ok && whole {
			faults = append(faults, c.compare(e)...)
			c.take(&e, raw)
			return e, faults, nil
		}
		// a record but for its newline: only one that continues the chain can be what a crash left
		if ok && len(c.rest) == 0 {
			if more := c.compare(e); more != nil {
				return Entry{}, append(faults, more...), io.EOF
			}
		}
		if c.torn == 0 {
			c.tornFile, c.tornLine = c.piece.path, c.line
		}
		c.torn += int64(len(raw))
		c.sum.Write(raw)
	}
}

// take makes a record the last one, given its line.
func (c *chain) take(e *Entry, raw []byte) {
	c.sum.Reset()
	c.sum.Write(raw)
	e.Hash, e.length = c.hash(), int64(len(raw))
	c.last, c.torn, c.found = *e, 0, true
}

// nextPiece goes on to the next file.
func (c *chain) nextPiece() error {
	c.piece.close()
	c.piece, c.rest = c.rest[0], c.rest[1:]
	if err := c.piece.open(); err != nil {
		return err
	}
	c.read(c.piece.file, c.piece.size)
	return nil
}

// read goes on with what is about so many bytes.
func (c *chain) read(r io.Reader, size int64) {
	if size = min(size, 64<<10); c.in == nil || c.in.Size() < int(size) {
		c.in = bufio.NewReaderSize(r, int(size))
	}
	c.in.Reset(r)
	c.line, c.at, c.found = 0, 0, false
}

func (c *chain) hash() string { return hex.EncodeToString(c.sum.Sum(nil)) }

func (c *chain) atEnd() []*Fault {
	if c.torn == 0 {
		return nil
	}
	return []*Fault{{c.tornFile, c.tornLine, Torn, fmt.Sprintf("%d bytes after record %d are no whole record; the next "+
		"record will account for them", c.torn, c.last.Seq)}}
}

// misnamed compares the last record of a segment that is read with the segment's name.
func (c *chain) misnamed() []*Fault {
	if c.piece.last == 0 || c.piece.last == c.last.Seq && c.found {
		return nil
	}
	return []*Fault{{
		c.piece.path, c.line, Changed,
		fmt.Sprintf("by its name the segment ends with record %d, and it doesn't", c.piece.last),
	}}
}

// compare holds a record against what stands before it.
func (c *chain) compare(e Entry) []*Fault {
	fault := func(at Entry, d Damage, format string, args ...any) []*Fault {
		return []*Fault{{at.File, at.Line, d, fmt.Sprintf(format, args...)}}
	}
	torn := Entry{File: c.tornFile, Line: c.tornLine}
	linked, next := e.Prev == c.hash(), c.last.Seq+1
	first := !c.found && e.Seq > 1
	switch {
	case linked && e.Seq == next && e.Repaired == c.torn && e.First == first:
		return nil
	case c.last.Seq == 0 && first && e.First && e.Repaired == c.torn:
		return nil // the segments before it were moved away
	case linked:
		return fault(e, Changed, "it continues the line before it, but its number, its count of repaired bytes or its "+
			"place in the file doesn't")
	case c.torn != 0 && e.Repaired == 0:
		return fault(torn, Changed, "it is no record, and the next record doesn't say that it was torn")
	case e.Seq > next:
		return fault(e, Removed, "record %d stands where record %d belongs: what is between them is gone", e.Seq, next)
	case e.Seq < next:
		return fault(e, Inserted, "record %d stands where record %d belongs: it, or what is before it, was put there",
			e.Seq, next)
	case e.Repaired != c.torn:
		return fault(e, Removed, "record %d says that %d torn bytes stand before it; there are %d", e.Seq, e.Repaired, c.torn)
	case c.last.Seq == 0:
		return fault(e, Changed, "record 1 says that something stands before it")
	default:
		return fault(c.last, Changed, "record %d was written after another line than this (or line %d itself was changed)",
			e.Seq, e.Line)
	}
}

// readLine gives a line with its newline if it has one, and nothing at the end of a file.
func (c *chain) readLine() ([]byte, error) {
	var line []byte
	for c.in != nil {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, &Fault{c.piece.path, c.line + 1, Changed, fmt.Sprintf("it is longer than any record, %d bytes", maxLine)}
		case err == nil || errors.Is(err, io.EOF):
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("%sline %d: %w", place(c.piece.path), c.line+1, err)
		}
	}
	return nil, nil
}
