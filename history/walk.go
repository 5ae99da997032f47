package history

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
)

// node is a commit of a range, with its parents as Git counts them.
type node struct {
	id      ID
	parents []ID
}

// plan is a landing before it is read.
type plan struct {
	landing node
	brought []node
}

// planLandings sorts the commits of a range, given in any order, into the landings of the tip's
// first-parent line, oldest first. A commit belongs to the first landing that reaches it; what a
// landing brings is ordered depth first in the order of parents, parents before children, so that
// the order depends on the history alone.
func planLandings(tip ID, nodes []node) ([]plan, error) {
	in := make(map[ID]int, len(nodes))
	for i, n := range nodes {
		in[n.id] = i
	}
	var plans []plan
	for id := tip; ; {
		i, ok := in[id]
		if !ok {
			break
		}
		plans = append(plans, plan{landing: nodes[i]})
		if len(plans) > len(nodes) {
			return nil, fmt.Errorf("%w: %s is its own ancestor", ErrUnreadable, tip)
		}
		if len(nodes[i].parents) == 0 {
			break
		}
		id = nodes[i].parents[0]
	}
	if len(plans) == 0 && len(nodes) > 0 {
		return nil, fmt.Errorf("%w: %s is no commit", ErrUnreadable, tip)
	}
	slices.Reverse(plans)
	placed := make([]bool, len(nodes))
	for i := range plans {
		placed[in[plans[i].landing.id]] = true
	}
	type step struct{ node, next int }
	for i := range plans {
		p := &plans[i]
		stack := []step{{in[p.landing.id], 0}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			n := nodes[top.node]
			if top.next == len(n.parents) {
				if n.id != p.landing.id {
					p.brought = append(p.brought, n)
				}
				stack = stack[:len(stack)-1]
				continue
			}
			parent := n.parents[top.next]
			top.next++
			if j, ok := in[parent]; ok && !placed[j] {
				placed[j] = true
				stack = append(stack, step{j, 0})
			}
		}
	}
	return plans, nil
}

// nodes lists the commits of a range: rev-list --parents, parents before children.
func (r *gitRepo) nodes(ctx context.Context, rng Range) ([]node, error) {
	p, err := r.start(ctx, "rev-list", "--stdin", "--parents", "--topo-order", "--reverse",
		"--max-count="+number(r.limits.Commits+1))
	if err != nil {
		return nil, err
	}
	defer p.stop()
	go func() {
		var b strings.Builder
		fmt.Fprintln(&b, rng.Tip)
		for _, id := range rng.Not {
			fmt.Fprintf(&b, "^%s\n", id)
		}
		io.WriteString(p.in, b.String())
		p.in.Close()
	}()
	var nodes []node
	for {
		line, err := p.out.ReadString('\n')
		if err == io.EOF && line == "" {
			break
		}
		if err != nil {
			return nil, p.failed(err)
		}
		n, err := parseRevision(line)
		if err != nil {
			return nil, err
		}
		if len(nodes) == r.limits.Commits {
			return nil, exceeds("commits", "more than %d new commits; the limit is commits", r.limits.Commits)
		}
		nodes = append(nodes, n)
	}
	if err := p.finish(); err != nil {
		return nil, err
	}
	return r.reallyNew(ctx, nodes, rng.Not)
}

// reallyNew leaves out commits that an excluded tip reaches after all. rev-list looks at commits by date and
// gives up five commits after nothing new is in sight (SLOP in git's revision.c): behind some commits with
// old dates, what has long landed looks new again. If any does, so does one without parents in the range;
// a walk that isn't misled by dates is asked about those, and about all if one of them has landed.
func (r *gitRepo) reallyNew(ctx context.Context, nodes []node, not []ID) ([]node, error) {
	if len(not) == 0 {
		return nodes, nil
	}
	in := make(map[ID]bool, len(nodes))
	for _, n := range nodes {
		in[n.id] = true
	}
	var bottoms, all []ID
	for _, n := range nodes {
		all = append(all, n.id)
		if !slices.ContainsFunc(n.parents, func(p ID) bool { return in[p] }) &&
			(len(not) > 1 || !slices.Contains(n.parents, not[0])) { // a tip reaches no child of its own
			bottoms = append(bottoms, n.id)
		}
	}
	if len(bottoms) == 0 {
		return nodes, nil
	}
	known, err := r.lineages().reachedByAny(ctx, not, bottoms)
	if err != nil || !slices.Contains(known, true) {
		return nodes, err
	}
	if known, err = r.lineages().reachedByAny(ctx, not, all); err != nil {
		return nil, err
	}
	kept := nodes[:0]
	for i, n := range nodes {
		if !known[i] {
			kept = append(kept, n)
		}
	}
	return kept, nil
}

func (r *gitRepo) FirstParents(ctx context.Context, tip ID, stop func(ID) bool) ([]ID, error) {
	p, err := r.start(ctx, "rev-list", "--first-parent", tip.String())
	if err != nil {
		return nil, err
	}
	defer p.stop()
	p.in.Close()
	var line []ID
	for {
		text, err := p.out.ReadString('\n')
		if err == io.EOF && text == "" {
			return line, p.finish()
		}
		if err != nil {
			return nil, p.failed(err)
		}
		id, err := ParseID(strings.TrimSuffix(text, "\n"))
		if err != nil {
			return nil, fmt.Errorf("%w: git rev-list printed %.80q", ErrUnreadable, text)
		}
		line = append(line, id)
		if stop(id) {
			return line, nil
		}
	}
}
