package gate

import (
	"context"
	"slices"

	"countersign/history"
	"countersign/policy"
)

// maxRemerged is how large a file of a service's merge may be, in bytes, for git to be asked about that merge: git
// merges text without a bound on memory.
const maxRemerged = 2 << 20

// askGit marks what git's own merge makes in the merges of services that are refused for changes of their own, as
// where git followed a rename, and says whether it marked anything. Rules still ask about the classes of what is
// marked.
func (g *Gate) askGit(ctx context.Context, st *standing, landing *policy.Landing, findings []policy.Finding) (bool, error) {
	asked := false
	for _, f := range findings {
		c, q := landing.Find(f.Commit), st.policy.Principal(f.Signer)
		if f.Code != policy.SignerRole || c == nil || len(c.Parents) < 2 || q == nil || q.Role != policy.Service ||
			slices.ContainsFunc(c.Changes, func(ch policy.Change) bool { return ch.Size > maxRemerged }) {
			continue
		}
		id, err := history.ParseID(c.ID)
		if err != nil {
			return false, err
		}
		repo, err := g.aside()
		if err != nil {
			return false, err
		}
		differs, known, err := repo.Remerge(ctx, id)
		if err != nil {
			return false, err
		}
		for i := range c.Changes {
			c.Changes[i].ByGit = known && !slices.Contains(differs, c.Changes[i].Path)
		}
		asked = asked || known
	}
	return asked, nil
}
