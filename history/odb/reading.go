package odb

import (
	"bufio"
	"errors"
	"fmt"
	"hash"
	"os"

	"countersign/internal/objectid"
)

const (
	// maxHeld is how many bytes an object may have to which another is a delta: two are held in memory at a time.
	maxHeld = 112 << 20
	// maxMade is how many bytes a delta may make in the end. Git makes no deltas of larger files than 512 MiB
	// (git-config(1), core.bigFileThreshold).
	maxMade = 1 << 30
	// maxBetween is how many bytes a reading keeps for what leads to the next object.
	maxBetween = 1 << 20
	// maxWork is how many bytes may be put together for one object.
	maxWork = 8 << 30
)

// reading is the reading of one object. It has all that this takes, and is used again for the next.
type reading struct {
	db          *DB
	claimed     bool // the name is not computed
	hash        hash.Hash
	header, sum []byte // what the hash begins with, and what it gave
	// own inflates the object, below what it is a delta to.
	own, below stream

	// What was found, as the files claim it.
	kind   Kind
	size   int64
	path   string
	offset int64

	// In a pack: the object if it is known; else its entry and, if it is a delta, those of what it is a delta to, down
	// to something known or something whole.
	pack  *pack
	known *made
	chain []link
	delta delta
	base  made // what the object is a delta to
	// What leads to the object and isn't kept is in these two buffers in turn.
	between [2][]byte

	// In a file of its own.
	loose    *os.File
	buffered bufio.Reader
	first    []byte // of the content, already inflated

	// Large bases are in these two buffers in turn, which the one that locks db.large may use.
	locked bool
	turn   int
}

// link is an entry of a chain of deltas.
type link struct {
	entry
	steps []byte // of a delta that is inflated as a whole
}

func (l link) bytes() int { return cap(l.steps) }

func newReading(db *DB) *reading {
	r := &reading{db: db, hash: newHash(db.nameSize)}
	r.buffered = *bufio.NewReader(nil)
	return r
}

// end gives back what the reading of one object took.
func (r *reading) end() (err error) {
	if r.loose != nil {
		err = r.loose.Close()
	}
	if r.locked {
		r.db.large.Unlock()
	}
	r.kind, r.pack, r.known, r.base, r.loose, r.locked, r.claimed = 0, nil, nil, made{}, nil, false, false
	clear(r.chain)
	r.chain = r.chain[:0]
	for i := range r.between {
		if cap(r.between[i]) > maxBetween {
			r.between[i] = nil
		}
	}
	r.db.readings.Put(r)
	return err
}

func (r *reading) fail(offset int64, err error) error { return asError(r.path, offset, err) }

// openPacked begins to read the object at an offset of a pack.
func (r *reading) openPacked(p *pack, offset int64) error {
	r.pack, r.path, r.offset = p, p.file.path, offset
	if r.known = r.db.cache.get(p, offset); r.known != nil {
		r.kind, r.size = r.known.kind, int64(len(r.known.content))
		return nil
	}
	if err := r.follow(offset); err != nil {
		return err
	}
	first := &r.chain[0]
	if first.kind <= Tag {
		r.kind, r.size = first.kind, first.size
		return r.inflate(&r.own, first)
	}
	if err := r.beginDelta(&r.delta, &r.own, first); err != nil {
		return err
	}
	r.size = r.delta.size
	return r.descend()
}

// follow adds the entry at an offset to the chain.
func (r *reading) follow(offset int64) error {
	if l := r.db.steps.get(r.pack, offset); l != nil {
		r.chain = append(r.chain, *l)
		return nil
	}
	e, err := r.pack.entry(offset)
	if err == nil {
		r.chain = append(r.chain, link{entry: e})
	}
	return err
}

// inflate begins to inflate an entry.
func (r *reading) inflate(s *stream, l *link) error {
	body, err := r.pack.file.reader(l.data, r.pack.end)
	if err != nil {
		return err
	}
	return r.fail(l.offset, s.begin(body, l.size))
}

// beginDelta begins to read the delta of an entry. What is short is inflated as a whole, and kept.
func (r *reading) beginDelta(d *delta, s *stream, l *link) error {
	if l.steps == nil {
		if err := r.inflate(s, l); err != nil {
			return err
		}
		if l.size > maxStepsOne {
			return r.fail(l.offset, d.begin(s, nil))
		}
		c := newCollector(l.size)
		if err := s.each(c.add); err != nil {
			return r.fail(l.offset, err)
		}
		l.steps = c.content
		r.db.steps.put(r.pack, l.offset, *l)
	}
	return r.fail(l.offset, d.begin(ended, l.steps))
}

// descend finds what a delta is a delta to, down to something known or something whole, whose kind it has.
func (r *reading) descend() error {
	e := r.chain[0].entry
	for e.kind > Tag {
		r.known = r.db.cache.get(r.pack, e.base)
		deltas := len(r.chain)
		if r.known != nil {
			deltas += r.known.deltas
		}
		if deltas > maxChain {
			return r.pack.errorf(r.offset, "a chain of more than %d deltas, which git gc makes shorter, or a circle", maxChain)
		}
		if r.known != nil {
			r.kind = r.known.kind
			return nil
		}
		if err := r.follow(e.base); err != nil {
			return err
		}
		e = r.chain[len(r.chain)-1].entry
	}
	r.kind = e.kind
	return nil
}

