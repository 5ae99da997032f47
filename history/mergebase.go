package history

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// links are what a commit points to, and its committer date: all that walking needs.
type links struct {
	tree    ID
	parents []ID
	when    int64 // committer date, 0 where it can't be read
}

// linkStore keeps the links of many commits. It has no pointers but those to its lists, or the collector of garbage
// would go through a hundred thousand of them again and again. The zero value is empty.
type linkStore struct {
	index   map[ID]uint32 // in commits
	commits []storedLinks
	parents []ID // of all
}

type storedLinks struct {
	tree  ID
	when  int64
	first uint32 // where its parents begin; they end where the next one's begin
}

// get gives the links of a commit; false if they aren't there. Nobody may change them.
func (s *linkStore) get(id ID) (links, bool) {
	i, ok := s.index[id]
	if !ok {
		return links{}, false
	}
	return s.at(i), true
}

func (s *linkStore) at(i uint32) links {
	end := len(s.parents)
	if int(i)+1 < len(s.commits) {
		end = int(s.commits[i+1].first)
	}
	c := s.commits[i]
	return links{c.tree, s.parents[c.first:end:end], c.when}
}

// put keeps the links of a commit, and gives them as they are kept.
func (s *linkStore) put(id ID, l links) links {
	if known, ok := s.get(id); ok {
		return known
	}
	if s.index == nil {
		s.index = make(map[ID]uint32)
	}
	i := uint32(len(s.commits))
	s.index[id] = i
	s.commits = append(s.commits, storedLinks{l.tree, l.when, uint32(len(s.parents))})
	s.parents = append(s.parents, l.parents...)
	return s.at(i)
}

// maxLinks bounds the bytes in which a commit's tree, parents and dates must stand: 20,000 parents.
const maxLinks = 1 << 20

// parseLinks reads the head of a commit as parse_commit_buffer in git's commit.c does: the tree line, the parent
// lines right after it, and the date of the committer line, which is 0 where there is none. Walking over what was
// accepted long ago asks for no more grammar than git does; what is new goes through ParseCommit as well.
func parseLinks(id ID, head []byte) (links, error) {
	var l links
	line, rest, _ := bytes.Cut(head, []byte("\n"))
	hex, _ := bytes.CutPrefix(line, []byte("tree "))
	var err error
	if l.tree, err = ParseID(string(hex)); err != nil {
		return links{}, fmt.Errorf("%w: commit %s names no tree: %w", ErrUnreadable, id, err)
	}
	for {
		line, rest, _ = bytes.Cut(rest, []byte("\n"))
		hex, isParent := bytes.CutPrefix(line, []byte("parent "))
		if !isParent {
			break
		}
		parent, err := ParseID(string(hex))
		if err != nil {
			return links{}, fmt.Errorf("%w: commit %s names a parent badly: %w", ErrUnreadable, id, err)
		}
		l.parents = append(l.parents, parent)
	}
	l.when = committed(head)
	return l, nil
}

// committed reads the date of a commit's header, 0 where it can't be read.
func committed(head []byte) int64 {
	_, rest, found := bytes.Cut(head, []byte("\ncommitter "))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	fields := bytes.Fields(line)
	if !found || len(fields) < 2 {
		return 0
	}
	when, err := strconv.ParseInt(string(fields[len(fields)-2]), 10, 64)
	if err != nil {
		return 0
	}
	return when
}

// What is known to reach a commit: one of two, the other, or an ancestor of both.
const (
	byFirst = 1 << iota
	bySecond
	beneath
)

// painted is what paint knows of a commit.
type painted struct {
	by     uint8
	queued bool // to pass that on
}

