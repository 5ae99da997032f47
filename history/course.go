package history

import (
	"container/heap"
	"slices"
)

// course is the order in which the commits of a range landed. By it the best common ancestors of most merges are found
// near them: a commit of the first-parent line reaches all that landed with it or before, and so nothing below it has
// to be looked at. In a long history with topics that began weeks before they landed, [paint] looks at all of these
// weeks.
//
// It has no pointers but those to its lists, and numbers in place of names: a history has a hundred thousand commits.
type course struct {
	ids     []ID         // of each landing in order, parents before children, the landing itself last
	index   map[ID]int32 // of each
	with    []int32      // by index: the number of the landing, from 0
	line    []int32      // by landing: the index of its commit
	parents []int32      // indexes of the parents of all, outside for what isn't of the range
	first   []int32      // by index: where its parents begin; and once more, where the last ones end
}

// outside is the index of what isn't of the range.
const outside = -1

// newCourse gives the course of nodes that landed in an order, each with a landing. Index says which is which, and is
// changed.
func newCourse(nodes []node, index map[ID]int32, order, with []int32) *course {
	c := &course{
		ids: make([]ID, 0, len(order)), index: index, with: with, first: make([]int32, 1, len(order)+1),
	}
	for _, of := range order {
		index[nodes[of].id] = int32(len(c.ids))
		c.ids = append(c.ids, nodes[of].id)
	}
	for i, of := range order {
		for _, p := range nodes[of].parents {
			at, known := index[p]
			if !known {
				at = outside
			}
			c.parents = append(c.parents, at)
		}
		c.first = append(c.first, int32(len(c.parents)))
		if i+1 == len(order) || with[i+1] != with[i] {
			c.line = append(c.line, int32(i))
		}
	}
	return c
}

// parentsOf gives the indexes of a commit's parents.
func (c *course) parentsOf(i int32) []int32 { return c.parents[c.first[i]:c.first[i+1]] }

// landing says whether a commit of an index is a landing, and not what one brought.
func (c *course) landing(i int32) bool { return c.line[c.with[i]] == i }

// arm is what a commit reaches above all that the last landing it reaches brought.
type arm struct {
	landing int32   // the last that it reaches the commit of, -1 for none
	own     []int32 // indexes from the highest on, so children before parents; none is on the line
}

// longArm is how many commits of its own an arm may have. On a branch that went on for long before it landed, most
// merges are of commits that meet nearby, and [paint] finds that sooner.
const longArm = 1 << 10

// arm gives that of a commit; false where it is long, or reaches what isn't of the range.
func (c *course) arm(of ID) (a arm, ok bool) {
	start, ok := c.index[of]
	if !ok {
		return a, false
	}
	a.landing = -1
	for queue := (highest{start}); len(queue) > 0; {
		i := heap.Pop(&queue).(int32)
		if c.landing(i) {
			a.landing = c.with[i] // which reaches all that is left, for it landed before
			break
		}
		if n := len(a.own); n > 0 && a.own[n-1] == i {
			continue
		}
		if a.own = append(a.own, i); len(a.own) > longArm {
			return a, false
		}
		for _, p := range c.parentsOf(i) {
			if p == outside {
				return a, false
			}
			heap.Push(&queue, p)
		}
	}
	return a, true
}

// bases gives the best common ancestors of two commits, sorted; false where [paint] is to find them.
func (c *course) bases(a, b ID) (found []ID, ok bool) {
	low, ok := c.arm(a)
	if !ok {
		return nil, false
	}
	high, ok := c.arm(b)
	if !ok {
		return nil, false
	}
	if low.landing > high.landing {
		low, high = high, low
	}
	shared := make(map[int32]bool, len(high.own))
	for _, i := range high.own {
		shared[i] = true
	}
	beneath := make(map[int32]bool) // others that were found
	for _, i := range low.own {
		if beneath[i] || shared[i] || c.with[i] <= high.landing {
			if !beneath[i] {
				found = append(found, c.ids[i])
			}
			for _, p := range c.parentsOf(i) {
				beneath[p] = true
			}
		}
	}
	if low.landing >= 0 && !beneath[c.line[low.landing]] {
		found = append(found, c.ids[c.line[low.landing]])
	}
	slices.SortFunc(found, ID.Compare)
	return found, true
}

// highest is a heap of indexes, the highest first.
type highest []int32

func (h highest) Len() int           { return len(h) }
func (h highest) Less(i, j int) bool { return h[i] > h[j] }
func (h highest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *highest) Push(i any)        { *h = append(*h, i.(int32)) }

func (h *highest) Pop() any {
	last := len(*h) - 1
	i := (*h)[last]
	*h = (*h)[:last]
	return i
}
