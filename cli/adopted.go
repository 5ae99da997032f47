package cli

import (
	"context"
	"slices"
	"strings"

	"countersign/gate"
	"countersign/history"
	"countersign/policy"
)

// guarded gives what a guard is to look at for the policy in force.
func guarded(g *gate.Gate) []string {
	if g.Policy() == nil || g.PolicyInTree() {
		return nil
	}
	return g.Policy().ProtectedPrefixes()
}

// protecting gives the default policy, which protects the branches that HEAD names as well.
func protecting(heads ...string) *policy.Policy {
	p := policy.Default()
	for _, head := range heads {
		if strings.HasPrefix(head, "refs/heads/") && !p.Protects(head) && !strings.ContainsAny(head, `*?[]{}\`) {
			p.Protect.Refs = append([]string{head}, p.Protect.Refs...)
		}
	}
	return p
}

// protectedTips gives the commits that the protected refs hold, branches before tags.
func protectedTips(ctx context.Context, repo gate.Repository, p *policy.Policy) ([]history.ID, error) {
	refs, err := repo.Refs(ctx) // sorted by name
	if err != nil {
		return nil, err
	}
	var tips []history.ID
	for _, ref := range refs {
		if !p.Protects(ref.Name) {
			continue
		}
		id := ref.ID
		kind, err := repo.Kind(ctx, id)
		for ; err == nil && kind == "tag"; kind, err = repo.Kind(ctx, id) {
			tag, err := repo.Tag(ctx, id)
			if err != nil {
				return nil, err
			}
			id = tag.Target
		}
		if err != nil {
			return nil, err
		}
		if kind == "commit" && !slices.Contains(tips, id) {
			tips = append(tips, id)
		}
	}
	return tips, nil
}

// summits leaves out the commits that one before them reaches.
func summits(ctx context.Context, repo gate.Repository, commits []history.ID) ([]string, error) {
	reached, err := repo.Reaches(ctx, commits, commits)
	if err != nil {
		return nil, err
	}
	var kept []string
	for i, id := range commits {
		if !slices.ContainsFunc(reached[:i], func(by []bool) bool { return by[i] }) {
			kept = append(kept, id.String())
		}
	}
	return kept, nil
}
