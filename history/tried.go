package history

import (
	"context"
	"fmt"
	"os"
	"slices"
)

// TriedMerge is a merge commit that nobody has made, as git by itself would make it. It lies in a folder of its own,
// and goes with that.
type TriedMerge struct {
	ID ID
	// Conflicts are the paths of which git can't say what they should be. Then the merge has there what git leaves.
	Conflicts []string

	scratch *gitNames
	folder  string
}

// TryMerge merges two commits of a repository, with a date in seconds since 1970. It asks the git program.
func TryMerge(ctx context.Context, o Options, ours, theirs ID, when int64) (_ *TriedMerge, err error) {
	if o.Env == nil {
		o.Env = func(string) string { return "" }
	}
	g := &gitNames{env: o.Env}
	if g.gitDir, g.dir, err = findGitDir(o.Dir); err != nil {
		return nil, asUnreadable(err)
	}
	m := new(TriedMerge)
	if m.scratch, m.folder, err = g.scratch(ours); err != nil {
		return nil, err
	}
	tree, conflicts, err := m.scratch.mergeAll(ctx, []ID{ours, theirs})
	if err == nil {
		slices.Sort(conflicts)
		m.Conflicts = slices.Compact(conflicts)
		m.ID, err = m.scratch.commitTree(ctx, tree, ours, theirs, when)
	}
	if err != nil {
		m.Close()
		return nil, fmt.Errorf("merging %s into %s: %w", theirs, ours, err)
	}
	return m, nil
}

// Env is the Env of [Options] by which the repository has the merge, too.
func (m *TriedMerge) Env(name string) string { return m.scratch.env(name) }

// Close takes the merge away.
func (m *TriedMerge) Close() error { return os.RemoveAll(m.folder) }
