package history

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
)

// linksOf reads a commit's links; see [parseLinks].
func (g *goGit) linksOf(ctx context.Context, id ID) (links, error) {
	if known, ok := g.links[id]; ok {
		return known, nil
	}
	if err := ctx.Err(); err != nil {
		return links{}, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	head, _, err := g.objects.head(id, "commit", maxLinks, bound{most: math.MaxInt64})
	if err != nil {
		return links{}, err
	}
	l, err := parseLinks(id, head)
	if err != nil {
		return links{}, err
	}
	g.links[id] = l
	return l, nil
}

// ancestors gives what the tips reach, themselves included.
func (g *goGit) ancestors(ctx context.Context, tips []ID) (map[ID]struct{}, error) {
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
			return nil, exceeds("commits", "more than %d new commits", g.limits.Commits)
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
	known, err := g.ancestors(ctx, r.Not)
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
		return Entry{}, exceeds("parents", "commit %s has %d parents, %d are allowed", id, len(c.Parents), g.limits.Parents)
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
		if changes, err = compareMerge(ctx, g, &c, g.limits, &budget{math.MaxInt64, math.MaxInt64},
			g.merged.of(r)); err != nil {
			return Entry{}, inCommit(id, err)
		}
	}
	if changes, err = g.inspected(changes); err != nil {
		return Entry{}, inCommit(id, err)
	}
	e := Entry{Commit: c, Changes: changes, Malformed: malformed}
	if malformed != nil {
		e.Tree = ID{} // as git's reader leaves it
	}
	if !r.Counted && malformed == nil {
		if e.Watched, err = g.watched(c.Tree); err != nil {
			return Entry{}, inCommit(id, err)
		}
	}
	return e, nil
}

// watched gives what is called so in a tree, zero for nothing.
func (g *goGit) watched(tree ID) (ID, error) {
	entries, err := g.trees.entriesOf(tree)
	for _, e := range entries {
		if e.name == g.watch {
			return e.id, err
		}
	}
	return ID{}, err
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
		head, size, err := g.objects.head(c.New.ID, "blob", g.limits.Inspect, bound{"blob", g.limits.Blob})
		if err != nil {
			return nil, fmt.Errorf("%q: %w", c.Path, err)
		}
		changes[i].Size, changes[i].Traits = size, g.inspect(head, size)
	}
	return changes, nil
}

func inCommit(id ID, err error) error { return fmt.Errorf("commit %s: %w", id, err) }
