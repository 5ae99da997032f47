package gate

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign/gate/attest"
	"countersign/gate/lineage"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Coverage gives what an approval of a commit would cover: the commit and what it brings that no
// protected ref has yet, here. Signatures are verified where there is a keyring; without one their
// status is empty.
func (g *Gate) Coverage(ctx context.Context, rev string) (commit history.ID, covered []policy.Commit, err error) {
	if !g.site.Readable() {
		return commit, nil, ErrUndecided
	}
	if commit, err = g.site.Repo.Resolve(ctx, rev); err != nil {
		return commit, nil, err
	}
	tips, err := g.landedTips(ctx)
	if err == nil {
		covered, err = g.covered(ctx, commit, tips)
	}
	return commit, covered, err
}

// LandedCoverage gives what an exception for a commit that has landed would cover: the commit, and what its landing
// brought with it below that. It gives none for one that was adopted.
func (g *Gate) LandedCoverage(ctx context.Context, commit history.ID) ([]policy.Commit, error) {
	tips, err := g.landedTips(ctx)
	if err != nil {
		return nil, err
	}
	reached, err := g.site.Repo.Reaches(ctx, tips, []history.ID{commit})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(reached, func(by []bool) bool { return by[0] })
	if i < 0 {
		return nil, nil
	}
	_, before, err := lineage.Landing(ctx, g.site.Repo, tips[i], commit)
	if err != nil {
		return nil, err
	}
	return g.covered(ctx, commit, slices.DeleteFunc([]history.ID{before}, history.ID.IsZero))
}

// covered gives a commit and what it brings beside what was adopted and some other commits, and what these reach.
func (g *Gate) covered(ctx context.Context, commit history.ID, not []history.ID) (covered []policy.Commit, err error) {
	adopted, err := g.site.InForce.Adopted()
	if err != nil {
		return nil, err
	}
	for l, err := range g.site.Repo.Landings(ctx, history.Range{Tip: commit, Not: slices.Concat(adopted, not)}) {
		if err != nil {
			return nil, err
		}
		landing, _ := walk.Verified(g.site.InForce, l, nil, verify.LandedThen(time.Unix(l.Commit.Committer.When, 0)))
		covered = append(append(covered, landing.Brought...), landing.Commit)
	}
	return covered, nil
}

// landedTips gives what has landed for sure: on a server the protected refs; in a clone the main branch of
// origin as it was fetched, and no other. Another remote's main is its owner's, and which other branches the
// server protects a clone can't know: what is shown too much is read once more, what is shown too little never.
func (g *Gate) landedTips(ctx context.Context) ([]history.ID, error) {
	const origin = "refs/remotes/origin/"
	remotes, err := g.site.Repo.Refs(ctx, "refs/remotes/")
	if err != nil {
		return nil, err
	}
	if len(remotes) == 0 {
		refs, err := g.site.JudgedRefs(ctx)
		return lineage.Tips(refs), err
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

// Stands says why an attestation would not be taken for what it is to be, nil if it would. Of the size, the date and
// what has landed nothing is asked: that is the server's to say. Where there is no keyring here, no more is asked than
// that the tag carries a signature and calls itself right.
func (g *Gate) Stands(
	ctx context.Context, kind policy.AttestationKind, commit history.ID, principal string, tag history.ID,
) error {
	if !g.site.Readable() {
		return ErrUndecided
	}
	r := attest.Named(kind, commit, principal, tag)
	if kind, err := g.site.Repo.Kind(ctx, tag); err != nil || kind != "tag" {
		return errors.Join(err, errors.New("it is no annotated tag"))
	}
	object, err := g.site.Repo.Tag(ctx, tag)
	switch {
	case err != nil:
		return err
	case len(object.Signature) == 0:
		return errors.New("it is not signed")
	case object.Target != commit || object.Name != kind.Tag(commit.String(), principal):
		return fmt.Errorf("it calls itself %.200q and is about %s", object.Name, object.Target)
	case g.site.InForce.Keys == nil:
		return nil
	}
	made := time.Unix(object.Tagger.When, 0)
	s := attest.State(r, &object, verify.LandsNow(made), g.site.InForce.Signature)
	if why := g.site.Rules().Counts(s.Signature); why != "" {
		return errors.New(why)
	}
	return nil
}

// Says gives what somebody wrote in a tag object, "" for what is none: its message without the signature, which
// stands in it at the end.
func (g *Gate) Says(ctx context.Context, tag history.ID) string {
	object, err := g.site.Repo.Tag(ctx, tag)
	if err != nil {
		return ""
	}
	return string(bytes.TrimSuffix(object.Message, object.Signature))
}
