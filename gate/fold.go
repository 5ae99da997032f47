package gate

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"countersign/gate/tenure"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// ledgerAt gives what everyone has earned on a ref's first-parent line up to and including tip.
// Reading uses the gate's second reader.
func (g *Gate) ledgerAt(ctx context.Context, ref string, tip history.ID) (*policy.Ledger, error) {
	kept, earlier := g.tenure.At(ref, tip.String())
	if kept != nil {
		return kept, nil
	}
	for _, e := range earlier {
		from, err := history.ParseID(e.Tip)
		if err != nil {
			continue
		}
		since := history.Range{Tip: tip, Not: []history.ID{from}, Landed: true}
		if ok, err := g.fold(ctx, e.Ledger, since, from); err == nil && ok {
			return e.Ledger, nil
		}
	}
	return g.foldAll(ctx, tip)
}

// above says whether a ref's tip reaches every commit of adoption.
func (g *Gate) above(ctx context.Context, ref string, tip history.ID, adopted []history.ID) (bool, error) {
	if g.tenure.Above(ref, tip.String(), g.inForce.policy.Adoption.Commits) {
		return true, nil
	}
	reached, err := g.repo.Reaches(ctx, []history.ID{tip}, adopted)
	return err == nil && !slices.Contains(reached[0], false), err
}

// fold credits the landings of a range to a ledger. It says false, and leaves the ledger spoilt, if
// the range doesn't begin right after from.
func (g *Gate) fold(ctx context.Context, l *policy.Ledger, r history.Range, from history.ID) (bool, error) {
	repo, err := g.aside()
	if err != nil {
		return false, err
	}
	walk := g.walk(ctx, repo, r, false)
	defer walk.stop()
	parent, any, err := walk.begins()
	if err != nil || !any || parent != from {
		return false, err
	}
	o, err := g.originAt(ctx, repo, parent)
	if err != nil {
		return false, err
	}
	o.last, o.arrival = l.Last(), verify.LandedThen(time.Unix(l.Last(), 0))
	for f := range walk.from(o) {
		landing, err := f.wait()
		if err != nil {
			return false, err
		}
		f.judged(true) // it has landed
		g.notAhead(landing)
		l.Credit(f.by.policy, landing)
	}
	return true, nil
}

// foldAll works a ledger out from the beginning: what was there before adoption by claimed identity,
// if the policy says so, and everything since by signature.
func (g *Gate) foldAll(ctx context.Context, tip history.ID) (*policy.Ledger, error) {
	if tip.IsZero() { // before a root
		return new(policy.Ledger), nil
	}
	adopted, err := adoption(g.server.policy)
	if err != nil {
		return nil, err
	}
	repo, err := g.aside()
	if err != nil {
		return nil, err
	}
	since := history.Range{Tip: tip, Not: adopted, Landed: true}
	before, err := base(ctx, repo, since)
	if err != nil {
		return nil, err
	}
	l := new(policy.Ledger)
	if !before.IsZero() {
		last, err := lastDate(ctx, repo, before)
		if err != nil {
			return nil, err
		}
		cl := &claims{policy: g.server.policy, none: last == 0 || !g.server.policy.Adoption.CreditClaims}
		for landing, err := range repo.Landings(ctx, history.Range{Tip: before, Counted: true}) {
			if err != nil {
				return nil, err
			}
			facts := cl.landing(landing, nil)
			// A date in the future, in history from before the gate, would hold the clock there.
			facts.Commit.Committer.When = min(facts.Commit.Committer.When, last)
			l.Credit(g.server.policy, facts)
		}
	}
	if before != tip {
		if _, err := g.fold(ctx, l, since, before); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// lastDate gives the committer date of the last commit of a first-parent line that says one, in seconds
// since 1970, or 0. Old histories hold commits that don't.
func lastDate(ctx context.Context, repo Repository, tip history.ID) (int64, error) {
	var when int64
	var failed error
	_, err := repo.FirstParents(ctx, tip, func(id history.ID) bool {
		c, err := repo.Commit(ctx, id)
		if !errors.Is(err, history.ErrMalformed) {
			when, failed = c.Committer.When, err
			return true
		}
		return false
	})
	return when, errors.Join(err, failed)
}

// base gives the first parent of a range's first landing: what the ref's line held before it. It is
// the tip itself where the range is empty, and zero where it begins at a root.
func base(ctx context.Context, repo Repository, r history.Range) (history.ID, error) {
	for l, err := range repo.Landings(ctx, r) {
		if err != nil || len(l.Commit.Parents) == 0 {
			return history.ID{}, err
		}
		return l.Commit.Parents[0], nil
	}
	return r.Tip, nil
}

// adoption gives the commits up to which nothing is judged.
func adoption(p *policy.Policy) ([]history.ID, error) {
	ids := make([]history.ID, len(p.Adoption.Commits))
	for i, s := range p.Adoption.Commits {
		id, err := history.ParseID(s)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// unlimited is for what landed long ago, which is as much as it is; the policy's limit on commits is
// for what is pushed.
var unlimited = history.Limits{Commits: math.MaxInt32, Bytes: math.MaxInt64}

// aside gives the second reader of the repository.
func (g *Gate) aside() (Repository, error) {
	if g.second == nil {
		var err error
		if g.second, err = g.o.openRepo(unlimited); err != nil {
			return nil, err
		}
	}
	return g.second, nil
}

// openTenure opens the cache of what was earned, by the policy in force. A policy in the tree is part of the
// history.
func (g *Gate) openTenure() {
	by := g.inForce.policy.Digest
	if g.introduction != nil {
		by = "tree since " + g.introduction.Commit
	}
	g.tenure = tenure.Open(g.GitDir(), by)
}
