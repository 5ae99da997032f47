// Package earned says what everybody had earned on a ref's first-parent line before a landing, and what else stands
// there.
//
// [At] gives the ledger of a commit on a ref: as it is kept, carried on from what is kept of an earlier commit, or
// worked out from the beginning, in this order, and with the same result. What is kept of landings is counted, and only
// the others are read. [All] always works it out from the history, and [Clock] only when the last landing was. [Links]
// and [Above] say what else is known of such a commit, and [Prepare] fills the caches.
//
// Reading uses the second reader of a site, so that a push may be read at the same time; Above and Prepare alone ask
// the first. Nothing is written, but for what Prepare has the cache save.
package earned

import (
	"context"
	"slices"
	"time"

	"countersign/gate/kept"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// At gives what everyone has earned on a ref's first-parent line up to and including tip.
// Reading uses the site's second reader.
func At(ctx context.Context, s *site.Site, ref string, tip history.ID) (*policy.Ledger, error) {
	if l := stored(ctx, s, ref, tip); l != nil {
		return l, nil
	}
	c, err := newCount(s, s.Kept.Line())
	if err != nil {
		return nil, err
	}
	defer c.remember()
	stands, err := c.upTo(ctx, tip, standing{})
	return stands.ledger, err
}

// Clock gives a ledger that is right about when the last landing up to tip was, and of which nobody may ask more: of
// each landing it reads only the date. It is for who judges little, and has [policy.Ledger.Watch] say whether At is
// needed.
func Clock(ctx context.Context, s *site.Site, ref string, tip history.ID) (*policy.Ledger, error) {
	if l := stored(ctx, s, ref, tip); l != nil {
		return l, nil
	}
	c, err := newCount(s, new(kept.Line))
	if err != nil {
		return nil, err
	}
	last, err := c.last(ctx, tip)
	return policy.NewClock(last), err
}

// stored gives a ledger that is kept, or carried on from one; nil for none.
func stored(ctx context.Context, s *site.Site, ref string, tip history.ID) *policy.Ledger {
	l, earlier := s.Tenure.At(ref, tip.String())
	if l != nil {
		return l
	}
	for _, e := range earlier {
		from, err := history.ParseID(e.Tip)
		if err != nil {
			continue
		}
		since := history.Range{Tip: tip, Not: []history.ID{from}, Landed: true}
		if ok, err := fold(ctx, s, e.Ledger, since, from, nil); err == nil && ok {
			return e.Ledger
		}
	}
	return nil
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
// the range doesn't begin right after from. Each landing is shown first, unless seen is nil.
func fold(
	ctx context.Context, s *site.Site, l *policy.Ledger, r history.Range, from history.ID,
	seen func(*policy.Landing) error,
) (bool, error) {
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
		if seen != nil {
			if err := seen(landing); err != nil {
				return false, err
			}
		}
		NotAhead(s, landing)
		l.Credit(f.By.Rules, landing)
	}
	return true, nil
}

// All works a ledger out from the beginning, from the history alone: what was there before adoption by claimed
// identity, if the policy says so, and everything since by signature.
func All(ctx context.Context, s *site.Site, tip history.ID) (*policy.Ledger, error) {
	c, err := newCount(s, new(kept.Line))
	if err != nil {
		return nil, err
	}
	stands, err := c.upTo(ctx, tip, standing{})
	return stands.ledger, err
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
