// Package earned says what everybody had earned on a ref's first-parent line before a landing, and what else stands
// there.
//
// [At] gives the ledger of a commit on a ref: as it is kept, carried on from what is kept of an earlier commit, or
// worked out from the beginning, in this order, and with the same result. [All] always works it out. [Links] and
// [Above] say what else is known of such a commit, and [Prepare] fills the cache.
//
// Reading uses the second reader of a site, so that a push may be read at the same time; Above and Prepare alone ask
// the first. Nothing is written, but for what Prepare has the cache save.
package earned

import (
	"context"
	"slices"
	"time"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/gate/tenure"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// At gives what everyone has earned on a ref's first-parent line up to and including tip.
// Reading uses the site's second reader.
func At(ctx context.Context, s *site.Site, ref string, tip history.ID) (*policy.Ledger, error) {
	kept, earlier := s.Tenure.At(ref, tip.String())
	if kept != nil {
		return kept, nil
	}
	for _, e := range earlier {
		from, err := history.ParseID(e.Tip)
		if err != nil {
			continue
		}
		since := history.Range{Tip: tip, Not: []history.ID{from}, Landed: true}
		if ok, err := fold(ctx, s, e.Ledger, since, from); err == nil && ok {
			return e.Ledger, nil
		}
	}
	return All(ctx, s, tip)
}

// Above says whether a ref's tip reaches every commit of adoption.
func Above(ctx context.Context, s *site.Site, ref string, tip history.ID, adopted []history.ID) (bool, error) {
	if s.Tenure.Above(ref, tip.String(), s.Rules().Adoption.Commits) {
		return true, nil
	}
	reached, err := s.Repo.Reaches(ctx, []history.ID{tip}, adopted)
	return err == nil && !slices.Contains(reached[0], false), err
}

// fold credits the landings of a range to a ledger. It says false, and leaves the ledger spoilt, if
// the range doesn't begin right after from.
func fold(ctx context.Context, s *site.Site, l *policy.Ledger, r history.Range, from history.ID) (bool, error) {
	repo, err := s.Aside()
	if err != nil {
		return false, err
	}
	w := s.Walk(ctx, repo, r)
	defer w.Stop()
	parent, any, err := w.Begins()
	if err != nil || !any || parent != from {
		return false, err
	}
	line, err := s.Source.LineAt(ctx, repo, parent)
	if err != nil {
		return false, err
	}
	line.Arrival = verify.LandedThen(time.Unix(l.Last(), 0))
	for f := range w.From(walk.Origin{Line: line, Last: l.Last()}) {
		landing, err := f.Wait()
		if err != nil {
			return false, err
		}
		f.Judged(true) // it has landed
		NotAhead(s, landing)
		l.Credit(f.By.Rules, landing)
	}
	return true, nil
}

// All works a ledger out from the beginning: what was there before adoption by claimed identity,
// if the policy says so, and everything since by signature.
func All(ctx context.Context, s *site.Site, tip history.ID) (*policy.Ledger, error) {
	if tip.IsZero() { // before a root
		return new(policy.Ledger), nil
	}
	adopted, err := s.Source.First.Adopted()
	if err != nil {
		return nil, err
	}
	repo, err := s.Aside()
	if err != nil {
		return nil, err
	}
	since := history.Range{Tip: tip, Not: adopted, Landed: true}
	before, err := lineage.Base(ctx, repo, since)
	if err != nil {
		return nil, err
	}
	l := new(policy.Ledger)
	if !before.IsZero() {
		last, err := lineage.LastDate(ctx, repo, before)
		if err != nil {
			return nil, err
		}
		rules := s.Source.First.Rules
		cl := &walk.Claims{Rules: rules, None: last == 0 || !rules.Adoption.CreditClaims}
		for landing, err := range repo.Landings(ctx, history.Range{Tip: before, Counted: true}) {
			if err != nil {
				return nil, err
			}
			facts := cl.Landing(landing, nil)
			// A date in the future, in history from before the gate, would hold the clock there.
			facts.Commit.Committer.When = min(facts.Commit.Committer.When, last)
			l.Credit(rules, facts)
		}
	}
	if before != tip {
		if _, err := fold(ctx, s, l, since, before); err != nil {
			return nil, err
		}
	}
	return l, nil
}

// Links gives the links at the commit that a push to a ref goes on from.
func Links(ctx context.Context, s *site.Site, ref string, commit history.ID) (*policy.Links, error) {
	if links := s.Tenure.Links(ref, commit.String()); links != nil {
		return links, nil
	}
	repo, err := s.Aside()
	if err != nil {
		return nil, err
	}
	return walk.LinksAt(ctx, repo, commit)
}

// NotAhead bounds the date of what has landed by this machine's clock: what stands after a commit with a date
// ahead of it hasn't landed later because of that.
func NotAhead(s *site.Site, landing *policy.Landing) {
	landing.Commit.Committer.When = s.LandedBy(landing.Commit.Committer.When)
}

// Prepare works out the tenure of each protected branch and stores it, so that the first push costs
// what any other does. It is for installation and after a change of policy.
func Prepare(ctx context.Context, s *site.Site) error {
	if !s.Readable() {
		return site.ErrUndecided
	}
	refs, err := s.Repo.Refs(ctx, s.Rules().ProtectedPrefixes()...)
	if err != nil {
		return site.Undecided(err)
	}
	for _, r := range refs {
		if !s.Rules().Protects(r.Name) || r.Target != "" || lineage.IsTag(r.Name) {
			continue
		}
		l, err := At(ctx, s, r.Name, r.ID)
		if err != nil {
			return site.Undecided(err)
		}
		links, err := Links(ctx, s, r.Name, r.ID)
		if err != nil {
			return site.Undecided(err)
		}
		s.Tenure.Keep(r.Name, tenure.Entry{Tip: r.ID.String(), Ledger: l, Links: tenure.LinksOf(links)})
	}
	s.Tenure.Save()
	return nil
}
