package journal

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// Entry is one record with its place in the chain.
type Entry struct {
	Seq      uint64
	Prev     string // SHA-256, in hexadecimal, of all from the previous record's line to this one
	Repaired int64  // bytes of torn lines between the previous record's line and this one
	Record   []byte // the JSON object as it was given, without white space between tokens
	Line     int    // where it stands in the file, from 1
	Hash     string // SHA-256, in hexadecimal, of its line with the newline
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
	if !cut(`{"v":1,"seq":`) {
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
	if !cut(`,"record":{`) || !bytes.HasSuffix(line, []byte("}}")) {
		return Entry{}, false
	}
	e.Record = append([]byte("{"), line[:len(line)-1]...)
	return e, json.Valid(e.Record)
}

// end is the end of a journal: what the next line must continue.
type end struct {
	seq      uint64 // of the last record, 0 if there is none
	prev     string
	repaired int64
	newline  bool // the last line lacks it
}

// line gives the bytes to append for a record.
func (e end) line(body []byte) []byte {
	b := make([]byte, 0, len(body)+256)
	if e.newline {
		b = append(b, '\n')
	}
	b = fmt.Appendf(b, `{"v":1,"seq":%d,"prev":"%s"`, e.seq+1, e.prev)
	if e.repaired != 0 {
		b = fmt.Appendf(b, `,"repaired":%d`, e.repaired)
	}
	b = append(append(b, `,"record":`...), body...)
	return append(b, "}\n"...)
}

// findEnd looks for the last record of a file, reading backwards no further than it must.
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
		case n == size && !beginsJournal(b):
			return end{}, errors.New("the file has other things in it than records: move it away, or name another in the policy's journal.file")
		case n == size:
			return continuing(b, end{}), nil
		case n == most:
			return end{}, fmt.Errorf("the last %d bytes hold no record: see what damaged it (countersign log check), then move it away", n)
		}
	}
}

// beginsJournal says whether a file without a record can be a journal whose first line was torn.
func beginsJournal(b []byte) bool {
	const first = `{"v":1,"seq":1,`
	line, _, _ := bytes.Cut(b, []byte("\n"))
	return len(b) == 0 || len(line) > 0 && bytes.HasPrefix(line, []byte(first)[:min(len(first), len(line))])
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
