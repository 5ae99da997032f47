package history

import (
	"container/heap"
	"slices"
)

// course is the order in which the commits of a range landed. By it the best common ancestors of most merges are found
// near them: a commit of the first-parent line reaches all that landed with it or before, and so nothing below it has
// to be looked at. In a long history with topics that began weeks before they landed, [paint] looks at all of these
// weeks.
type course struct {
	nodes []node     // those of each landing in order, parents before children, the landing itself last
	index map[ID]int // of each
	with  []int      // by index: the number of the landing, from 0
	line  []int      // by landing: the index of its commit
}

func newCourse(plans []plan) *course {
	c := &course{index: make(map[ID]int), line: make([]int, 0, len(plans))}
	add := func(n node, landing int) {
		c.index[n.id] = len(c.nodes)
		c.nodes, c.with = append(c.nodes, n), append(c.with, landing)
	}
	for i, p := range plans {
		for _, n := range p.brought {
			add(n, i)
		}
		c.line = append(c.line, len(c.nodes))
		add(p.landing, i)
	}
	return c
}

// arm is what a commit reaches above all that the last landing it reaches brought.
type arm struct {
	landing int   // the last that it reaches the commit of, -1 for none
	own     []int // indexes from the highest on, so children before parents; none is on the line
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
		i := heap.Pop(&queue).(int)
		if c.line[c.with[i]] == i {
			a.landing = c.with[i] // which reaches all that is left, for it landed before
			break
		}
		if n := len(a.own); n > 0 && a.own[n-1] == i {
			continue
		}
		if a.own = append(a.own, i); len(a.own) > longArm {
			return a, false
		}
		for _, p := range c.nodes[i].parents {
			j, known := c.index[p]
			if !known {
				return a, false
			}
			heap.Push(&queue, j)
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
	shared := make(map[int]bool, len(high.own))
	for _, i := range high.own {
		shared[i] = true
	}
	beneath := make(map[int]bool) // others that were found
	for _, i := range low.own {
		if beneath[i] || shared[i] || c.with[i] <= high.landing {
			if !beneath[i] {
				found = append(found, c.nodes[i].id)
			}
			for _, p := range c.nodes[i].parents {
				beneath[c.index[p]] = true
			}
		}
	}
	if low.landing >= 0 && !beneath[c.line[low.landing]] {
		found = append(found, c.nodes[c.line[low.landing]].id)
	}
	slices.SortFunc(found, ID.Compare)
	return found, true
}

// highest is a heap of indexes, the highest first.
type highest []int

func (h highest) Len() int           { return len(h) }
func (h highest) Less(i, j int) bool { return h[i] > h[j] }
func (h highest) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *highest) Push(i any)        { *h = append(*h, i.(int)) }

func (h *highest) Pop() any {
	last := len(*h) - 1
	i := (*h)[last]
	*h = (*h)[:last]
	return i
}