// paint gives the common ancestors of two commits, but for those below others that it met, and what it met. It goes
// down by date, newest first, to what both share, as paint_down_to_common in git's commit-reach.c does without a
// commit-graph. Where dates go backwards it gives more than the best; it never misses one.
func paint(
	ctx context.Context, a, b ID, linksOf func(context.Context, ID) (links, error),
) (found []ID, met map[ID]*painted, err error) {
	met = make(map[ID]*painted)
	queue := &youngest{}
	open := 0 // queued and not beneath
	mark := func(id ID, by uint8) error {
		m := met[id]
		if m == nil {
			m = new(painted)
			met[id] = m
		}
		if m.by|by == m.by {
			return nil
		}
		if m.queued && m.by&beneath == 0 {
			open--
		}
		if m.by |= by; m.by&beneath == 0 {
			open++
		}
		if m.queued {
			return nil
		}
		m.queued = true
		l, err := linksOf(ctx, id)
		heap.Push(queue, aged{id, age{when: l.when}})
		return err
	}
	if err := errors.Join(mark(a, byFirst), mark(b, bySecond)); err != nil {
		return nil, nil, err
	}
	for open > 0 {
		id := heap.Pop(queue).(aged).id
		m := met[id]
		m.queued = false
		if m.by&beneath == 0 {
			open--
		}
		by := m.by
		if by == byFirst|bySecond {
			found = append(found, id)
			by |= beneath
		}
		l, err := linksOf(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		for _, parent := range l.parents {
			if err := mark(parent, by); err != nil {
				return nil, nil, err
			}
		}
	}
	slices.SortFunc(found, ID.Compare)
	return slices.DeleteFunc(found, func(id ID) bool { return met[id].by&beneath != 0 }), met, nil
}

// Bases gives the best common ancestors of two commits: those that no other reaches. None means that the histories
// have nothing in common.
func (l *lineages) Bases(ctx context.Context, a, b ID) ([]ID, error) {
	found, _, err := paint(ctx, a, b, l.linksOf)
	if err != nil {
		return nil, err
	}
	return l.best(ctx, found)
}

// best leaves out of commits those that another reaches.
func (l *lineages) best(ctx context.Context, found []ID) ([]ID, error) {
	if len(found) < 2 {
		return found, nil
	}
	by, err := l.amongThemselves(ctx, found)
	if err != nil {
		return nil, err
	}
	var best []ID
	for i, id := range found {
		if by[i].count() == 1 {
			best = append(best, id)
		}
	}
	return best, nil
}

// amongThemselves says for each of some commits which of them reach it, itself included. No commit-graph is believed.
func (l *lineages) amongThemselves(ctx context.Context, commits []ID) ([]bits, error) {
	starts := make([]start, len(commits))
	for i, id := range commits {
		starts[i] = start{id, i}
	}
	by, _, err := l.walk(ctx, starts, commits, false)
	return by, err
}

// meeting finds the best common ancestors of the commits of one range. Of the landed commits that new ones are built
// on it asks once which reach which. Then each two are looked at in a history without what lies between: the new
// commits, and those landed ones, each linked to the next of them that it reaches. So a hundred merges of topics that
// began far below the tip cost one walk down there.
type meeting struct {
	*lineages
	course *course // of the new commits

	once  sync.Once
	outer map[ID]links // landed commits as they are linked there; nil where there are too many
	err   error        // of finding these
}

func (m *meeting) bases(ctx context.Context, a, b ID) ([]ID, error) {
	if found, ok := m.course.bases(a, b); ok {
		return found, nil
	}
	m.once.Do(func() { m.outer, m.err = m.link(ctx) })
	if m.err != nil {
		return nil, m.err
	}
	found, met, err := paint(ctx, a, b, m.linked)
	if err != nil {
		return nil, err
	}
	var apart uint8
	for id := range m.outer {
		if p := met[id]; p != nil && (p.by == byFirst || p.by == bySecond) {
			apart |= p.by
		}
	}
	if apart == byFirst|bySecond { // what both reach may lie in between
		return m.Bases(ctx, a, b)
	}
	return m.best(ctx, found)
}

// linked gives what a commit points to in that history.
func (m *meeting) linked(ctx context.Context, id ID) (links, error) {
	if l, landed := m.outer[id]; landed {
		return l, nil
	}
	return m.linksOf(ctx, id)
}

// link links the landed commits that new ones are built on to one another.
func (m *meeting) link(ctx context.Context) (map[ID]links, error) {
	var outer []ID
	linked := make(map[ID]links)
	for i, id := range m.course.ids {
		if !slices.Contains(m.course.parentsOf(int32(i)), outside) {
			continue
		}
		n, err := m.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		for _, p := range n.parents {
			_, isNew := m.course.index[p]
			if _, known := linked[p]; known || isNew {
				continue
			}
			l, err := m.linksOf(ctx, p)
			if err != nil {
				return nil, err
			}
			linked[p] = links{when: l.when}
			outer = append(outer, p)
		}
		if len(outer) > maxBelow {
			return nil, nil
		}
	}
	by, err := m.amongThemselves(ctx, outer)
	if err != nil {
		return nil, err
	}
	for i, id := range outer {
		nearest := by[i].without(bits(nil).with(i))
		for j := range outer {
			if j != i && by[i].has(j) {
				nearest = nearest.without(by[j].without(bits(nil).with(j)))
			}
		}
		for j, from := range outer {
			if nearest.has(j) {
				l := linked[from]
				l.parents = append(l.parents, id)
				linked[from] = l
			}
		}
	}
	return linked, nil
}
