package journal

import (
	"bufio"
	"bytes"
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
	Seq      uint64 // of the last record, 0 if there is none
	Hash     string // of its line with the newline, as sha256sum prints it; "" if there is none
	Repaired int64  // bytes of torn lines in the whole file that later records account for
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
	Line   int // from 1
	Damage Damage
	Detail string
}

// Error names the line and what is wrong with it.
func (f *Fault) Error() string { return fmt.Sprintf("line %d: %s: %s", f.Line, f.Damage, f.Detail) }

// Check verifies a journal from its first line to its last. The error is a [*Fault] that names the
// first bad line, or what reading met; the head is then the last before it. A journal that is sound
// but for a torn last line, which the next record repairs, is a Fault of damage [Torn].
func Check(r io.Reader) (Head, error) {
	var head Head
	for e, err := range Read(r) {
		if err != nil {
			return head, err
		}
		head = Head{Seq: e.Seq, Hash: e.Hash, Repaired: head.Repaired + e.Repaired}
	}
	return head, nil
}

// Read goes through a journal, oldest record first, and verifies it on the way. A [*Fault] comes
// before the entry that shows it and doesn't end the reading, if there is more to read: what follows
// is compared with the line that stands before it. An error that is no Fault ends it.
func Read(r io.Reader) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		c := chain{in: bufio.NewReaderSize(r, 64<<10), sum: sha256.New()}
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
}

// chain is a journal being read.
type chain struct {
	in   *bufio.Reader
	line int
	last Entry     // zero before the first record
	sum  hash.Hash // of the bytes from the last record's line on

	torn     int64 // bytes since then that are no record
	tornLine int   // where they begin
}

// next gives the next record, and what is wrong before it or with it. The error is io.EOF at the end.
func (c *chain) next() (Entry, []*Fault, error) {
	for {
		raw, err := c.readLine()
		if err != nil {
			return Entry{}, nil, err
		}
		if len(raw) == 0 {
			return Entry{}, c.atEnd(), io.EOF
		}
		c.line++
		line, whole := bytes.CutSuffix(raw, []byte("\n"))
		e, ok := parse(line)
		if ok && whole {
			e.Line = c.line
			faults := c.compare(e)
			c.sum.Reset()
			c.sum.Write(raw)
			e.Hash = c.hash()
			c.last, c.torn = e, 0
			return e, faults, nil
		}
		if ok { // a record but for its newline: only one that continues the chain can be what a crash left
			e.Line = c.line
			if faults := c.compare(e); faults != nil {
				return Entry{}, faults, io.EOF
			}
		}
		if c.torn == 0 {
			c.tornLine = c.line
		}
		c.torn += int64(len(raw))
		c.sum.Write(raw)
	}
}

func (c *chain) hash() string { return hex.EncodeToString(c.sum.Sum(nil)) }

func (c *chain) atEnd() []*Fault {
	if c.torn == 0 {
		return nil
	}
	return []*Fault{{c.tornLine, Torn, fmt.Sprintf("%d bytes after record %d are no whole record; the next record will account for them", c.torn, c.last.Seq)}}
}

// compare holds a record against what stands before it.
func (c *chain) compare(e Entry) []*Fault {
	fault := func(line int, d Damage, format string, args ...any) []*Fault {
		return []*Fault{{line, d, fmt.Sprintf(format, args...)}}
	}
	linked, next := e.Prev == c.hash(), c.last.Seq+1
	switch {
	case linked && e.Seq == next && e.Repaired == c.torn:
		return nil
	case linked:
		return fault(e.Line, Changed, "it continues the line before it, but its number or its count of repaired bytes doesn't")
	case c.torn != 0 && e.Repaired == 0:
		return fault(c.tornLine, Changed, "it is no record, and the next record doesn't say that it was torn")
	case e.Seq > next:
		return fault(e.Line, Removed, "record %d stands where record %d belongs: what is between them is gone", e.Seq, next)
	case e.Seq < next:
		return fault(e.Line, Inserted, "record %d stands where record %d belongs: it, or what is before it, was put there", e.Seq, next)
	case e.Repaired != c.torn:
		return fault(e.Line, Removed, "record %d says that %d torn bytes stand before it; there are %d", e.Seq, e.Repaired, c.torn)
	case c.last.Seq == 0:
		return fault(e.Line, Changed, "record 1 says that something stands before it")
	default:
		return fault(c.last.Line, Changed, "record %d was written after another line than this (or line %d itself was changed)", e.Seq, e.Line)
	}
}

// readLine gives a line with its newline if it has one, and nothing at the end.
func (c *chain) readLine() ([]byte, error) {
	var line []byte
	for {
		part, err := c.in.ReadSlice('\n')
		line = append(line, part...)
		switch {
		case len(line) > maxLine:
			return nil, &Fault{c.line + 1, Changed, fmt.Sprintf("it is longer than any record, %d bytes", maxLine)}
		case err == nil || errors.Is(err, io.EOF):
			return line, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, fmt.Errorf("line %d: %w", c.line+1, err)
		}
	}
}
