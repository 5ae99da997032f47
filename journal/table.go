package journal

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"slices"
	"time"
)

// Table finds the records that somebody asks for without reading all of them: a file beside the journal has a short
// row for each record, made by a function. [Table.Select] reads the rows, and [Table.Entries] the records.
//
// The file is a cache, as an [Index] is: it is checked whenever it is read, made anew where it doesn't fit the
// journal, and kept in memory where it can't be written. What a row says isn't believed: a record is read from the
// journal, and must be the one that was verified when its row was made. Only that the file leaves a record out can't be
// seen in it, if somebody did that on purpose.
//
// Any number of processes may use the file at once.
type Table struct {
	file, path string
	version    uint32
	row        func(Entry) []byte
	wait       time.Duration
}

// OpenTable gives the table of the journal at path in a file, which Select makes if there is none. The function gives
// what a row is to say of a record: it must depend on nothing else. Who changes it gives another version.
func OpenTable(file, path string, version uint32, row func(Entry) []byte) *Table {
	return &Table{file: file, path: path, version: version, row: row, wait: indexWait}
}

// Row is where a record is, and what it must be.
type Row struct {
	seq            uint64
	offset, length int64
	sum            [16]byte // the beginning of the SHA-256 of its line
}

// The file begins with tableHead and the version, four bytes. Blocks follow, each a head of blockHead bytes and rows.
// In the head stand, all big-endian: the length of the rows (4), the CRC-32C of all of the block that comes after it
// (4), and where the last record's line ends: the record's number (8), the offset after the line (8), its length (8),
// its number in the file (8), its SHA-256 (32). A row has the number, the offset and the length of its record as
// varints, 16 bytes of the line's SHA-256, and what the function gave with its length before it.
const (
	tableHead = "countersign journal rows 1\n"
	blockHead = 4 + 4 + 4*8 + sha256.Size
	blockSize = 256 << 10 // of rows, about
	maxBlock  = blockSize + 64<<10
	maxRow    = 60 << 10 // what the function gives
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// errLongRow says that a function gave more than a table takes.
var errLongRow = fmt.Errorf("a row of a table is longer than %d bytes", maxRow)

// Select brings the table up to date and gives the rows that match, in the order of their records. Match sees what the
// function gave. Errors are those of [Index.Update].
func (t *Table) Select(ctx context.Context, match func(data []byte) bool) ([]Row, error) {
	s := &selection{t: t, match: match}
	f, err := t.open(ctx)
	if errors.As(err, new(*readingError)) {
		return nil, errors.Unwrap(err)
	}
	if err == nil {
		defer f.Close()
		s.file = f
	}
	if err := s.run(ctx); err != nil {
		if read := new(readingError); errors.As(err, &read) {
			err = read.error
		}
		return nil, err
	}
	return s.rows, nil
}

// open opens the file, locked; it makes it if there is none.
func (t *Table) open(ctx context.Context) (*os.File, error) {
	like, err := likeOf(t.path)
	if err != nil {
		return nil, &readingError{err}
	}
	f, err := openFile(t.file, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if f, err = makeLike(t.file, like); errors.Is(err, fs.ErrExist) {
			f, err = openFile(t.file, 0)
		}
	}
	if err != nil {
		return nil, err
	}
	if at, err := f.Stat(); err != nil || !at.Mode().IsRegular() {
		return nil, errors.Join(errNotRegular(t.file, at.Mode()), f.Close())
	}
	ctx, cancel := context.WithTimeout(ctx, t.wait)
	defer cancel()
	if err := retry(ctx, func() error { return flock(f) }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// selection is one run of Select.
type selection struct {
	t     *Table
	match func([]byte) bool
	file  *os.File // nil where it can't be used
	rows  []Row

	at   position // of the last record that has a row
	good int64    // how much of the file is sound
	next []byte   // rows that aren't in the file yet
}

func (s *selection) run(ctx context.Context) error {
	if s.file != nil {
		if err := s.stored(); err != nil {
			s.forget()
		}
	}
	pieces, err := piecesOf(s.t.path)
	if err != nil {
		return &readingError{err}
	}
	first, err := firstOf(&pieces[0])
	if err != nil {
		return &readingError{err}
	}
	var c *chain
	if s.at.Seq != 0 {
		if c, err = resume(pieces, s.at); err != nil {
			return &readingError{err}
		}
	}
	if c == nil {
		s.forget()
		for i := range pieces {
			pieces[i].close()
		}
		if pieces, err = piecesOf(s.t.path); err != nil {
			return &readingError{err}
		}
		c = newChain(pieces)
	}
	defer c.close()
	if err := s.add(ctx, c); err != nil {
		return err
	}
	for len(s.rows) > 0 && s.rows[0].seq < first { // moved away
		s.rows = s.rows[1:]
	}
	return nil
}

// forget begins anew.
func (s *selection) forget() { s.rows, s.at, s.good, s.next = nil, position{}, 0, nil }

// stored takes the rows of the file, as far as it is sound.
func (s *selection) stored() error {
	in := bufio.NewReaderSize(s.file, blockSize)
	head := binary.BigEndian.AppendUint32([]byte(tableHead), s.t.version)
	got := make([]byte, len(head))
	if _, err := io.ReadFull(in, got); err != nil || !bytes.Equal(got, head) {
		return errBlock
	}
	s.good = int64(len(head))
	block := make([]byte, blockHead+maxBlock)
	for {
		b, err := readBlock(in, block)
		if err != nil { // the end, or what a crash or somebody left: from here on it is made anew
			return nil
		}
		before := len(s.rows)
		if err := s.take(b[blockHead:]); err != nil {
			s.rows = s.rows[:before]
			return nil
		}
		u := func(at int) int64 { return int64(binary.BigEndian.Uint64(b[at:])) }
		s.at = position{Seq: uint64(u(8)), Offset: u(16), Length: u(24), Line: int(u(32)), Hash: hex.EncodeToString(b[40:72])}
		s.good += int64(len(b))
	}
}

var errBlock = errors.New("a block of the table is damaged")

// readBlock reads a block into a buffer, and checks its sum.
func readBlock(in io.Reader, buffer []byte) ([]byte, error) {
	if _, err := io.ReadFull(in, buffer[:blockHead]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(buffer)
	if size > maxBlock {
		return nil, errBlock
	}
	b := buffer[:blockHead+int(size)]
	if _, err := io.ReadFull(in, b[blockHead:]); err != nil {
		return nil, err
	}
	offset, length := int64(binary.BigEndian.Uint64(b[16:])), int64(binary.BigEndian.Uint64(b[24:]))
	sound := crc32.Checksum(b[8:], castagnoli) == binary.BigEndian.Uint32(b[4:])
	if !sound || length <= 0 || length > maxLine || offset < length {
		return nil, errBlock
	}
	return b, nil
}

// take takes the rows that match.
func (s *selection) take(b []byte) error {
	for len(b) > 0 {
		var r Row
		var n, m, o int
		var offset, length uint64
		r.seq, n = binary.Uvarint(b)
		offset, m = binary.Uvarint(b[max(n, 0):])
		length, o = binary.Uvarint(b[max(n, 0)+max(m, 0):])
		if n <= 0 || m <= 0 || o <= 0 || length > maxLine || offset > 1<<62 || len(b) < n+m+o+len(r.sum) {
			return errBlock
		}
		r.offset, r.length = int64(offset), int64(length)
		b = b[n+m+o:]
		b = b[copy(r.sum[:], b):]
		data, rest, ok := field(b)
		if !ok {
			return errBlock
		}
		if b = rest; s.match(data) {
			s.rows = append(s.rows, r)
		}
	}
	return nil
}

// add takes the records from here on, and writes their rows to the file.
func (s *selection) add(ctx context.Context, c *chain) error {
	for {
		e, faults, err := c.next()
		for _, f := range faults {
			if f.Damage != Torn {
				return &readingError{f}
			}
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if errors.Is(err, io.EOF) {
			s.flush()
			return nil
		}
		if err != nil {
			return &readingError{err}
		}
		data := s.t.row(e)
		if len(data) > maxRow {
			return &readingError{errLongRow}
		}
		sum, err := hex.DecodeString(e.Hash)
		if err != nil {
			return err
		}
		row := binary.AppendUvarint(nil, e.Seq)
		row = binary.AppendUvarint(row, uint64(c.at-e.length))
		row = append(binary.AppendUvarint(row, uint64(e.length)), sum[:16]...)
		row = append(binary.AppendUvarint(row, uint64(len(data))), data...)
		if err := s.take(row); err != nil {
			return err
		}
		s.next = append(s.next, row...)
		s.at = position{Seq: e.Seq, Hash: e.Hash, Line: e.Line, Offset: c.at, Length: e.length}
		if len(s.next) >= blockSize {
			s.flush()
		}
	}
}

// flush writes the rows that aren't in the file yet as a block. A file that can't be written is left as it is.
func (s *selection) flush() {
	rows := s.next
	s.next = s.next[:0]
	if s.file == nil || len(rows) == 0 {
		return
	}
	b := make([]byte, 0, len(tableHead)+4+blockHead+len(rows))
	if s.good == 0 {
		b = binary.BigEndian.AppendUint32(append(b, tableHead...), s.t.version)
	}
	head := len(b)
	b = binary.BigEndian.AppendUint32(b, uint32(len(rows)))
	b = append(b, 0, 0, 0, 0)
	for _, n := range []uint64{s.at.Seq, uint64(s.at.Offset), uint64(s.at.Length), uint64(s.at.Line)} {
		b = binary.BigEndian.AppendUint64(b, n)
	}
	sum, _ := hex.DecodeString(s.at.Hash)
	b = append(append(b, sum...), rows...)
	binary.BigEndian.PutUint32(b[head+4:], crc32.Checksum(b[head+8:], castagnoli))
	if s.file.Truncate(s.good) != nil {
		s.file = nil
		return
	}
	if _, err := s.file.Write(b); err != nil { // it appends
		s.file = nil
		return
	}
	s.good += int64(len(b))
}

// Entries reads the records of rows. One that isn't what it was when its row was made is a [*Fault].
func (t *Table) Entries(rows []Row) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if len(rows) == 0 {
			return
		}
		pieces, err := piecesOf(t.path)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		defer newChain(pieces).close()
		at := len(pieces) - 1
		for _, r := range rows {
			holds := func(p piece) bool { return p.last == 0 || p.last >= r.seq }
			if i := slices.IndexFunc(pieces, holds); i >= 0 && i != at {
				if at != len(pieces)-1 { // who grows may be renamed by now
					pieces[at].close()
				}
				at = i
			}
			if !yield(r.read(&pieces[at])) {
				return
			}
		}
	}
}

func (r Row) read(p *piece) (Entry, error) {
	if err := p.open(); err != nil {
		return Entry{}, err
	}
	line := make([]byte, r.length)
	if _, err := p.file.ReadAt(line, r.offset); err != nil && !errors.Is(err, io.EOF) {
		return Entry{}, fmt.Errorf("journal: %w", err)
	}
	sum := sha256.Sum256(line)
	e, ok := parse(bytes.TrimSuffix(line, []byte("\n")))
	if !ok || e.Seq != r.seq || [16]byte(sum[:]) != r.sum {
		return Entry{}, &Fault{p.path, 0, Changed, fmt.Sprintf("record %d isn't what it was when it was read before: "+
			"countersign log check", r.seq)}
	}
	e.File, e.Hash, e.length = p.path, hex.EncodeToString(sum[:]), r.length
	return e, nil
}
