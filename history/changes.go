package history

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// endOfBatch is a line that git diff-tree --stdin, finding no object name in it, writes back
// unchanged and flushes (builtin/diff-tree.c): it frames the answers.
const endOfBatch = "end\n"

// rawDiff reads one answer of diff-tree --stdin --raw -z --always: the commit's id and NUL, then a
// record a path (git-diff-tree(1), Raw output format). A combined diff has a colon and a side more
// for each further parent. Trees that changed are given apart, their new states only.
func (p *process) rawDiff(id ID, limit int) (changes []Change, trees []treeAt, err error) {
	head, err := p.out.ReadString(0)
	if err != nil {
		return nil, nil, p.failed(err)
	}
	if strings.TrimSuffix(head, "\x00") != id.String() {
		return nil, nil, fmt.Errorf("%w: git diff-tree answered %.80q when asked for %s", ErrUnreadable, head, id)
	}
	for {
		next, err := p.out.Peek(1)
		if err != nil {
			return nil, nil, p.failed(err)
		}
		if next[0] != ':' {
			return changes, trees, nil
		}
		if len(changes) == limit {
			return nil, nil, fmt.Errorf("%w: commit %s changes more than %d paths; the limit is changes", ErrLimit, id, limit)
		}
		sides, err := p.out.ReadString(0)
		if err != nil {
			return nil, nil, p.failed(err)
		}
		path, err := p.out.ReadString(0)
		if err != nil {
			return nil, nil, p.failed(err)
		}
		c, err := parseRaw(strings.TrimSuffix(sides, "\x00"))
		if err != nil {
			return nil, nil, fmt.Errorf("%w: git diff-tree printed %.200q for %s: %w", ErrUnreadable, sides, id, err)
		}
		c.Path = strings.TrimSuffix(path, "\x00")
		if c.New.Mode == ModeTree {
			trees = append(trees, treeAt{c.New.ID, c.Path})
			c.New = Side{}
		}
		for i, old := range c.Old {
			if old.Mode == ModeTree {
				c.Old[i] = Side{}
			}
		}
		if c.New != (Side{}) || slices.ContainsFunc(c.Old, func(s Side) bool { return s != Side{} }) {
			changes = append(changes, c)
		}
	}
}

// treeAt is a tree, and where it stands in a commit.
type treeAt struct {
	id   ID
	path string
}

// batchEnd reads the frame's end.
func (p *process) batchEnd() error {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return p.failed(err)
	}
	if line != endOfBatch {
		return fmt.Errorf("%w: git diff-tree printed %.80q after its answer", ErrUnreadable, line)
	}
	return nil
}

// parseRaw reads ":mode… mode id… id status" with one old side a colon.
func parseRaw(s string) (Change, error) {
	rest := strings.TrimLeft(s, ":")
	n := len(s) - len(rest)
	fields := strings.Split(rest, " ")
	if n < 1 || len(fields) != 2*(n+1)+1 {
		return Change{}, fmt.Errorf("want modes, ids and a status for %d parents", n)
	}
	sides := make([]Side, n+1)
	for i := range sides {
		mode, err := strconv.ParseUint(fields[i], 8, 32)
		if err != nil {
			return Change{}, err
		}
		id, err := ParseID(fields[n+1+i])
		if err != nil {
			return Change{}, err
		}
		sides[i] = Side{Mode: Mode(mode), ID: id}
	}
	return Change{Old: sides[:n:n], New: sides[n]}, nil
}

// writeRequests asks diff-tree for all that a plan needs.
func (p plan) writeRequests(w io.Writer) error {
	var b strings.Builder
	for _, n := range p.brought {
		fmt.Fprintln(&b, n.id)
	}
	fmt.Fprintln(&b, p.landing.id)
	if len(p.landing.parents) > 1 {
		fmt.Fprintln(&b, p.landing.id, p.landing.parents[0])
	}
	b.WriteString(endOfBatch)
	_, err := io.WriteString(w, b.String())
	return err
}

// mergeChanges gives a landing merge's own changes: see [Entry]. Combined is what differs from every
// parent, first what differs from the first; others gives what differs from a further parent, and is
// only called where it can matter.
//
// What differs from a parent is explained if commits beside that parent, brought in by another,
// changed its entry away and the merge's entry into being. A commit the parent itself reaches
// explains nothing: its work is in the parent's entry already. So a fix that was made, unmade and
// made again is still a fix, and a merge that drops it is not explained by the unmaking.
func mergeChanges(parents []ID, combined, first []Change, brought []Entry, others func(parent int) ([]Change, error)) ([]Change, error) {
	own := slices.Clone(combined)
	isOwn := make(map[string]bool, len(own))
	for _, c := range own {
		isOwn[c.Path] = true
	}
	all := broughtSides(brought)
	inFirst := make(map[string]Side, len(first))
	for _, c := range first {
		inFirst[c.Path] = c.New
		if !isOwn[c.Path] && !all.explain(c) {
			own, isOwn[c.Path] = append(own, c), true
		}
	}
	for k := 1; k < len(parents); k++ {
		within, beside := reachedBy(parents[k], brought)
		in, out := broughtSides(within), broughtSides(beside)
		// Where a path took one state alone, and the merge has that, the parent can't differ.
		if !slices.ContainsFunc(slices.Collect(maps.Keys(in.news)), func(path string) bool {
			merged, differs := inFirst[path]
			return !isOwn[path] && (!differs || len(in.news[path]) > 1 || !in.news[path][merged])
		}) {
			continue
		}
		diff, err := others(k)
		if err != nil {
			return nil, err
		}
		for _, c := range diff {
			if !isOwn[c.Path] && in.news[c.Path][c.Old[0]] && !out.explain(c) {
				own, isOwn[c.Path] = append(own, c), true
			}
		}
	}
	return sortChanges(own), nil
}

// reachedBy parts the commits a merge brings in, parents before children, into those that a parent
// reaches and the others.
func reachedBy(parent ID, brought []Entry) (within, beside []Entry) {
	reached := map[ID]bool{parent: true}
	for i := len(brought) - 1; i >= 0; i-- {
		if !reached[brought[i].ID] {
			beside = append(beside, brought[i])
			continue
		}
		within = append(within, brought[i])
		for _, p := range brought[i].Parents {
			reached[p] = true
		}
	}
	return within, beside
}

// sides are, by path, the states that commits changed from and to.
type sides struct{ olds, news map[string]map[Side]bool }

// explain says whether one of the commits changed a path's old entry away, and one made its new one.
func (s sides) explain(c Change) bool { return s.olds[c.Path][c.Old[0]] && s.news[c.Path][c.New] }

func broughtSides(brought []Entry) sides {
	s := sides{olds: make(map[string]map[Side]bool), news: make(map[string]map[Side]bool)}
	add := func(m map[string]map[Side]bool, path string, side Side) {
		if m[path] == nil {
			m[path] = make(map[Side]bool)
		}
		m[path][side] = true
	}
	for i := range brought {
		for _, c := range brought[i].Changes {
			for _, old := range c.Old {
				add(s.olds, c.Path, old)
			}
			add(s.news, c.Path, c.New)
		}
	}
	return s
}

func sortChanges(cs []Change) []Change {
	slices.SortFunc(cs, func(a, b Change) int { return cmp.Compare(a.Path, b.Path) })
	return cs
}
