package history

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
)

// lineage is what a walk needs of a commit.
type lineage struct {
	parents []ID
	when    int64 // committer date, seconds since 1970: a hint in which order to walk, nothing more
}

// source gives a walk the commits of a repository.
type source interface {
	// peel gives the commit that an id leads to; false where it leads to another object.
	peel(ctx context.Context, id ID) (ID, bool, error)
	// lineage gives what is known of a commit already.
	lineage(id ID) (lineage, bool)
	// more learns of one more commit that one of the frontier reaches.
	more(ctx context.Context, frontier map[ID]bool) (ID, error)
	// end ends the reading that more began.
	end()
}

// maxBelow bounds for how many commits at once a walk keeps apart what lies below each. With more of them it
// goes down to the roots.
const maxBelow = 1024

// reaches says for each of the tips which of ids it reaches, in one walk. It doesn't trust dates: a commit passes
// on by which tips it is reached until all that is left lies below every one of ids, and so reaches none of them.
func reaches(ctx context.Context, from source, tips, ids []ID) ([][]bool, error) {
	answers := make([][]bool, len(tips))
	for i := range answers {
		answers[i] = make([]bool, len(ids))
	}
	if len(tips) == 0 || len(ids) == 0 {
		return answers, nil
	}
	defer from.end()
	asked := make([]ID, len(ids))
	for i, id := range ids {
		commit, ok, err := from.peel(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: %s is no commit", ErrUnreadable, id)
		}
		asked[i] = commit
	}
	w := newWalk(from, asked)
	for i, tip := range tips {
		commit, ok, err := from.peel(ctx, tip)
		if err != nil {
			return nil, err
		}
		if ok { // else it reaches no commit
			w.give(commit, bits(nil).with(i), nil)
		}
	}
	if err := w.run(ctx); err != nil {
		return nil, err
	}
	for j, id := range asked {
		if m := w.marks[id]; m != nil {
			for i := range tips {
				answers[i][j] = m.from.has(i)
			}
		}
	}
	return answers, nil
}

// reachedByAny says for each of ids whether one of the tips reaches it, in one walk.
func reachedByAny(ctx context.Context, from source, tips, ids []ID) ([]bool, error) {
	defer from.end()
	w := newWalk(from, ids)
	for _, tip := range tips {
		commit, ok, err := from.peel(ctx, tip)
		if err != nil {
			return nil, err
		}
		if ok {
			w.give(commit, bits(nil).with(0), nil)
		}
	}
	if err := w.run(ctx); err != nil {
		return nil, err
	}
	answers := make([]bool, len(ids))
	for i, id := range ids {
		m := w.marks[id]
		answers[i] = m != nil && m.from.has(0)
	}
	return answers, nil
}

// mark is what a walk has found out of a commit.
type mark struct {
	from    bits // the tips that reach it
	below   bits // the asked commits that it is an ancestor of
	waiting bool // to pass on what is new of these
	done    bool // it lies below all asked commits: nothing above it can be learned any more
}

type walk struct {
	from    source
	asked   map[ID]int // index of a commit that is asked for; nil where there are too many to go up from
	all     int        // how many are asked for
	marks   map[ID]*mark
	queue   dated       // waiting commits whose parents are known, newest first
	unknown map[ID]bool // waiting commits whose parents aren't
	live    int         // waiting commits that aren't done
}

func newWalk(from source, asked []ID) *walk {
	w := &walk{from: from, marks: make(map[ID]*mark), unknown: make(map[ID]bool)}
	if len(asked) > maxBelow {
		return w
	}
	w.asked = make(map[ID]int)
	for _, id := range asked {
		if _, twice := w.asked[id]; !twice {
			w.asked[id] = len(w.asked)
		}
	}
	w.all = len(w.asked)
	for _, id := range asked {
		w.give(id, nil, nil)
	}
	return w
}

// give marks a commit, and has it pass that on if it is new.
func (w *walk) give(id ID, from, below bits) {
	m := w.marks[id]
	if m == nil {
		m = new(mark)
		w.marks[id] = m
	} else if m.from.holds(from) && m.below.holds(below) {
		return
	}
	if m.waiting && !m.done {
		w.live--
	}
	m.from, m.below = m.from.union(from), m.below.union(below)
	m.done = w.all > 0 && m.below.count() == w.all
	if !m.done {
		w.live++
	}
	if m.waiting {
		return
	}
	m.waiting = true
	if l, known := w.from.lineage(id); known {
		heap.Push(&w.queue, datedID{id, l.when})
	} else {
		w.unknown[id] = true
	}
}

func (w *walk) run(ctx context.Context) error {
	for w.live > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("%w: %w", ErrUnreadable, context.Cause(ctx))
		}
		if w.queue.Len() > 0 {
			w.pass(heap.Pop(&w.queue).(datedID).id)
			continue
		}
		id, err := w.from.more(ctx, w.unknown)
		if err != nil {
			return err
		}
		if w.unknown[id] {
			delete(w.unknown, id)
			w.pass(id)
		}
	}
	return nil
}

// pass hands a commit's marks on to its parents.
func (w *walk) pass(id ID) {
	m := w.marks[id]
	if m.waiting = false; !m.done {
		w.live--
	}
	below := m.below
	if i, ok := w.asked[id]; ok {
		below = below.with(i)
	}
	l, _ := w.from.lineage(id)
	for _, parent := range l.parents {
		w.give(parent, m.from, below)
	}
}

// bits is a set of small numbers. It is never changed, so that commits share it.
type bits []uint64

func (b bits) has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

func (b bits) with(i int) bits {
	if b.has(i) {
		return b
	}
	c := make(bits, max(len(b), i/64+1))
	copy(c, b)
	c[i/64] |= 1 << (i % 64)
	return c
}

// holds says whether all of c is in b.
func (b bits) holds(c bits) bool {
	for i, word := range c {
		if word != 0 && (i >= len(b) || word&^b[i] != 0) {
			return false
		}
	}
	return true
}

func (b bits) union(c bits) bits {
	switch {
	case b.holds(c):
		return b
	case c.holds(b):
		return c
	}
	u := make(bits, max(len(b), len(c)))
	copy(u, b)
	for i, word := range c {
		u[i] |= word
	}
	return u
}

func (b bits) count() (n int) {
	for _, word := range b {
		for ; word != 0; word &= word - 1 {
			n++
		}
	}
	return n
}

// datedID is a commit with its date, and dated a heap of them with the newest on top.
type datedID struct {
	id   ID
	when int64
}

type dated []datedID

func (d dated) Len() int           { return len(d) }
func (d dated) Less(i, j int) bool { return d[i].when > d[j].when }
func (d dated) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *dated) Push(x any)        { *d = append(*d, x.(datedID)) }

func (d *dated) Pop() any {
	last := (*d)[len(*d)-1]
	*d = slices.Delete(*d, len(*d)-1, len(*d))
	return last
}
