package history

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// rangeReader reads the commits of one range, several at a time.
type rangeReader struct {
	*reader
	Range
	budget  *budget
	merged  *lineBudget
	meeting *meeting

	mu    sync.Mutex
	facts map[changeOf]blobFact
}

// changeOf is a change of one blob at a path.
type changeOf struct {
	path     string
	old, new ID
}

// blobFact is what was seen of a blob that landed.
type blobFact struct {
	size   int64
	traits uint32
}

// maxFacts bounds what is kept of changes that may appear again, as on both sides of a merge.
const maxFacts = 1 << 12

const (
	// readAhead is how many commits may be read, or under way, before they are asked for.
	readAhead = 32
	// maxReaders is how many are read at once, on as many cores: a large merge takes some memory.
	maxReaders = 4
)

func (r *reader) Landings(ctx context.Context, rng Range) iter.Seq2[Landing, error] {
	if rng.Counted && !rng.Bare { // names of commits alone cost little, and their signatures may be asked for
		r = r.counting()
	}
	return func(yield func(Landing, error) bool) {
		r.forget()
		nodes, err := r.newCommits(ctx, rng.Tip, rng.Not, r.limits.Commits)
		var c *course
		if err == nil {
			c, err = planLandings(rng.Tip, nodes)
		}
		if err != nil {
			yield(Landing{}, err)
			return
		}
		if rng.Found != nil {
			rng.Found(len(c.ids))
		}
		rr := &rangeReader{
			reader: r, Range: rng, budget: newBudget(r.limits.Bytes, rng), merged: r.merged.of(rng),
			meeting: &meeting{lineages: r.lineages, course: c}, facts: make(map[changeOf]blobFact),
		}
		var l Landing
		next := int32(0)
		for e, err := range inOrder(ctx, slices.Values(c.ids), rr.entry) {
			if err != nil {
				yield(Landing{}, err)
				return
			}
			if next++; !c.landing(next - 1) {
				l.Brought = append(l.Brought, e)
				continue
			}
			l.Commit = e
			if r.opts.Read != nil {
				r.opts.Read(1 + len(l.Brought))
			}
			if !yield(l, nil) {
				return
			}
			l = Landing{}
		}
	}
}

