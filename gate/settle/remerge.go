package settle

import (
	"context"
	"slices"

	"countersign/history"
	"countersign/policy"
)

// maxRemerged is how large a file of a service's merge may be, in bytes, for git to be asked about that merge: git
// merges text without a bound on memory.
const maxRemerged = 2 << 20

// askGit marks which changes of a merge git's own merge of its parents makes, as where git followed a rename. Rules
// still ask about the classes of what is marked.
func (a *Answers) askGit(ctx context.Context, c *policy.Commit) error {
	if slices.ContainsFunc(c.Changes, func(ch policy.Change) bool { return ch.Size > maxRemerged }) {
		return nil
	}
	id, err := history.ParseID(c.ID)
	if err != nil {
		return err
	}
	repo, err := a.site.Aside()
	if err != nil {
		return err
	}
	a.leans.Git = true
	differs, known, err := repo.Remerge(ctx, id)
	if err != nil {
		return err
	}
	for i := range c.Changes {
		c.Changes[i].ByGit = known && !slices.Contains(differs, c.Changes[i].Path)
	}
	return nil
}
