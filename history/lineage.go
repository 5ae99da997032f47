package history

import (
	"container/heap"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"countersign/history/commitgraph"
)

// lineages are what commits point to, read as walks need it and kept between walks.
//
// Git's commit-graph makes walks faster. What is new, and so judged, never follows from it: commits are passed over as
// landed only for the parents that stand in the commits themselves. There the graph orders walks, as dates do where it
// is silent, and says what isn't reached: a commit reaches none that isn't in the graph, none of a higher level, and
// none to which the graph leads by no way. So a graph that lies can make what has landed look new, which is judged once
// more, and never what is new look landed.
//
// Where it is asked what one commit reaches of another, [Repo.Reaches], the graph is believed, as Git believes it. It
// lies in the object directories of the repository, where no push writes. A branch that by its word lacks its old
// value, or what was adopted, is looked at once more without it, by [Repo.ReachesSurely]: the file may be damaged.
type lineages struct {
	objects *objects
	graph   *commitgraph.Graph

	steps    atomic.Int64 // of walks, so far
	excluded excluded

	mu      sync.Mutex
	known   linkStore
	graphed map[ID]commitgraph.Commit
}

// What is kept of commits between two walks. The graph can be asked again at little cost.
const (
	maxLineages = 200_000
	maxGraphed  = 20_000
)

// newLineages gives those of a store. The graph may be nil.
func newLineages(o *objects, graph *commitgraph.Graph) *lineages {
	return &lineages{
		objects: o, graph: graph, graphed: make(map[ID]commitgraph.Commit),
	}
}

// forget makes room before a walk, or after one.
func (l *lineages) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.known.commits) > maxLineages {
		l.known = linkStore{}
	}
	if len(l.graphed) > maxGraphed {
		l.graphed = make(map[ID]commitgraph.Commit)
	}
}

