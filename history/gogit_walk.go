package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"strings"
)

// links are what a commit points to: all that walking and comparing trees need.
type links struct {
	tree    ID
	parents []ID
}

// maxLinks bounds the bytes in which a commit's tree and parents must stand: 20,000 parents.
const maxLinks = 1 << 20

// linksOf reads a commit's links as parse_commit_buffer in git's commit.c does: the tree line and
// the parent lines right after it. Walking over what was accepted long ago asks for no more grammar
// than git does; what is new goes through ParseCommit as well.
func (g *goGit) linksOf(ctx context.Context, id ID) (links, error) {
	if known, ok := g.links[id]; ok {
		return known, nil
	}
	if err := ctx.Err(); err != nil {
		return links{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	head, _, err := g.objects.head(id, "commit", maxLinks, math.MaxInt64)
	if err != nil {
		return links{}, err
	}
	var l links
	line, rest, _ := strings.Cut(string(head), "\n")
	hex, _ := strings.CutPrefix(line, "tree ")
	if l.tree, err = ParseID(hex); err != nil {
		return links{}, fmt.Errorf("%w: commit %s names no tree: %w", ErrUnreadable, id, err)
	}
	for {
		line, rest, _ = strings.Cut(rest, "\n")
		hex, isParent := strings.CutPrefix(line, "parent ")
		if !isParent {
			break
		}
		parent, err := ParseID(hex)
		if err != nil {
			return links{}, fmt.Errorf("%w: commit %s names a parent badly: %w", ErrUnreadable, id, err)
		}
		l.parents = append(l.parents, parent)
	}
	g.links[id] = l
	return l, nil
}

// ancestors gives what the tips reach, themselves included. It stops early once all of the wanted
// are found, if there are any.
func (g *goGit) ancestors(ctx context.Context, tips, wanted []ID) (map[ID]struct{}, error) {
	missing := map[ID]struct{}{}
	for _, id := range wanted {
		missing[id] = struct{}{}
	}
	reached := map[ID]struct{}{}
	for queue := append([]ID(nil), tips...); len(queue) > 0; {
		id := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		if _, ok := reached[id]; ok {
			continue
		}
		l, err := g.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		reached[id] = struct{}{}
		if delete(missing, id); len(wanted) > 0 && len(missing) == 0 {
			break
		}
		queue = append(queue, l.parents...)
	}
	return reached, nil
}

// newCommits gives what the tip reaches and known doesn't hold, parents before children.
func (g *goGit) newCommits(ctx context.Context, tip ID, known map[ID]struct{}) ([]node, error) {
	type step struct {
		id   ID
		done bool // the parents are in
	}
	var nodes []node
	seen := map[ID]struct{}{}
	for stack := []step{{id: tip}}; len(stack) > 0; {
		at := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if at.done {
			nodes = append(nodes, node{id: at.id, parents: g.links[at.id].parents})
			continue
		}
		if _, ok := known[at.id]; ok {
			continue
		}
		if _, ok := seen[at.id]; ok {
			continue
		}
		if seen[at.id] = struct{}{}; len(seen) > g.limits.Commits {
			return nil, fmt.Errorf("%w: more than %d new commits", ErrLimit, g.limits.Commits)
		}
		l, err := g.linksOf(ctx, at.id)
		if err != nil {
			return nil, err
		}
		stack = append(stack, step{id: at.id, done: true})
		for _, parent := range l.parents {
			stack = append(stack, step{id: parent})
		}
	}
	return nodes, nil
}

func (g *goGit) FirstParents(ctx context.Context, tip ID, stop func(ID) bool) ([]ID, error) {
	var line []ID
	for id := tip; ; {
		l, err := g.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		if line = append(line, id); stop(id) || len(l.parents) == 0 {
			return line, nil
		}
		id = l.parents[0]
	}
}

func (g *goGit) Reaches(ctx context.Context, tip ID, ids []ID) ([]bool, error) {
	for _, id := range ids {
		if _, err := g.linksOf(ctx, id); err != nil {
			return nil, err
		}
	}
	reached, err := g.ancestors(ctx, []ID{tip}, ids)
	if err != nil {
		return nil, err
	}
	answers := make([]bool, len(ids))
	for i, id := range ids {
		_, answers[i] = reached[id]
	}
	return answers, nil
}

func (g *goGit) Landings(ctx context.Context, r Range) iter.Seq2[Landing, error] {
	return func(yield func(Landing, error) bool) {
		plans, err := g.plan(ctx, r)
		if err != nil {
			yield(Landing{}, err)
			return
		}
		for _, p := range plans {
			landing, err := g.landing(ctx, p, r)
			if err != nil {
				landing = Landing{}
			}
			if !yield(landing, err) || err != nil {
				return
			}
		}
	}
}

// plan says which commits are new and which landing commit brought each.
func (g *goGit) plan(ctx context.Context, r Range) ([]plan, error) {
	known, err := g.ancestors(ctx, r.Not, nil)
	if err != nil {
		return nil, err
	}
	nodes, err := g.newCommits(ctx, r.Tip, known)
	if err != nil || len(nodes) == 0 {
		return nil, err
	}
	return planLandings(r.Tip, nodes)
}

// landing reads a landing commit and what it brought.
func (g *goGit) landing(ctx context.Context, p plan, r Range) (landing Landing, err error) {
	for _, n := range p.brought {
		brought, err := g.entry(ctx, n.id, r)
		if err != nil {
			return Landing{}, err
		}
		landing.Brought = append(landing.Brought, brought)
	}
	landing.Commit, err = g.entry(ctx, p.landing.id, r)
	return landing, err
}

// entry reads a commit and compares its tree with each parent's, or with nothing.
func (g *goGit) entry(ctx context.Context, id ID, r Range) (Entry, error) {
	c, err := g.Commit(ctx, id)
	var malformed error
	if (r.Counted || r.Landed) && errors.Is(err, ErrMalformed) {
		var l links
		malformed = err
		l, err = g.linksOf(ctx, id)
		c = Commit{ID: id, Tree: l.tree, Parents: l.parents}
	}
	if err != nil {
		return Entry{}, err
	}
	if len(c.Parents) > g.limits.Parents {
		return Entry{}, fmt.Errorf("%w: commit %s has %d parents, %d are allowed", ErrLimit, id, len(c.Parents), g.limits.Parents)
	}
	trees := []ID{{}}
	if len(c.Parents) > 0 {
		trees = trees[:0]
	}
	for _, parent := range c.Parents {
		l, err := g.linksOf(ctx, parent)
		if err != nil {
			return Entry{}, inCommit(id, err)
		}
		trees = append(trees, l.tree)
	}
	sides := make([][]pathChange, len(trees))
	for i, tree := range trees {
		sides[i], err = g.trees.diff(ctx, tree, c.Tree)
		if r.Landed && errors.Is(err, ErrMalformed) { // a folder
			return Entry{Commit: c, Malformed: inCommit(id, err)}, nil
		}
		if err != nil {
			return Entry{}, inCommit(id, err)
		}
	}
	changes := differing(sides)
	if len(sides) > 1 && !r.Counted && malformed == nil {
		if changes, err = g.own(ctx, &c, sides); err != nil {
			return Entry{}, inCommit(id, err)
		}
	}
	if changes, err = g.inspected(changes); err != nil {
		return Entry{}, inCommit(id, err)
	}
	return Entry{Commit: c, Changes: changes, Malformed: malformed}, nil
}

// inspected adds size and traits to the changes that leave a blob behind.
func (g *goGit) inspected(changes []Change) ([]Change, error) {
	if g.inspect == nil {
		return changes, nil
	}
	for i, c := range changes {
		switch c.New.Mode {
		case ModeAbsent, ModeSubmodule:
			continue
		}
		head, size, err := g.objects.head(c.New.ID, "blob", g.limits.Inspect, g.limits.Blob)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", c.Path, err)
		}
		changes[i].Size, changes[i].Traits = size, g.inspect(head, size)
	}
	return changes, nil
}

func inCommit(id ID, err error) error { return fmt.Errorf("commit %s: %w", id, err) }
