package journal

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"
)

// Pair is something that a record says of a key.
type Pair struct {
	Key   string
	Value []byte
}

// Found is what was found of a key, and the number of the record that says it.
type Found struct {
	Seq   uint64
	Value []byte
}

// Index answers what a journal says of a key without reading all of it: a folder keeps what the records up to
// some position say, and [Index.Update] reads only what was appended since. It writes to the folder once that is more
// than some records.
//
// The folder is a cache. What it holds is checked whenever it is read, and made anew from the journal where
// anything doesn't fit: another version, a file that is missing or changed, a journal that was cut, restored
// or begun anew. Where the folder can't be written to, Update keeps in memory what the folder lacks. Records
// in segments that were moved away aren't found any more. The journal is verified as it is read, so a change
// of what was read before is for [Check] to find.
//
// Any number of processes may use the folder at once. An Index is for one goroutine.
type Index struct {
	dir, path string
	version   int
	keys      func(Entry) ([]Pair, error)
	wait      time.Duration
	few       int64 // bytes of the journal that are read again at each Update, before they are stored

	ready  bool
	first  uint64                      // the oldest record that the journal still has
	at     position                    // what the folder holds
	beyond map[string][]Found          // what the folder lacks
	read   [buckets]map[string][]Found // of the folder, since the last Update; nil where a bucket wasn't asked
}

// fewBytes are a dozen records of small pushes, which take less time than what Update writes.
const fewBytes = 16 << 10

// indexWait bounds the wait for another process that writes to the folder.
const indexWait = 5 * time.Second

// OpenIndex gives the index of the journal at path in a folder, which Update makes if there is none; the folder
// it is in must be there. The function says what a record says of which keys: it must depend on nothing else.
// Who changes it gives another version.
func OpenIndex(dir, path string, version int, keys func(Entry) ([]Pair, error)) *Index {
	return &Index{dir: dir, path: path, version: version, keys: keys, wait: indexWait, few: fewBytes}
}

// Update reads what was appended to the journal since the last time. The error is fs.ErrNotExist if there is no
// journal, a [*Fault] where what is read breaks the chain, or the context's or the function's. A torn last line
// is no record yet, and no error.
func (x *Index) Update(ctx context.Context) error { return x.update(ctx, "") }

// Lookup gives what records say of a key, in their order, as of the last Update.
func (x *Index) Lookup(ctx context.Context, key string) ([]Found, error) {
	if !x.ready {
		return nil, errors.New("journal: the index was not updated")
	}
	found, ok := x.stored(key)
	if !ok {
		if err := x.update(ctx, x.at.Generation); err != nil {
			return nil, err
		}
		found, ok = x.stored(key)
	}
	if !ok { // somebody changes the folder all the time: the journal alone
		if err := x.remember(ctx, all); err != nil {
			return nil, err
		}
		found = nil
	}
	return slices.Concat(found, x.beyond[key]), nil
}

// all stands for all generations.
const all = "*"

// update brings the folder up to date, or keeps in memory what it lacks. A bad generation isn't used.
func (x *Index) update(ctx context.Context, bad string) error {
	x.ready, x.beyond, x.read = false, nil, [buckets]map[string][]Found{}
	at, c, err := x.begin(bad)
	if err != nil {
		return err
	}
	if at.Seq != 0 && len(c.rest) == 0 && c.piece.size-c.at <= x.few {
		return x.keep(ctx, at, c)
	}
	c.close()
	err = x.store(ctx, bad)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, errBucket) && bad == "":
		return x.update(ctx, at.Generation)
	case errors.As(err, new(*readingError)):
		return errors.Unwrap(err)
	default:
		return x.remember(ctx, bad)
	}
}

// readingError is about the journal, not about the folder.
type readingError struct{ error }

func (e *readingError) Unwrap() error { return e.error }

// begin loads what the folder holds and goes to that position in the journal; to its beginning if the folder
// holds nothing that fits.
func (x *Index) begin(bad string) (position, *chain, error) {
	pieces, err := piecesOf(x.path)
	if err != nil {
		return position{}, nil, err
	}
	c := newChain(pieces)
	if x.first, err = firstOf(&pieces[0]); err != nil {
		c.close()
		return position{}, nil, err
	}
	if at, ok := x.load(); ok && bad != all && bad != at.Generation {
		resumed, err := resume(pieces, at)
		if err != nil {
			c.close()
			return position{}, nil, err
		}
		if resumed != nil {
			return at, resumed, nil
		}
	}
	return position{Version: x.version, Generation: newGeneration()}, c, nil
}

// remember reads into memory what the folder lacks.
func (x *Index) remember(ctx context.Context, bad string) error {
	at, c, err := x.begin(bad)
	if err != nil {
		return err
	}
	return x.keep(ctx, at, c)
}

// keep reads into memory what stands in a journal after a position, and closes it.
func (x *Index) keep(ctx context.Context, at position, c *chain) error {
	defer c.close()
	x.beyond, x.read = make(map[string][]Found), [buckets]map[string][]Found{}
	err := x.each(ctx, c, func(e Entry, pairs []Pair) error {
		for _, p := range pairs {
			x.beyond[p.Key] = append(x.beyond[p.Key], Found{e.Seq, bytes.Clone(p.Value)})
		}
		return nil
	})
	if err != nil {
		return errors.Unwrap(err)
	}
	x.at, x.ready = at, true
	return nil
}

// each gives the records from here on with what they say. All errors but those of do are a readingError.
func (x *Index) each(ctx context.Context, c *chain, do func(Entry, []Pair) error) error {
	for {
		e, faults, err := c.next()
		for _, f := range faults {
			if f.Damage != Torn {
				return &readingError{f}
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			return &readingError{err}
		}
		pairs, err := x.keys(e)
		if err != nil {
			return &readingError{fmt.Errorf("%s: line %d: %w", e.File, e.Line, err)}
		}
		if err := do(e, pairs); err != nil {
			return err
		}
	}
}

// resume gives a journal from the line after a position on; nil if the position is of another journal, or of
// what was moved away.
func resume(pieces []piece, at position) (*chain, error) {
	for i := range pieces {
		p := &pieces[i]
		if p.last != 0 && p.last < at.Seq {
			p.close()
			continue
		}
		if err := p.open(); err != nil {
			return nil, err
		}
		line := make([]byte, at.Length)
		if _, err := p.file.ReadAt(line, at.Offset-at.Length); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("journal: %w", err)
		}
		sum := sha256.Sum256(line)
		if hex.EncodeToString(sum[:]) != at.Hash {
			return nil, nil
		}
		c := newChain(pieces[i+1:])
		c.piece = *p
		c.read(io.NewSectionReader(p.file, at.Offset, math.MaxInt64-at.Offset), p.size-at.Offset)
		c.line, c.at = at.Line, at.Offset
		e := Entry{Seq: at.Seq, File: p.path, Line: at.Line}
		c.take(&e, line)
		return c, nil
	}
	return nil, nil
}

// firstOf gives the number of a piece's first record, 0 if it has none.
func firstOf(p *piece) (uint64, error) {
	if err := p.open(); err != nil {
		return 0, err
	}
	head := make([]byte, len(lineStart)+20)
	n, err := p.file.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, fmt.Errorf("journal: %w", err)
	}
	if seq := seqOf(head[:n]); seq != 0 { // of a torn line, too, which the next line has again
		return seq, nil
	}
	c := newChain(nil)
	c.read(io.NewSectionReader(p.file, 0, math.MaxInt64), p.size)
	e, _, err := c.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return 0, err
	}
	return e.Seq, nil
}
