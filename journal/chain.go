package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
)

// Entry is one record with its place in the chain.
type Entry struct {
	Seq      uint64
	Prev     string // SHA-256, in hexadecimal, of all from the previous record's line to this one
	Repaired int64  // bytes of torn lines between the previous record's line and this one
	First    bool   // it says that it is the first of a file that follows a segment
	Record   []byte // the JSON object as it was given, without white space between tokens
	File     string // which it stands in
	Line     int    // where it stands there, from 1
	Hash     string // SHA-256, in hexadecimal, of its line with the newline

	length int64 // of its line with the newline
}

// lineStart is what each line begins with, before its number.
const lineStart = `{"v":1,"seq":`

// seqOf gives the number that a line begins with; 0 if it doesn't.
func seqOf(line []byte) uint64 {
	rest, ok := bytes.CutPrefix(line, []byte(lineStart))
	digits, _, ended := bytes.Cut(rest, []byte(","))
	seq, err := strconv.ParseUint(string(digits), 10, 63)
	if !ok || !ended || err != nil {
		return 0
	}
	return seq
}

// maxLine is longer than any line with a record in it.
const maxLine = MaxRecord + 256

// parse reads a line without its newline; it must have exactly the form that the package describes.
func parse(line []byte) (e Entry, ok bool) {
	cut := func(prefix string) bool {
		var found bool
		line, found = bytes.CutPrefix(line, []byte(prefix))
		return found
	}
	number := func() (n uint64, ok bool) {
		digits := 0
		for digits < len(line) && '0' <= line[digits] && line[digits] <= '9' {
			digits++
		}
		if digits == 0 || line[0] == '0' {
			return 0, false
		}
		n, err := strconv.ParseUint(string(line[:digits]), 10, 63)
		line = line[digits:]
		return n, err == nil
	}
	if !cut(lineStart) {
		return Entry{}, false
	}
	if e.Seq, ok = number(); !ok {
		return Entry{}, false
	}
	const hexLen = 2 * sha256.Size
	if !cut(`,"prev":"`) || len(line) < hexLen {
		return Entry{}, false
	}
	e.Prev, line = string(line[:hexLen]), line[hexLen:]
	if !cut(`"`) {
		return Entry{}, false
	}
	if cut(`,"repaired":`) {
		n, ok := number()
		if !ok {
			return Entry{}, false
		}
		e.Repaired = int64(n)
	}
	e.First = cut(`,"first":true`)
	if !cut(`,"record":{`) || !bytes.HasSuffix(line, []byte("}}")) {
		return Entry{}, false
	}
	e.Record = append([]byte("{"), line[:len(line)-1]...)
	return e, valid(e.Record)
}

// end is the end of a journal: what the next line must continue.
type end struct {
	seq      uint64 // of the last record, 0 if there is none
	prev     string
	repaired int64
	newline  bool // the last line lacks it
	first    bool // the next line is the first record of its file
}

// sound says whether a file ends with a record's whole line.
func (e end) sound() bool { return e.seq != 0 && e.repaired == 0 && !e.newline && !e.first }

// line gives the bytes to append for a record.
func (e end) line(body []byte) []byte {
	b := make([]byte, 0, len(body)+256)
	if e.newline {
		b = append(b, '\n')
	}
	b = fmt.Appendf(b, lineStart+`%d,"prev":"%s"`, e.seq+1, e.prev)
	if e.repaired != 0 {
		b = fmt.Appendf(b, `,"repaired":%d`, e.repaired)
	}
	if e.first {
		b = append(b, `,"first":true`...)
	}
	b = append(append(b, `,"record":`...), body...)
	return append(b, "}\n"...)
}

// errNoRecord says that there is no record in a whole file.
var errNoRecord = errors.New("no record")

// endOf finds what the next line of a file must continue: its last record, or that of the segment before it.
func endOf(f io.ReaderAt, size int64, newest func() (*piece, error)) (end, error) {
	e, err := findEnd(f, size)
	if !errors.Is(err, errNoRecord) {
		return e, err
	}
	b := make([]byte, size) // nothing, or a first line that was torn
	if _, err := f.ReadAt(b, 0); err != nil && !errors.Is(err, io.EOF) {
		return end{}, err
	}
	before, err := newest()
	if err != nil {
		return end{}, err
	}
	if before != nil {
		defer before.file.Close()
		if e, err = findEnd(joined{before.file, before.size, f}, before.size+size); err != nil {
			return end{}, fmt.Errorf("%s: %w", filepath.Base(before.path), err)
		}
		e.first = true
	} else {
		e = continuing(b, end{})
	}
	if !begins(b, e.seq+1) {
		return end{}, errors.New("the file has other things in it than records: move it away, or name another in the " +
			"policy's journal.file")
	}
	return e, nil
}

// begins says whether a file without a record can be one whose first line, of that record, was torn.
func begins(b []byte, seq uint64) bool {
	first := fmt.Sprintf(lineStart+"%d,", seq)
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return len(b) == 0 || len(line) > 0 && bytes.HasPrefix(line, []byte(first)[:min(len(first), len(line))])
}

// joined reads a file and what follows it as one.
type joined struct {
	file io.ReaderAt
	size int64 // of file
	next io.ReaderAt
}

func (j joined) ReadAt(p []byte, off int64) (n int, err error) {
	if off < j.size {
		if n, err = j.file.ReadAt(p[:min(int64(len(p)), j.size-off)], off); err != nil || n == len(p) {
			return n, err
		}
		off = j.size
	}
	m, err := j.next.ReadAt(p[n:], off-j.size)
	return n + m, err
}

// findEnd looks for the last record of a file from the end backwards, in larger and larger steps.
func findEnd(f io.ReaderAt, size int64) (end, error) {
	const most = 2 * maxLine // the longest record, and as many torn bytes after it
	for n := int64(16 << 10); ; n *= 4 {
		n = min(n, size, most)
		b := make([]byte, n)
		if _, err := f.ReadAt(b, size-n); err != nil && !errors.Is(err, io.EOF) {
			return end{}, err
		}
		e, found := lastRecord(b, n == size)
		switch {
		case found:
			return e, nil
		case n == size:
			return end{}, errNoRecord
		case n == most:
			return end{}, fmt.Errorf("the last %d bytes hold no record: see what damaged it (countersign log check), then "+
				"move it away", n)
		}
	}
}

// lastRecord looks for the last record in the last bytes of a file, or in all of it.
func lastRecord(b []byte, all bool) (e end, found bool) {
	for stop := len(b); stop > 0; {
		line := bytes.TrimSuffix(b[:stop], []byte("\n"))
		start := bytes.LastIndexByte(line, '\n') + 1
		if start == 0 && !all {
			return end{}, false // the line begins further up
		}
		if entry, ok := parse(line[start:]); ok {
			return continuing(b[start:], end{seq: entry.Seq, repaired: -int64(len(line) - start + 1)}), true
		}
		stop = start
	}
	return end{}, false
}

// continuing completes the end of a file, given its bytes from the last record's line on, or all of
// them where there is no record. What e counts as repaired already is what stands there rightly.
func continuing(b []byte, e end) end {
	sum := sha256.New()
	sum.Write(b)
	e.repaired += int64(len(b))
	if len(b) > 0 && b[len(b)-1] != '\n' {
		e.newline = true
		e.repaired++
		sum.Write([]byte("\n"))
	}
	e.prev = hex.EncodeToString(sum.Sum(nil))
	return e
}
