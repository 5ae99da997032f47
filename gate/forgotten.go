package gate

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"countersign/gate/lineage"
	"countersign/history"
	"countersign/verify"
)

// Forgotten is a key that signed what has landed, and that nobody in the keyring has.
type Forgotten struct {
	Fingerprint string `json:"fingerprint"`
	Commits     int    `json:"commits"`
	Newest      string `json:"newest"` // the id of one of these commits
}

// Forgotten gives the keys by which commits of protected branches are signed, since the adoption, and that the policy
// doesn't name: it is what these are verified by. Of a policy in the tree there are none: each landing is verified by
// the one that stood before it.
func (g *Gate) Forgotten(ctx context.Context) ([]Forgotten, error) {
	if g.PolicyInTree() || !g.site.Readable() || g.Keyring() == nil {
		return nil, nil
	}
	refs, err := g.site.ProtectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	not, err := g.site.InForce.Adopted()
	if err != nil {
		return nil, err
	}
	repo, err := g.site.Aside()
	if err != nil {
		return nil, err
	}
	by := make(map[string]Forgotten)
	count := func(e *history.Entry) {
		r := g.Keyring().Verify(e.Payload, e.Signature, time.Unix(e.Committer.When, 0))
		if e.Malformed == nil && r.Status == verify.Unknown && r.Fingerprint != "" {
			by[r.Fingerprint] = Forgotten{r.Fingerprint, by[r.Fingerprint].Commits + 1, e.ID.String()}
		}
	}
	for _, ref := range refs {
		if lineage.IsTag(ref.Name) {
			continue
		}
		all := history.Range{Tip: ref.ID, Not: not, Counted: true, Landed: true, Bare: true}
		for l, err := range repo.Landings(ctx, all) {
			if err != nil {
				return nil, err
			}
			if g.Policy().Signatures.Require == "every-commit" {
				for i := range l.Brought {
					count(&l.Brought[i])
				}
			}
			count(&l.Commit)
		}
		not = append(not, ref.ID)
	}
	return slices.SortedFunc(maps.Values(by), func(a, b Forgotten) int {
		return cmp.Or(b.Commits-a.Commits, cmp.Compare(a.Fingerprint, b.Fingerprint))
	}), nil
}
