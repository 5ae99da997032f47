package history

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
)

// A merge commit is compared with its parents path by path, each path with what stands at that very path in each
// parent and in their best common ancestors. No rename is followed, and nothing that a repository, its configuration,
// its attributes or a version of git says of merging is asked: the same history has the same answer everywhere.
//
// At a path, a merge is explained by one of its parents where it holds what that parent holds, and every other
// parent that holds something else still holds what the two parents' common ancestors hold: only the one side
// changed it. Where two parents both changed a file, it is explained by a merge of their lines; see [mergesLines].
// Whatever isn't explained is the merge's own change: what it adds, how it settles conflicts, what it undoes of
// either side, and what came to this path from another one.

// mergeSource is what the comparison of merges reads.
type mergeSource interface {
	linksOf(ctx context.Context, commit ID) (links, error)
	// bases gives the best common ancestors of two commits.
	bases(ctx context.Context, a, b ID) ([]ID, error)
	// text gives the first limit+1 bytes of a blob: more than limit says that it is longer.
	text(blob ID, limit int64) ([]byte, error)
}

// mergeComparer compares one merge commit. What stands at a path is told as a list of sides: first the merge's, then
// each parent's, then those of the parents' common ancestors.
type mergeComparer struct {
	mergeSource
	descent
	limits  Limits
	budget  *budget
	parents int
	bases   [][]int // where in the list the common ancestors of the parents j and k stand, at j*parents+k
	changes []Change
	merged  *lineBudget
	texts   int64 // bytes of text that were merged
	lines   int   // of them, that were compared
}

// compareMerge gives a merge commit's own changes, sorted by path; and,
// marked as Merged, the files that hold lines of two parents and are new with the merge.
func compareMerge(ctx context.Context, source mergeSource, t *trees, c *Commit, limits Limits, b *budget,
	merged *lineBudget,
) ([]Change, error) {
	m := &mergeComparer{
		mergeSource: source, descent: descent{trees: t, ctx: ctx}, limits: limits, budget: b, parents: len(c.Parents),
		merged: merged,
	}
	defer m.end()
	trees := []ID{c.Tree}
	for _, p := range c.Parents {
		l, err := m.linksOf(ctx, p)
		if err != nil {
			return nil, err
		}
		trees = append(trees, l.tree)
	}
	trees, err := m.findBases(c.Parents, trees)
	if err == nil {
		err = m.compare("", trees)
	}
	if err != nil {
		return nil, fmt.Errorf("merge commit %s: %w", c.ID, err)
	}
	slices.SortFunc(m.changes, func(a, b Change) int { return strings.Compare(a.Path, b.Path) })
	return m.changes, nil
}

// findBases adds the trees of the best common ancestors of each two parents; the empty one where there are none.
func (m *mergeComparer) findBases(parents, trees []ID) ([]ID, error) {
	at := make(map[ID]int) // of a tree of an ancestor
	m.bases = make([][]int, m.parents*m.parents)
	for j, a := range parents {
		for k, b := range parents[:j] {
			ids, err := m.mergeSource.bases(m.ctx, a, b)
			if err != nil {
				return nil, err
			}
			of := []ID{{}}
			if len(ids) > 0 {
				of = nil
			}
			for _, id := range ids {
				l, err := m.linksOf(m.ctx, id)
				if err != nil {
					return nil, err
				}
				of = append(of, l.tree)
			}
			for _, tree := range of {
				if _, known := at[tree]; !known {
					at[tree] = len(trees)
					trees = append(trees, tree)
				}
				m.bases[j*m.parents+k] = append(m.bases[j*m.parents+k], at[tree])
			}
			m.bases[k*m.parents+j] = m.bases[j*m.parents+k]
		}
	}
	return trees, nil
}

