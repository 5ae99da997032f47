package history

import (
	"container/heap"
	"context"
	"fmt"
	"slices"
	"strings"
)

// maxBelow bounds for how many commits at once a walk keeps apart what lies below each. With more of them it
// goes down to the roots.
const maxBelow = 1024

// Reaches says for each of the tips which of ids it reaches. It doesn't trust dates: a commit passes on by which tips
// it is reached until all that is left lies below every one of ids, and so reaches none of them; or until the
// commit-graph says as much.
func (l *lineages) Reaches(ctx context.Context, tips, ids []ID) ([][]bool, error) {
	answers := make([][]bool, len(tips))
	for i := range answers {
		answers[i] = make([]bool, len(ids))
	}
	if len(tips) == 0 || len(ids) == 0 {
		return answers, nil
	}
	l.forget()
	defer l.forget()
	asked := make([]ID, len(ids))
	for i, id := range ids {
		commit, ok, err := l.peel(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok {
			return nil, fmt.Errorf("%w: %s is no commit", ErrUnreadable, id)
		}
		asked[i] = commit
	}
	var starts []start
	for i, tip := range tips {
		commit, ok, err := l.peel(ctx, tip)
		if err != nil {
			return nil, err
		}
		if ok { // else it reaches no commit
			starts = append(starts, start{commit, i})
		}
	}
	if len(starts) <= fewTips {
		if ok, err := l.graphReaches(ctx, starts, asked, answers); ok || err != nil {
			return answers, err
		}
	}
	by, _, err := l.walk(ctx, starts, asked, true)
	if err != nil {
		return nil, err
	}
	for i := range answers {
		for j := range by {
			answers[i][j] = by[j].has(i)
		}
	}
	return answers, nil
}

// ReachesSurely makes [Repo]: see there.
func (l *lineages) ReachesSurely(ctx context.Context, tips, ids []ID) ([][]bool, error) {
	sure, err := newLineages(l.objects, nil).Reaches(ctx, tips, ids)
	if err != nil {
		return nil, err
	}
	believed, err := l.Reaches(ctx, tips, ids)
	if err != nil {
		return nil, err
	}
	if !slices.EqualFunc(sure, believed, slices.Equal[[]bool]) {
		files := strings.Join(l.graph.Files(), " or ")
		return nil, fmt.Errorf("%w: %s: the commits say otherwise than this commit-graph: delete the file, "+
			"then git commit-graph write --reachable makes it anew", ErrUnreadable, files)
	}
	return sure, nil
}

// fewTips is for how many tips the commit-graph is asked one after the other.
const fewTips = 4

// graphReaches asks the commit-graph which of the asked commits each of some starts reaches, from where it begins to
// know what lies below the start. It says false where the graph doesn't know the asked ones.
func (l *lineages) graphReaches(ctx context.Context, starts []start, asked []ID, answers [][]bool) (bool, error) {
	if _, ok := l.graph.Reached(nil, asked); !ok {
		return false, nil
	}
	for _, s := range starts {
		var known []ID
		seen := make(set)
		for next := []ID{s.commit}; len(next) > 0; {
			id := next[len(next)-1]
			next = next[:len(next)-1]
			if seen.has(id) {
				continue
			}
			seen[id] = struct{}{}
			if _, _, ok := l.graph.Age(id); ok {
				known = append(known, id)
				continue
			}
			read, err := l.linksOf(ctx, id)
			if err != nil {
				return false, err
			}
			l.steps.Add(1)
			next = append(next, read.parents...)
		}
		reached, ok := l.graph.Reached(known, asked)
		if !ok {
			return false, nil
		}
		answers[s.tip] = reached
	}
	return true, nil
}

// start is where a walk begins: at a commit, on behalf of a tip.
type start struct {
	commit ID
	tip    int
}

// surelyReachedBy says for each of some commits which tips reach it. What the commit-graph says that one reaches is
// found once more without it.
func (l *lineages) surelyReachedBy(ctx context.Context, starts []start, asked []ID) ([]bits, error) {
	by, believed, err := l.walk(ctx, starts, asked, true)
	if err != nil || !believed {
		return by, err
	}
	var claimed []ID
	var tips bits
	for i, id := range asked {
		if len(by[i]) > 0 {
			claimed, tips = append(claimed, id), tips.union(by[i])
		}
	}
	if len(claimed) == 0 {
		return by, nil
	}
	starts = slices.DeleteFunc(slices.Clone(starts), func(s start) bool { return !tips.has(s.tip) })
	really, _, err := l.walk(ctx, starts, claimed, false)
	if err != nil {
		return nil, err
	}
	for i := range by {
		if len(by[i]) > 0 {
			by[i], really = really[0], really[1:]
		}
	}
	return by, nil
}

// walk walks down from some commits until it is known which of those asked for are reached, and by which tips. It says
// whether it believed the commit-graph about parents, which it does if it may.
func (l *lineages) walk(ctx context.Context, starts []start, asked []ID, believe bool) ([]bits, bool, error) {
	w, err := l.newWalk(ctx, asked)
	if err != nil {
		return nil, false, err
	}
	w.believe = believe
	for _, s := range starts {
		if err := w.give(ctx, s.commit, bits(nil).with(s.tip), nil); err != nil {
			return nil, false, err
		}
	}
	for w.live > 0 {
		if err := w.pass(ctx, heap.Pop(&w.queue).(aged).id); err != nil {
			return nil, false, err
		}
	}
	by := make([]bits, len(asked))
	for i, id := range asked {
		if m := w.marks[id]; m != nil {
			by[i] = m.from
		}
	}
	return by, w.believed, nil
}

// mark is what a walk has found out of a commit.
type mark struct {
	from    bits // the tips that reach it
	below   bits // the asked commits that it is an ancestor of
	waiting bool // to pass on what is new of these
	done    bool // it reaches none of the asked commits, and so nothing more is learned from it
}

// live says whether a commit may still show that a tip reaches an asked one.
func (m *mark) live() bool { return m.waiting && !m.done && len(m.from) > 0 }

type walk struct {
	*lineages
	asked map[ID]int // index of a commit that is asked for; nil where there are too many to go up from
	all   int        // how many are asked for
	floor uint32     // the lowest of their levels: what is of a lower one reaches none of them
	marks map[ID]*mark
	queue youngest // of what waits
	live  int      // marks that are

	believe, believed bool // the commit-graph
}

func (l *lineages) newWalk(ctx context.Context, asked []ID) (*walk, error) {
	w := &walk{lineages: l, floor: unknownLevel, marks: make(map[ID]*mark)}
	for _, id := range asked {
		a, err := l.age(ctx, id)
		if err != nil {
			return nil, err
		}
		w.floor = min(w.floor, a.level)
	}
	if len(asked) > maxBelow {
		return w, nil
	}
	w.asked = make(map[ID]int)
	for _, id := range asked {
		if _, twice := w.asked[id]; !twice {
			w.asked[id] = len(w.asked)
		}
	}
	w.all = len(w.asked)
	for _, id := range asked {
		if err := w.give(ctx, id, nil, nil); err != nil {
			return nil, err
		}
	}
	return w, nil
}

// give marks a commit, and has it pass that on if it is new.
func (w *walk) give(ctx context.Context, id ID, from, below bits) error {
	m := w.marks[id]
	if m != nil && m.from.holds(from) && m.below.holds(below) {
		return nil
	}
	a, err := w.age(ctx, id)
	if err != nil {
		return err
	}
	if m == nil {
		m = new(mark)
		w.marks[id] = m
	}
	if m.live() {
		w.live--
	}
	if !m.waiting {
		m.waiting = true
		heap.Push(&w.queue, aged{id, a})
	}
	m.from, m.below = m.from.union(from), m.below.union(below)
	m.done = a.level < w.floor || w.all > 0 && m.below.count() == w.all
	if m.live() {
		w.live++
	}
	return nil
}

// pass hands a commit's marks on to its parents.
func (w *walk) pass(ctx context.Context, id ID) error {
	w.steps.Add(1)
	m := w.marks[id]
	if m.live() {
		w.live--
	}
	m.waiting = false
	below := m.below
	if i, ok := w.asked[id]; ok {
		below = below.with(i)
	}
	parents, err := w.parents(ctx, id)
	if err != nil {
		return err
	}
	for _, parent := range parents {
		if err := w.give(ctx, parent, m.from, below); err != nil {
			return err
		}
	}
	return nil
}

func (w *walk) parents(ctx context.Context, id ID) ([]ID, error) {
	if w.believe {
		if c, ok := w.inGraph(id); ok {
			w.believed = true
			return c.Parents, ctx.Err()
		}
	}
	l, err := w.linksOf(ctx, id)
	return l.parents, err
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

// without gives what of b is not in c.
func (b bits) without(c bits) bits {
	u := slices.Clone(b)
	for i := range min(len(b), len(c)) {
		u[i] &^= c[i]
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