// inOrder calls work for each of the items, a few at a time and ahead of who asks, and gives what it makes of them in
// their order, up to the first error. Who asks gets its panics, too.
func inOrder[T, R any](
	ctx context.Context, items iter.Seq[T], work func(context.Context, T) (R, error),
) iter.Seq2[R, error] {
	type outcome struct {
		value    R
		err      error
		panicked any
	}
	return func(yield func(R, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		defer running.Wait()
		defer cancel()
		type task struct {
			item T
			made chan outcome
		}
		tasks, outcomes := make(chan task), make(chan chan outcome, readAhead)
		do := func(t task) {
			var o outcome
			defer func() {
				o.panicked = recover()
				t.made <- o
			}()
			o.value, o.err = work(ctx, t.item)
		}
		for range min(maxReaders, runtime.GOMAXPROCS(0)) {
			running.Go(func() {
				for t := range tasks {
					do(t)
				}
			})
		}
		running.Go(func() {
			defer close(outcomes)
			defer close(tasks)
			for item := range items {
				t := task{item, make(chan outcome, 1)}
				select {
				case outcomes <- t.made:
				case <-ctx.Done():
					return
				}
				tasks <- t
			}
		})
		for made := range outcomes {
			o := <-made
			if o.panicked != nil {
				panic(o.panicked)
			}
			if !yield(o.value, o.err) || o.err != nil {
				return
			}
		}
		if ctx.Err() != nil { // there may have been more
			var none R
			yield(none, fmt.Errorf("%w: %w", ErrUnreadable, context.Cause(ctx)))
		}
	}
}

// budget is what may still be held in memory of one range.
type budget struct {
	left  atomic.Int64
	limit int64
}

// newBudget gives the budget of a range; see [Limits].
func newBudget(bytes int64, r Range) *budget {
	switch {
	case r.Counted:
		bytes = math.MaxInt64
	case r.Landed && bytes < math.MaxInt64/4: // nobody pushes it, and it may be a whole history
		bytes *= 4
	}
	b := &budget{limit: bytes}
	b.left.Store(bytes)
	return b
}

func (b *budget) take(bytes int) error {
	if b.left.Add(-int64(bytes)) < 0 {
		return exceeds("bytes", "the new commits and the paths they change take more than %d bytes; the limit is bytes",
			b.limit)
	}
	return nil
}

// changeBytes is what a change takes beside its path.
const changeBytes = 192

// entry reads a commit, and compares its tree with its parents'.
func (r *rangeReader) entry(ctx context.Context, id ID) (e Entry, err error) {
	raw, err := r.last(id, r.whole())
	if err != nil {
		return Entry{}, err
	}
	if err := r.budget.take(len(raw)); err != nil {
		return Entry{}, err
	}
	l, err := r.linksOf(ctx, id)
	if err != nil {
		return Entry{}, err
	}
	n := node{id, l.parents}
	if e.Commit, err = ParseCommit(n.id, raw); (r.Counted || r.Landed) && errors.Is(err, ErrMalformed) {
		e.Commit, e.Malformed = Commit{ID: n.id, Parents: n.parents}, err
	} else if err != nil {
		return Entry{}, err
	}
	if len(n.parents) > r.limits.Parents {
		return Entry{}, exceeds("parents", "commit %s has %d parents; the limit parents is %d",
			n.id, len(n.parents), r.limits.Parents)
	}
	if r.Bare {
		return e, nil
	}
	asMerge := len(n.parents) > 1 && (!r.Counted || r.Merges)
	if !asMerge || !r.Counted {
		if err := r.compare(ctx, n, &e); err != nil {
			return Entry{}, err
		}
	}
	if asMerge && e.Malformed == nil {
		if e.Changes, err = compareMerge(ctx, r, r.trees, &e.Commit, r.limits, r.budget, r.merged); err != nil {
			return Entry{}, err
		}
	}
	return e, r.inspect(e.Changes)
}

// compare finds the paths that differ from each parent. Where commits are judged, the root and every folder that
// differs from each parent's must be written as Git writes trees.
func (r *rangeReader) compare(ctx context.Context, n node, e *Entry) error {
	ids := make([]ID, 1+max(1, len(n.parents))) // without a parent it is the empty tree to compare with
	for i, id := range append([]ID{n.id}, n.parents...) {
		l, err := r.linksOf(ctx, id)
		if err != nil {
			return inCommit(n.id, err)
		}
		ids[i] = l.tree
	}
	strict := !r.Counted && e.Malformed == nil
	first := func(path string, id ID, most int64) (tree, error) {
		if err := r.budget.take(len(path) + changeBytes); err != nil {
			return tree{}, err
		}
		if strict {
			t, err := r.trees.read(id, strictTree, most)
			var malformed *malformedTree
			if !errors.As(err, &malformed) {
				return t, err
			}
			err = fmt.Errorf("%w: the folder %q in commit %s: %w", ErrMalformed, cmp.Or(path, "/"), n.id, malformed.why)
			if !r.Landed {
				return t, err
			}
			e.Malformed = err
		}
		return r.trees.read(id, anyTree, most)
	}
	d := treeDiff{descent: descent{trees: r.trees, ctx: ctx}, first: first, found: func(c Change) error {
		if len(e.Changes) == r.limits.Changes {
			return exceeds("changes", "commit %s changes more than %d paths; the limit is changes", n.id, r.limits.Changes)
		}
		e.Changes = append(e.Changes, c)
		return r.budget.take(len(c.Path) + changeBytes)
	}}
	defer d.end()
	if strict {
		root, err := d.inTurn(func(most int64) (tree, error) { return first("", ids[0], most) })
		if err == nil {
			e.Watched, err = root.called(r.opts.Watch)
		}
		if err != nil {
			return err
		}
	}
	if len(n.parents) > 1 && strict { // what it changed is asked in another way
		d.found = func(Change) error { return nil }
	}
	return d.compare("", ids)
}

// inspect adds size and traits to the changes that leave a blob behind.
func (r *rangeReader) inspect(changes []Change) error {
	if r.opts.Inspect == nil {
		return nil
	}
	for i := range changes {
		c := &changes[i]
		if c.New.IsBlob() {
			brief := r.opts.Brief != nil && r.opts.Brief(c.Path)
			fact, err := r.fact(c, brief)
			if err != nil {
				return err
			}
			c.Size, c.Traits = fact.size, fact.traits
			if brief {
				c.Look = r.later(*c)
			}
		}
	}
	return nil
}

// later gives what a change's Look is.
func (r *rangeReader) later(c Change) func() (uint32, error) {
	return sync.OnceValues(func() (uint32, error) {
		fact, err := r.look(&c, false)
		return fact.traits, err
	})
}

// bases makes the reader a [mergeSource], as text does.
func (r *rangeReader) bases(ctx context.Context, a, b ID) ([]ID, error) {
	return r.meeting.bases(ctx, a, b)
}

// unseen says of an error that a blob isn't here, where that may be.
func (r *rangeReader) unseen(blob ID, err error) bool {
	return r.reader.unseen(blob, err) || r.Unseen && errors.Is(err, ErrMissing)
}

// text makes the reader a [mergeSource]. What isn't here is given as what is no text.
func (r *rangeReader) text(blob ID, limit int64) ([]byte, error) {
	text, err := r.reader.text(blob, limit)
	if r.unseen(blob, err) {
		return []byte{0}, nil
	}
	return text, err
}

// fact looks at what a change leaves behind, once while that is remembered.
func (r *rangeReader) fact(c *Change, brief bool) (blobFact, error) {
	of := changeOf{c.Path, c.Was().ID, c.New.ID}
	if len(c.Old) == 1 {
		r.mu.Lock()
		fact, known := r.facts[of]
		r.mu.Unlock()
		if known {
			return fact, nil
		}
	}
	fact, err := r.look(c, brief)
	if err != nil || len(c.Old) > 1 {
		return fact, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.facts) == maxFacts {
		clear(r.facts)
	}
	r.facts[of] = fact
	return fact, nil
}

// look reads what a change leaves behind and what stood there, and has it inspected.
func (r *rangeReader) look(c *Change, brief bool) (blobFact, error) {
	head, size, err := r.store.head(c.New.ID, "blob", r.limits.Inspect, bound{"blob", r.limits.Blob})
	landed := Landed{
		Path: c.Path, Head: head, Size: size, Merged: c.Merged, Missing: r.unseen(c.New.ID, err), Brief: brief,
	}
	landed.Alone = r.Counted && !r.Merges
	if err != nil && !landed.Missing {
		return blobFact{}, err
	}
	whole := !landed.Missing
	for _, old := range c.Old {
		if !old.IsBlob() || landed.Alone {
			continue
		}
		before, _, err := r.store.head(old.ID, "blob", r.limits.Inspect, bound{"blob", math.MaxInt64})
		switch {
		case err == nil:
			landed.Before = append(landed.Before, before)
		case !r.unseen(old.ID, err):
			return blobFact{}, err
		default: // where nothing is judged, all that lands counts as added
			whole = false
		}
	}
	fact := blobFact{size: size}
	if whole || r.Counted || r.opts.Unseen == nil {
		fact.traits = r.opts.Inspect(landed)
	}
	return fact, nil
}

func inCommit(id ID, err error) error { return fmt.Errorf("commit %s: %w", id, err) }