// each gives the content piece by piece: at most as many bytes as the size says, and without error as many.
func (r *reading) each(emit func([]byte)) error {
	switch {
	case r.loose != nil:
		return r.fail(0, r.eachLoose(emit))
	case len(r.chain) == 0:
		emit(r.known.content)
		return nil
	case r.chain[0].kind <= Tag:
		return r.fail(r.offset, r.own.each(emit))
	}
	if r.size > maxMade {
		return r.fail(r.offset, fmt.Errorf("stored as a delta: %w", &SizeError{r.size, maxMade}))
	}
	if err := r.makeBase(); err != nil {
		return err
	}
	return r.fail(r.offset, r.delta.apply(r.base.content, emit))
}

// makeBase puts together what the object is a delta to: from the end of the chain up.
func (r *reading) makeBase() error {
	if r.known != nil {
		r.base = *r.known
	}
	for i := len(r.chain) - 1; ; i-- {
		if r.base.work+r.size > maxWork {
			return r.pack.errorf(r.offset, "a chain of deltas that make more than %d bytes", int64(maxWork))
		}
		if i == 0 {
			return nil
		}
		l := &r.chain[i]
		keep := r.worthKeeping(i)
		content, err := r.link(l, r.base.content, keep)
		if err != nil {
			return err
		}
		r.base = r.following(l.entry, content)
		if keep {
			r.db.cache.put(r.pack, l.offset, r.base)
		}
	}
}

// keptEvery is how many deltas of a chain lead from what is kept to what is kept next. What is between is put together
// anew from deltas that are kept.
const keptEvery = 8

// worthKeeping says whether what an entry of the chain makes is kept, since others are likely to be made of it. Trees
// are small, and history goes through them one by one.
func (r *reading) worthKeeping(i int) bool {
	return r.chain[i].kind <= Tag || r.kind == Tree || (r.base.deltas+1)%keptEvery == 0
}

// following gives what an entry makes of the base.
func (r *reading) following(e entry, content []byte) made {
	m := made{r.kind, content, r.base.deltas, r.base.work + int64(len(content))}
	if e.kind > Tag {
		m.deltas++
	}
	return m
}

// link gives the content of one entry of the chain.
func (r *reading) link(l *link, base []byte, keep bool) ([]byte, error) {
	var d delta
	var err error
	size := l.size
	if l.kind <= Tag {
		err = r.inflate(&r.below, l)
	} else {
		err = r.beginDelta(&d, &r.below, l)
		size = d.size
	}
	if err != nil {
		return nil, err
	}
	if size > maxHeld {
		return nil, r.fail(l.offset, fmt.Errorf("others are deltas to it: %w", &SizeError{size, maxHeld}))
	}
	c := r.collector(size, keep)
	if l.kind <= Tag {
		err = r.below.each(c.add)
	} else {
		err = d.apply(base, c.add)
	}
	if !keep && size <= maxCachedOne {
		r.between[r.turn] = c.content
	}
	return c.content, r.fail(l.offset, err)
}

// collector gives the memory for an object of the chain. There is memory for two large ones, for one goroutine at a
// time.
func (r *reading) collector(size int64, keep bool) *collector {
	if size <= maxCachedOne && keep {
		return newCollector(size)
	}
	r.turn ^= 1
	if size <= maxCachedOne {
		return &collector{r.between[r.turn][:0], size}
	}
	if !r.locked {
		r.db.large.Lock()
		r.locked = true
	}
	if r.db.bases[r.turn] == nil {
		r.db.bases[r.turn] = make([]byte, 0, maxHeld)
	}
	return &collector{r.db.bases[r.turn], size}
}

// whole gives the content, once its name was computed.
func (r *reading) whole(id objectid.ID) ([]byte, error) {
	if r.known != nil && len(r.chain) == 0 {
		return r.known.content, r.checkWhole(id, r.known.content)
	}
	c := newCollector(r.size)
	if err := r.each(c.add); err != nil {
		return nil, err
	}
	if err := r.checkWhole(id, c.content); err != nil {
		return nil, err
	}
	if r.pack != nil && (r.kind == Tree || r.kind == Blob) { // others are seldom deltas
		r.db.cache.put(r.pack, r.offset, r.following(r.chain[0].entry, c.content))
	}
	return c.content, nil
}

func (r *reading) checkWhole(id objectid.ID, content []byte) error {
	if r.claimed {
		return nil
	}
	r.beginHash()
	r.hash.Write(content)
	return r.checkHash(id)
}

// head gives the first bytes, at most keep, once the name of the whole was computed.
func (r *reading) head(id objectid.ID, keep int64) ([]byte, error) {
	if r.size <= keep {
		return r.whole(id)
	}
	first := newCollector(max(keep, 0))
	r.beginHash()
	err := r.each(func(b []byte) {
		if !r.claimed {
			r.hash.Write(b)
		}
		first.add(b[:min(int64(len(b)), first.size-int64(len(first.content)))])
	})
	if err != nil {
		return nil, err
	}
	if r.claimed {
		return first.content, nil
	}
	return first.content, r.checkHash(id)
}

// beginHash begins the sum that names the object.
func (r *reading) beginHash() {
	r.hash.Reset()
	r.header = appendHeader(r.header[:0], r.kind.String(), r.size)
	r.hash.Write(r.header)
}

// checkHash compares the sum with the name.
func (r *reading) checkHash(id objectid.ID) error {
	var name objectid.ID
	var err error
	r.sum, name, err = sumOf(r.hash, r.sum[:0])
	switch {
	case errors.Is(err, errCollides):
		return r.fail(r.offset, fmt.Errorf("object %s %w", id, err))
	case err != nil:
		return r.fail(r.offset, err)
	case name != id:
		return r.fail(r.offset, fmt.Errorf("the content is that of object %s, not of %s", name, id))
	}
	return nil
}
