package history

import (
	"context"
	"math"
	"slices"
)

// excluded keeps what long walks from the same excluded commits have in common. A walk that looks for what is new may
// go down to the roots. Beside a hundred branches that part far below one another a hundred walks do, and all find what
// the same commits reach. So the second of them keeps that, and those after it look it up.
type excluded struct {
	from    []ID // the excluded commits of the last long walk
	reached set  // what they reach; nil before that is known
	never   bool // it is too much, or can't be read
}

const (
	// longWalk is how many steps of a walk are worth to be taken once for all.
	longWalk = 2_000
	// maxExcluded bounds how many commits are kept that others reach: some 40 MiB.
	maxExcluded = 500_000
)

// set is a set of commits.
type set map[ID]struct{}

func (s set) has(id ID) bool {
	_, is := s[id]
	return is
}

// by gives what is known to be reached by some of the excluded commits; nil for nothing.
func (e *excluded) by(ctx context.Context, l *lineages, not []ID) set {
	if e.never || e.from == nil || !holdsAll(not, e.from) {
		return nil
	}
	if e.reached == nil {
		all := make(set)
		if l.descend(ctx, e.from, all, maxExcluded) != nil || len(all) > maxExcluded {
			e.never = true
			return nil
		}
		e.reached = all
	}
	return e.reached
}

// holdsAll says whether all of some commits are among others.
func holdsAll(others, some []ID) bool {
	in := make(set, len(others))
	for _, id := range others {
		in[id] = struct{}{}
	}
	return !slices.ContainsFunc(some, func(id ID) bool { return !in.has(id) })
}

// walked notes that a walk took some steps from excluded commits.
func (e *excluded) walked(not []ID, steps int64) {
	if steps > longWalk {
		e.from, e.reached = not, nil
	}
}

// newBeside gives what the tip reaches and none of not, in no order. What some of not reach is known. It is found
// without the commit-graph.
func (l *lineages) newBeside(ctx context.Context, tip ID, not []ID, known set, limit int) ([]node, error) {
	landed, isNew := make(set), make(set)
	err := l.descend(ctx, not, landed, math.MaxInt, known)
	if err == nil {
		err = l.descend(ctx, []ID{tip}, isNew, limit, known, landed)
	}
	if err != nil {
		return nil, err
	}
	if len(isNew) > limit {
		return nil, tooManyCommits(limit)
	}
	nodes := make([]node, 0, len(isNew))
	for id := range isNew {
		read, err := l.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		nodes = append(nodes, node{id, read.parents})
	}
	return nodes, nil
}

// descend adds to a set what some commits reach, but for what is in one of the others, each of which has all that its
// commits reach. It stops where there are more than most.
func (l *lineages) descend(ctx context.Context, from []ID, to set, most int, but ...set) error {
	for next := slices.Clone(from); len(next) > 0 && len(to) <= most; {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		if to.has(id) || slices.ContainsFunc(but, func(s set) bool { return s.has(id) }) {
			continue
		}
		read, err := l.linksOf(ctx, id)
		if err != nil {
			return err
		}
		l.steps.Add(1)
		to[id] = struct{}{}
		next = append(next, read.parents...)
	}
	return nil
}
