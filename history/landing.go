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

// planLandings sorts the commits of a range, given in any order, into the landings of the tip's
// first-parent line, oldest first. A commit belongs to the first landing that reaches it; what a
// landing brings is ordered depth first in the order of parents, parents before children, so that
// the order depends on the history alone.
func planLandings(tip ID, nodes []node) (*course, error) {
	in := make(map[ID]int32, len(nodes))
	for i, n := range nodes {
		in[n.id] = int32(i)
	}
	var line []int32
	for id := tip; ; {
		i, ok := in[id]
		if !ok {
			break
		}
		if line = append(line, i); len(line) > len(nodes) {
			return nil, fmt.Errorf("%w: %s is its own ancestor", ErrUnreadable, tip)
		}
		if len(nodes[i].parents) == 0 {
			break
		}
		id = nodes[i].parents[0]
	}
	if len(line) == 0 && len(nodes) > 0 {
		return nil, fmt.Errorf("%w: %s is no commit", ErrUnreadable, tip)
	}
	slices.Reverse(line)
	placed := make([]bool, len(nodes))
	for _, i := range line {
		placed[i] = true
	}
	type step struct {
		node int32
		next int
	}
	order, with := make([]int32, 0, len(nodes)), make([]int32, 0, len(nodes))
	for landing, i := range line {
		for stack := []step{{i, 0}}; len(stack) > 0; {
			top := &stack[len(stack)-1]
			n := nodes[top.node]
			if top.next == len(n.parents) {
				order, with = append(order, top.node), append(with, int32(landing))
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
	return newCourse(nodes, in, order, with), nil
}
