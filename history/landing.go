package history

import (
	"fmt"
	"slices"
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
