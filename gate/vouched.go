package gate

import (
	"context"
	"slices"
	"time"

	"countersign/history"
	"countersign/policy"
)

// Vouched gives what an approval of a commit would cover: the commit and what it brings that no
// protected ref has yet, here. Signatures are verified where there is a keyring; without one their
// status is empty.
func (g *Gate) Vouched(ctx context.Context, rev string) (commit history.ID, covered []policy.Commit, err error) {
	if g.repo == nil || g.now == nil {
		return commit, nil, ErrUndecided
	}
	if commit, err = g.repo.Resolve(ctx, rev); err != nil {
		return commit, nil, err
	}
	not, err := adoption(g.now.policy)
	if err != nil {
		return commit, nil, err
	}
	tips, err := g.landedTips(ctx)
	if err != nil {
		return commit, nil, err
	}
	for l, err := range g.repo.Landings(ctx, history.Range{Tip: commit, Not: slices.Concat(not, tips)}) {
		if err != nil {
			return commit, nil, err
		}
		landing, _ := g.now.verified(l, arrival{landed: time.Unix(l.Commit.Committer.When, 0)})
		covered = append(append(covered, landing.Brought...), landing.Commit)
	}
	return commit, covered, nil
}

// landedTips gives what has landed for sure: on a server the protected refs; in a clone the main branch of
// origin as it was fetched, and no other. Another remote's main is its owner's, and which other branches the
// server protects a clone can't know: what is shown too much is read once more, what is shown too little never.
func (g *Gate) landedTips(ctx context.Context) ([]history.ID, error) {
	const origin = "refs/remotes/origin/"
	remotes, err := g.repo.Refs(ctx, "refs/remotes/")
	if err != nil {
		return nil, err
	}
	if len(remotes) == 0 {
		refs, err := g.judgedRefs(ctx)
		return tipsOf(refs), err
	}
	head := origin + "main"
	for _, r := range remotes {
		if r.Name == origin+"HEAD" && r.Target != "" {
			head = r.Target
		}
	}
	for _, r := range remotes {
		if r.Name == head && r.Target == "" {
			return []history.ID{r.ID}, nil
		}
	}
	return nil, nil
}
