package journal

import (
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
)

// ReadFrom is Read from a record on, by its number: of the segments it reads only those that have it or what follows. A
// journal that doesn't have that record any more begins with a later one, and one that hasn't got it yet gives nothing.
func ReadFrom(path string, seq uint64) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		pieces, err := piecesOf(path)
		if err != nil {
			yield(Entry{}, err)
			return
		}
		for len(pieces) > 1 && pieces[0].last < seq {
			pieces = pieces[1:]
		}
		c := newChain(pieces)
		defer c.close()
		c.each(func(e Entry, err error) bool { return err == nil && e.Seq < seq || yield(e, err) })
	}
}

// ParseLine reads the line of a record, with its newline. It says nothing of the chain that the line is in.
func ParseLine(line []byte) (e Entry, ok bool) {
	if len(line) == 0 || line[len(line)-1] != '\n' {
		return Entry{}, false
	}
	return parse(line[:len(line)-1])
}

// Written gives the line of a record with its newline, as the journal has it.
func (e Entry) Written() []byte {
	return end{seq: e.Seq - 1, prev: e.Prev, repaired: e.Repaired, first: e.First}.line(e.Record)
}

// Hold makes a file beside a journal, if there is none, and waits until no other process holds it.
func Hold(ctx context.Context, path string) (release func() error, err error) {
	f, err := openFile(path, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = openFile(path, os.O_CREATE)
	}
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, indexWait)
	defer cancel()
	if err := retry(ctx, func() error { return flock(f) }); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f.Close, nil
}