// linksOf reads a commit's links; see [parseLinks].
func (l *lineages) linksOf(ctx context.Context, id ID) (links, error) {
	l.mu.Lock()
	known, ok := l.known.get(id)
	l.mu.Unlock()
	if ok {
		return known, nil
	}
	if err := ctx.Err(); err != nil {
		return links{}, fmt.Errorf("%w: %w", ErrUnreadable, context.Cause(ctx))
	}
	head, err := l.objects.small(id, "commit", maxLinks, bound{most: math.MaxInt64})
	if err != nil {
		return links{}, err
	}
	read, err := parseLinks(id, head)
	if err != nil {
		return links{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.known.put(id, read), nil
}

// inGraph gives what the commit-graph says of a commit; false for nothing.
func (l *lineages) inGraph(id ID) (commitgraph.Commit, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.graphed[id]
	if !ok {
		if c, ok = l.graph.Lookup(id); ok {
			l.graphed[id] = c
		}
	}
	return c, ok
}

// age says when a walk comes to a commit, which is read for it where the graph doesn't know it.
func (l *lineages) age(ctx context.Context, id ID) (age, error) {
	if c, ok := l.inGraph(id); ok {
		return age{c.Level, c.When}, nil
	}
	read, err := l.linksOf(ctx, id)
	return age{unknownLevel, read.when}, err
}

// peel gives the commit that an id leads to; false where it leads to another object.
func (l *lineages) peel(ctx context.Context, id ID) (ID, bool, error) {
	l.mu.Lock()
	_, known := l.known.index[id]
	l.mu.Unlock()
	if known {
		return id, true, nil
	}
	return commitBehind(ctx, claims{l.objects}, id)
}

// age is the level of a commit and its committer's date. Both are hints in which order to walk.
type age struct {
	level uint32 // unknownLevel for what isn't in the graph
	when  int64
}

// unknownLevel is above all levels.
const unknownLevel = math.MaxUint32

// aged is a commit with its age, and youngest a heap of them with the highest level and the newest on top.
type aged struct {
	id ID
	age
}

type youngest []aged

func (y youngest) Len() int      { return len(y) }
func (y youngest) Swap(i, j int) { y[i], y[j] = y[j], y[i] }
func (y *youngest) Push(x any)   { *y = append(*y, x.(aged)) }

func (y youngest) Less(i, j int) bool {
	if y[i].level != y[j].level {
		return y[i].level > y[j].level
	}
	return y[i].when > y[j].when
}

func (y *youngest) Pop() any {
	last := (*y)[len(*y)-1]
	*y = slices.Delete(*y, len(*y)-1, len(*y))
	return last
}

// fromNot says that one of the excluded tips reaches a commit, fromTip that the tip does.
const (
	fromTip = 1 << iota
	fromNot
)

// frontier is a walk that looks for what is new.
type frontier struct {
	*lineages
	met   map[ID]reached
	order []ID // of the commits that were passed as new
	queue youngest
	open  int // queued commits that look new, or did when they were passed
}

// reached says from where a commit is reached.
type reached struct {
	marks  uint8
	passed uint8 // the marks that were handed on to the parents
}

// isOpen says whether what follows from the commit, if it is queued, must be known: it looks new, or its ancestors do
// because of it.
func (r reached) isOpen() bool { return r.marks == fromTip || r.passed == fromTip }

// age is that of [lineages], of which nothing is kept: this walk asks for most commits once.
func (f *frontier) age(ctx context.Context, id ID) (age, error) {
	if level, when, ok := f.graph.Age(id); ok {
		return age{level, when}, nil
	}
	read, err := f.linksOf(ctx, id)
	return age{unknownLevel, read.when}, err
}

// maxAstray is how many commits that have landed may look new at first, because of odd dates.
const maxAstray = 500_000

// newCommits gives what the tip reaches and none of not, in no order. It goes down from both until nothing that looks
// new is in sight, and then makes sure: behind commits with old dates, what has long landed looks new. If any does, so
// does one without parents among them; a walk that isn't misled is asked about those, and about all if one of them
// has landed.
func (l *lineages) newCommits(ctx context.Context, tip ID, not []ID, limit int) ([]node, error) {
	f := &frontier{lineages: l, met: make(map[ID]reached)}
	var known []ID
	for _, id := range not {
		commit, ok, err := l.peel(ctx, id)
		if err != nil {
			return nil, err
		}
		if ok { // else it reaches no commit
			known = append(known, commit)
		}
	}
	if _, err := l.linksOf(ctx, tip); err != nil {
		return nil, err
	}
	if reached := l.excluded.by(ctx, l, known); reached != nil {
		return l.newBeside(ctx, tip, known, reached, limit)
	}
	before := l.steps.Load()
	defer func() { l.excluded.walked(known, l.steps.Load()-before) }()
	for _, id := range known {
		if err := f.mark(ctx, id, fromNot); err != nil {
			return nil, err
		}
	}
	if err := f.mark(ctx, tip, fromTip); err != nil {
		return nil, err
	}
	for f.open > 0 {
		if len(f.order) > limit+maxAstray {
			return nil, tooManyCommits(limit)
		}
		if err := f.pass(ctx); err != nil {
			return nil, err
		}
	}
	nodes, err := f.nodes(ctx)
	if err == nil {
		nodes, err = l.reallyNew(ctx, nodes, known)
	}
	if len(nodes) > limit {
		return nil, tooManyCommits(limit)
	}
	return nodes, err
}

func tooManyCommits(limit int) error {
	return exceeds("commits", "more than %d new commits; the limit is commits", limit)
}

// mark notes from where a commit is reached, and queues it if that is news.
func (f *frontier) mark(ctx context.Context, id ID, with uint8) error {
	r := f.met[id]
	if r.marks|with == r.marks {
		return nil
	}
	queued := r.marks != r.passed
	if queued && r.isOpen() {
		f.open--
	}
	if !queued {
		a, err := f.age(ctx, id)
		if err != nil {
			return err
		}
		heap.Push(&f.queue, aged{id, a})
	}
	if r.marks |= with; r.isOpen() {
		f.open++
	}
	f.met[id] = r
	return nil
}

// pass hands the marks of the youngest commit on to its parents.
func (f *frontier) pass(ctx context.Context) error {
	f.steps.Add(1)
	id := heap.Pop(&f.queue).(aged).id
	r := f.met[id]
	if r.isOpen() {
		f.open--
	}
	if r.marks == fromTip {
		f.order = append(f.order, id)
	}
	r.passed = r.marks
	f.met[id] = r
	l, err := f.linksOf(ctx, id)
	if err != nil {
		return err
	}
	for _, parent := range l.parents {
		if err := f.mark(ctx, parent, r.passed); err != nil {
			return err
		}
	}
	return nil
}

// nodes gives what still looks new.
func (f *frontier) nodes(ctx context.Context) ([]node, error) {
	var nodes []node
	for _, id := range f.order {
		if f.met[id].marks != fromTip {
			continue
		}
		l, err := f.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node{id, l.parents})
	}
	return nodes, nil
}

// reallyNew leaves out commits that one of not reaches after all.
func (l *lineages) reallyNew(ctx context.Context, nodes []node, not []ID) ([]node, error) {
	in := make(map[ID]bool, len(nodes))
	for _, n := range nodes {
		in[n.id] = true
	}
	var bottoms, all []ID
	for _, n := range nodes {
		all = append(all, n.id)
		if !slices.ContainsFunc(n.parents, func(p ID) bool { return in[p] }) {
			bottoms = append(bottoms, n.id)
		}
	}
	if len(bottoms) == 0 {
		return nodes, nil
	}
	starts := make([]start, len(not))
	for i, id := range not {
		starts[i] = start{commit: id} // it matters not which one reaches what
	}
	by, err := l.surelyReachedBy(ctx, starts, bottoms)
	if err != nil || !slices.ContainsFunc(by, func(b bits) bool { return len(b) > 0 }) {
		return nodes, err
	}
	if by, err = l.surelyReachedBy(ctx, starts, all); err != nil {
		return nil, err
	}
	kept := nodes[:0]
	for i, n := range nodes {
		if len(by[i]) == 0 {
			kept = append(kept, n)
		}
	}
	return kept, nil
}

func (l *lineages) FirstParents(ctx context.Context, tip ID, stop func(ID) bool) ([]ID, error) {
	l.forget()
	var line []ID
	for id := tip; ; {
		read, err := l.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if line = append(line, id); stop(id) || len(read.parents) == 0 {
			return line, nil
		}
		id = read.parents[0]
	}
}
