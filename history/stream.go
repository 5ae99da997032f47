package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"sync"
)

// gitFact is what was seen of a blob or tree. It is filled in when its bytes arrive.
type gitFact struct {
	size    int64
	traits  uint32
	watched ID // of a tree: what in it is called Options.Watch
}

// rememberedBlobs bounds the facts kept for blobs that appear again.
const rememberedBlobs = 1 << 15

// gitReadAhead is how many landings may be between two stages of the stream.
const gitReadAhead = 16

// stream reads the landings of a range in one pass: a cat-file gives the commits, a diff-tree the
// changes, a second cat-file the blobs, each fed by a goroutine of its own so that none waits for
// another.
type stream struct {
	r       *gitRepo
	ctx     context.Context
	commits *process
	diffs   *process
	blobs   *process
	merges  *mergeReader // nil before the first merge that is judged
	counted bool
	landed  bool
	budget  *budget
	merged  *lineBudget
	seen    map[ID]*gitFact // blobs and trees
	buf     []byte
}

// half is a landing whose blobs are still to be read.
type half struct {
	landing Landing
	blobs   []wanted
	roots   []*gitFact // the trees of the commits, in their order
	err     error
}

// wanted is a change that waits for its blob's facts, or a tree to be checked if change is nil. Ask
// says that the object was asked for with it.
type wanted struct {
	change *Change
	fact   *gitFact
	ask    bool
	id     ID
	path   string
	commit ID
}