// compare compares a folder, which some sides may not have: their tree is then the empty one.
func (m *mergeComparer) compare(path string, trees []ID) error {
	sides := make([]Side, len(trees))
	for i, id := range trees {
		if !id.IsZero() {
			sides[i] = Side{ModeTree, id}
		}
	}
	if m.explained(sides) {
		return nil
	}
	return m.folder(path, trees, func(i int, most int64) (tree, error) {
		return m.read(trees[i], oldTree, most)
	}, func(name string, sides []Side) error {
		switch {
		case m.explained(sides):
			return nil
		case isFolder(sides):
			return m.compare(name+"/", idsOf(sides))
		default:
			return m.file(name, sides)
		}
	})
}

// explained says whether one parent explains what the merge holds.
func (m *mergeComparer) explained(sides []Side) bool {
	for k := range m.parents {
		if sides[1+k] == sides[0] && m.onlyBy(sides, k) {
			return true
		}
	}
	return false
}

// onlyBy says whether every parent that holds something else than the merge, and so than parent k, left it alone.
func (m *mergeComparer) onlyBy(sides []Side, k int) bool {
	for j := range m.parents {
		if sides[1+j] != sides[0] && m.changed(sides, j, k) {
			return false
		}
	}
	return true
}

// changed says whether parent j holds something else than one of its common ancestors with parent k.
func (m *mergeComparer) changed(sides []Side, j, k int) bool {
	return slices.ContainsFunc(m.bases[j*m.parents+k], func(b int) bool { return sides[b] != sides[1+j] })
}

// file notes the change of a file that no parent explains.
func (m *mergeComparer) file(path string, sides []Side) error {
	merged, err := m.mergesSides(sides)
	if err != nil {
		return err
	}
	c := Change{Path: path, New: sides[0], Merged: merged}
	parents := sides[1 : 1+m.parents]
	same := func(p Side) bool { return p.ID == c.New.ID }
	if merged && slices.ContainsFunc(parents, same) {
		return nil // one side has the lines of the other, too
	}
	if c.Old = slices.Clone(parents); len(m.changes) == m.limits.Changes {
		return exceeds("changes", "it changes more than %d paths; the limit is changes", m.limits.Changes)
	}
	m.changes = append(m.changes, c)
	return m.budget.take(len(path) + changeBytes)
}

// mergesSides says whether a file is what a three-way merge gives of two parents and their one common ancestor: its
// mode and its lines, each by itself.
func (m *mergeComparer) mergesSides(sides []Side) (bool, error) {
	if m.parents != 2 || len(m.bases[1]) != 1 {
		return false, nil
	}
	merged, ours, theirs, base := sides[0], sides[1], sides[2], sides[m.bases[1][0]]
	for _, s := range []Side{merged, ours, theirs, base} {
		if s.Mode != ModeFile && s.Mode != ModeExec {
			return false, nil
		}
	}
	if mode, clean := threeWay(base.Mode, ours.Mode, theirs.Mode); !clean || mode != merged.Mode {
		return false, nil
	}
	if id, clean := threeWay(base.ID, ours.ID, theirs.ID); clean {
		return id == merged.ID, nil
	}
	texts := make([][]byte, 4)
	for i, s := range []Side{base, ours, theirs, merged} {
		text, err := m.text(s.ID, maxMergedText)
		if err != nil {
			return false, err
		}
		m.texts += int64(len(text))
		if err := m.merged.take(len(text) / bytesPerLine); err != nil {
			return false, err
		}
		if len(text) > maxMergedText || m.texts > maxMergedTexts || bytes.IndexByte(text, 0) >= 0 {
			return false, nil
		}
		texts[i] = text
	}
	cutCommon(texts)
	lines := 0
	for _, t := range texts {
		lines += bytes.Count(t, []byte{'\n'})
	}
	if m.lines += lines; m.lines > maxMergedLines {
		return false, nil
	}
	if err := m.merged.take(lines); err != nil {
		return false, err
	}
	return mergesLines(string(texts[0]), string(texts[1]), string(texts[2]), string(texts[3])), nil
}

// threeWay merges what is one thing: clean unless both sides changed it otherwise.
func threeWay[T comparable](base, ours, theirs T) (merged T, clean bool) {
	switch {
	case ours == theirs, theirs == base:
		return ours, true
	case ours == base:
		return theirs, true
	default:
		return merged, false
	}
}
