package history

import (
	"container/heap"
	"context"
	"slices"
)

// own gives a merge commit's own changes, as far as they can be told without merging lines or finding renames:
// a path is settled where the merge has what one parent has, and every other parent still has what their common
// ancestors have. What Git would merge within a file counts as the merge's own here.
func (g *goGit) own(ctx context.Context, c *Commit, sides [][]pathChange) ([]Change, error) {
	differs := make([]map[string]pathChange, len(sides)) // from each parent
	var paths []string
	for i, side := range sides {
		differs[i] = make(map[string]pathChange)
		for _, change := range side {
			differs[i][change.path] = change
			paths = append(paths, change.path)
		}
	}
	slices.Sort(paths)
	var own []Change
	changed := make(map[[2]int]map[string]bool)
	for _, path := range slices.Compact(paths) {
		settled := false
		for k := range sides {
			if _, differs := differs[k][path]; differs || settled {
				continue
			}
			settled = true
			for j := range sides {
				if _, differs := differs[j][path]; !differs {
					continue
				}
				pair := [2]int{j, k}
				if changed[pair] == nil {
					var err error
					if changed[pair], err = g.changedSince(ctx, c.Parents[j], c.Parents[k]); err != nil {
						return nil, err
					}
				}
				settled = settled && !changed[pair][path]
			}
		}
		if settled {
			continue
		}
		for _, from := range differs {
			if c, ok := from[path]; ok {
				own = append(own, Change{Path: path, Old: []Side{c.old}, New: c.new})
				break
			}
		}
	}
	return own, nil
}

// changedSince gives the paths in which a commit differs from any best common ancestor it has with another;
// all it holds where there is none.
func (g *goGit) changedSince(ctx context.Context, commit, other ID) (map[string]bool, error) {
	bases, err := g.mergeBases(ctx, commit, other)
	if err != nil {
		return nil, err
	}
	trees := []ID{{}}
	if len(bases) > 0 {
		trees = trees[:0]
	}
	for _, b := range bases {
		trees = append(trees, g.links[b].tree)
	}
	paths := make(map[string]bool)
	for _, tree := range trees {
		diff, err := g.trees.diff(ctx, tree, g.links[commit].tree)
		if err != nil {
			return nil, err
		}
		for _, c := range diff {
			paths[c.path] = true
		}
	}
	return paths, nil
}

// mergeBases gives the best common ancestors of two commits: those that no other common ancestor reaches.
func (g *goGit) mergeBases(ctx context.Context, a, b ID) ([]ID, error) {
	const byA, byB, beneath = 1, 2, 4 // what reaches a commit: the two, and a common ancestor
	marks := make(map[ID]int)
	q := &levelQueue{}
	open := 0 // in the queue, and not beneath a common ancestor
	mark := func(id ID, with int) error {
		level, err := g.levelOf(ctx, id)
		if err != nil {
			return err
		}
		old, queued := marks[id]
		marks[id] = old | with
		switch {
		case !queued:
			heap.Push(q, leveled{id, level})
			if with&beneath == 0 {
				open++
			}
		case old&beneath == 0 && with&beneath != 0: // still queued: whatever reaches it has a higher level
			open--
		}
		return nil
	}
	if err := mark(a, byA); err != nil {
		return nil, err
	}
	if err := mark(b, byB); err != nil {
		return nil, err
	}
	var bases []ID
	for open > 0 {
		id := heap.Pop(q).(leveled).id
		with := marks[id]
		if with&beneath == 0 {
			open--
			if with == byA|byB {
				bases = append(bases, id)
				with |= beneath
			}
		}
		for _, p := range g.links[id].parents {
			if err := mark(p, with); err != nil {
				return nil, err
			}
		}
	}
	return bases, nil
}

// levelOf says how long the longest way from a commit down to a root is.
func (g *goGit) levelOf(ctx context.Context, id ID) (int, error) {
	for stack := []ID{id}; len(stack) > 0; {
		at := stack[len(stack)-1]
		if _, known := g.levels[at]; known { // pushed by two children
			stack = stack[:len(stack)-1]
			continue
		}
		l, err := g.linksOf(ctx, at)
		if err != nil {
			return 0, err
		}
		level, ready := 0, true
		for _, p := range l.parents {
			above, known := g.levels[p]
			if !known {
				stack, ready = append(stack, p), false
			}
			level = max(level, above+1)
		}
		if ready {
			g.levels[at] = level
			stack = stack[:len(stack)-1]
		}
	}
	return g.levels[id], nil
}

type leveled struct {
	id    ID
	level int
}

// levelQueue is a [heap.Interface] with the highest level first.
type levelQueue []leveled

func (q levelQueue) Len() int           { return len(q) }
func (q levelQueue) Less(i, j int) bool { return q[i].level > q[j].level }
func (q levelQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *levelQueue) Push(x any)        { *q = append(*q, x.(leveled)) }

func (q *levelQueue) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