func (r *gitRepo) Landings(ctx context.Context, rng Range) iter.Seq2[Landing, error] {
	return func(yield func(Landing, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		var running sync.WaitGroup
		s := &stream{
			r: r, ctx: ctx, counted: rng.Counted, landed: rng.Landed, budget: newBudget(r.limits.Bytes, rng),
			seen: make(map[ID]*gitFact), merged: r.merged.of(rng),
		}
		defer s.stop()
		defer running.Wait()
		defer cancel()
		if err := s.run(rng, &running, yield); err != nil {
			yield(Landing{}, err)
		}
	}
}

func (s *stream) stop() {
	for _, p := range []*process{s.commits, s.diffs, s.blobs} {
		if p != nil {
			p.stop()
		}
	}
	if s.merges != nil && s.merges.p != nil { // it may be that git couldn't be started any more
		s.merges.p.stop()
	}
}

func (s *stream) run(rng Range, running *sync.WaitGroup, yield func(Landing, error) bool) error {
	if err := s.start(); err != nil {
		return err
	}
	nodes, err := s.r.nodes(s.ctx, rng)
	if err != nil {
		return err
	}
	if len(nodes) == 0 { // nothing new, or nothing that has a history
		if kind, err := s.r.Kind(s.ctx, rng.Tip); err != nil || kind != "commit" {
			return errors.Join(err, fmt.Errorf("%w: %s is no commit", ErrUnreadable, rng.Tip))
		}
		return nil
	}
	plans, err := planLandings(rng.Tip, nodes)
	if err != nil {
		return err
	}
	running.Go(func() { s.feed(plans) })
	asks := make(chan []ID, gitReadAhead)
	halves := make(chan half, gitReadAhead)
	running.Go(func() { s.feedBlobs(asks) })
	running.Go(func() {
		defer close(halves)
		defer close(asks)
		for _, p := range plans {
			h := s.half(p)
			var ids []ID
			for _, w := range h.blobs {
				if w.ask {
					ids = append(ids, w.id)
				}
			}
			select {
			case asks <- ids:
			case <-s.ctx.Done():
				return
			}
			select {
			case halves <- h:
			case <-s.ctx.Done():
				return
			}
			if h.err != nil {
				return
			}
		}
	})
	n := 0
	for h := range halves {
		if h.err == nil {
			h.err = s.fill(&h)
		}
		h.watched()
		if h.err != nil {
			return h.err
		}
		n++
		if !yield(h.landing, nil) {
			return nil
		}
	}
	if n != len(plans) {
		return fmt.Errorf("%w: %w", ErrUnreadable, context.Cause(s.ctx))
	}
	return nil
}

// start starts the processes before the first is needed: starting is what a small push waits for.
func (s *stream) start() error {
	diff := diffArgs
	if !s.counted {
		diff = append(diff[:len(diff):len(diff)], "-t") // the trees that changed, to be checked
	}
	for _, p := range []struct {
		into **process
		args []string
	}{
		{&s.commits, []string{"cat-file", "--batch"}},
		{&s.diffs, diff},
		{&s.blobs, []string{"cat-file", "--batch"}},
	} {
		started, err := s.r.start(s.ctx, p.args...)
		if err != nil {
			return err
		}
		*p.into = started
	}
	return nil
}

var diffArgs = []string{
	"diff-tree", "--stdin", "-r", "-z", "--raw", "--root", "-c", "--always", "--no-renames",
	"--no-abbrev", "--full-index", "--no-ext-diff", "--no-textconv", "--ignore-submodules=none",
}

// feed tells the first two processes everything they will be asked. A write fails when the process
// has died, and then whoever reads from it says so.
func (s *stream) feed(plans []plan) {
	var feeding sync.WaitGroup
	defer feeding.Wait()
	feeding.Go(func() {
		defer s.commits.in.Close()
		for _, p := range plans {
			for _, n := range slices.Concat(p.brought, []node{p.landing}) {
				if _, err := io.WriteString(s.commits.in, n.id.String()+"\n"); err != nil {
					return
				}
			}
		}
	})
	defer s.diffs.in.Close()
	for _, p := range plans {
		if p.writeRequests(s.diffs.in) != nil {
			return
		}
	}
}

func (s *stream) feedBlobs(asks <-chan []ID) {
	defer s.blobs.in.Close()
	failed := false
	for ids := range asks {
		for _, id := range ids {
			if !failed {
				_, err := io.WriteString(s.blobs.in, id.String()+"\n")
				failed = err != nil
			}
		}
	}
}

// half reads a landing but for its blobs.
func (s *stream) half(p plan) (h half) {
	h.landing.Brought = make([]Entry, len(p.brought))
	for i, n := range p.brought {
		if h.landing.Brought[i], h.err = s.entry(&h, n); h.err != nil {
			return h
		}
	}
	if h.landing.Commit, h.err = s.entry(&h, p.landing); h.err != nil {
		return h
	}
	if h.err = s.diffs.batchEnd(); h.err != nil || s.r.opts.Inspect == nil {
		return h
	}
	for i := range h.landing.Brought {
		h.want(s, h.landing.Brought[i].Changes)
	}
	h.want(s, h.landing.Commit.Changes)
	return h
}

func (s *stream) entry(h *half, n node) (e Entry, err error) {
	raw, err := s.commits.readObject(n.id, "commit", s.r.limits)
	if err != nil {
		return e, err
	}
	if err := s.budget.take(len(raw)); err != nil {
		return e, err
	}
	if e.Commit, err = ParseCommit(n.id, raw); (s.counted || s.landed) && errors.Is(err, ErrMalformed) {
		e.Commit, e.Malformed = Commit{ID: n.id, Parents: n.parents}, err
	} else if err != nil {
		return e, err
	}
	if !slices.Equal(e.Parents, n.parents) {
		return e, fmt.Errorf("%w: commit %s has other parents than git says: the history is shallow, grafted or damaged; "+
			"git fetch --unshallow", ErrUnreadable, n.id)
	}
	if len(e.Parents) > s.r.limits.Parents {
		return e, exceeds("parents", "commit %s has %d parents; the limit parents is %d",
			n.id, len(e.Parents), s.r.limits.Parents)
	}
	var trees []treeAt
	if e.Changes, trees, err = s.diffs.rawDiff(n.id.String()+"\x00", s.r.limits.Changes, s.budget); err != nil {
		return e, err
	}
	if len(e.Parents) > 1 && !s.counted && e.Malformed == nil {
		if s.merges == nil {
			if s.merges, err = s.r.newMergeReader(s.ctx); err != nil {
				return e, err
			}
		}
		if e.Changes, err = compareMerge(s.ctx, s.merges, &e.Commit, s.r.limits, s.budget, s.merged); err != nil {
			return e, err
		}
	}
	if e.Malformed == nil {
		h.roots = append(h.roots, h.wantTree(s, n.id, treeAt{id: e.Tree}))
	}
	for _, t := range trees {
		h.wantTree(s, n.id, t)
	}
	return e, nil
}

// entry gives the commit with an id that the landing has.
func (l *Landing) entry(id ID) *Entry {
	for i := range l.Brought {
		if l.Brought[i].ID == id {
			return &l.Brought[i]
		}
	}
	return &l.Commit
}

// want notes which blobs to read for changes, each blob once while it is remembered.
func (h *half) want(s *stream, changes []Change) {
	for i := range changes {
		c := &changes[i]
		switch c.New.Mode {
		case ModeFile, ModeExec, ModeSymlink:
			fact, known := s.remember(c.New.ID)
			h.blobs = append(h.blobs, wanted{change: c, fact: fact, ask: !known, id: c.New.ID})
		}
	}
}

// wantTree notes a tree to be checked, once while it is remembered, and gives what will be known of it.
func (h *half) wantTree(s *stream, commit ID, t treeAt) *gitFact {
	if s.counted {
		return new(gitFact)
	}
	fact, known := s.remember(t.id)
	if !known {
		h.blobs = append(h.blobs, wanted{fact: fact, ask: true, id: t.id, path: t.path, commit: commit})
	}
	return fact
}

// watched fills in the watched folder of each commit, once the trees have been read.
func (h *half) watched() {
	for i, fact := range h.roots {
		if i < len(h.landing.Brought) {
			h.landing.Brought[i].Watched = fact.watched
		} else {
			h.landing.Commit.Watched = fact.watched
		}
	}
}

func (s *stream) remember(id ID) (fact *gitFact, known bool) {
	if fact, known = s.seen[id]; !known {
		if len(s.seen) == rememberedBlobs {
			clear(s.seen)
		}
		fact = new(gitFact)
		s.seen[id] = fact
	}
	return fact, known
}

// fill reads the blobs and trees in the order they were asked for, one at a time into one buffer.
func (s *stream) fill(h *half) error {
	for _, w := range h.blobs {
		if w.ask {
			err := s.object(w)
			if s.landed && errors.Is(err, ErrMalformed) { // a folder, which was read to its end
				h.landing.entry(w.commit).Malformed, err = err, nil
			}
			if err != nil {
				return err
			}
		}
		if w.change != nil {
			w.change.Size, w.change.Traits = w.fact.size, w.fact.traits
		}
	}
	return nil
}

func (s *stream) object(w wanted) error {
	l := s.r.limits
	kind, size, err := s.blobs.object(w.id)
	if err != nil {
		return err
	}
	switch {
	case w.change == nil && kind == "tree":
		if size > maxTree {
			return exceeds("tree", "tree %s of commit %s has %d bytes; the limit tree is %d",
				w.id, w.commit, size, int64(maxTree))
		}
		if s.buf, err = s.blobs.body(s.buf, size, size); err != nil {
			return err
		}
		entries, err := strictTree.parse(s.buf, w.id.Size())
		for _, e := range entries {
			if e.name == s.r.opts.Watch {
				w.fact.watched = e.id
			}
		}
		if err != nil {
			return fmt.Errorf("%w: the folder %q in commit %s: %w", ErrMalformed, w.path+"/", w.commit, err)
		}
	case w.change != nil && kind == "blob":
		if size > l.Blob {
			return exceeds("blob", "blob %s has %d bytes; the limit blob is %d", w.id, size, l.Blob)
		}
		if s.buf, err = s.blobs.body(s.buf, size, l.Inspect); err != nil {
			return err
		}
		*w.fact = gitFact{size: size, traits: s.r.opts.Inspect(s.buf, size)}
	default:
		return fmt.Errorf("%w: %s is a %s where something else belongs", ErrUnreadable, w.id, kind)
	}
	return nil
}
