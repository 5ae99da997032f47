// Package settle has a policy judge a landing, and looks up what the policy says it needs, until it needs nothing more.
//
// [New] gives what answers for a site, and [Answers.Settle] asks about one landing. What a policy may need is looked up
// only then: who approved, withdrew or excepted, since when something has been in sight, whether git makes the same of
// a merge, and where a commit landed before. The last only a push can say; see [Question].
//
// It reads by the second reader of the site, since the first may be streaming landings, and by the journal. It writes
// into the landing that is asked about, and nowhere else. Answers are for one goroutine, and remember for their life
// whether there are exceptions at all, the commits of which somebody took back their word and, once they were asked of
// many commits, all attestations that are stored.
package settle

import (
	"context"
	"errors"
	"slices"

	"countersign/gate/attest"
	"countersign/policy"
)

// Settle has a policy judge a landing, and looks up what the policy says it needs, until it needs nothing more.
func (a *Answers) Settle(ctx context.Context, q Question) (policy.Outcome, error) {
	q.Landing.NoJournal = !a.site.HasJournal()
	for {
		outcome := q.By.Judge(q.Ledger, q.Landing)
		if outcome.Needs.Empty() {
			return outcome, nil
		}
		if err := a.lookUp(ctx, q, outcome.Needs); err != nil {
			return outcome, err
		}
		q.Landing.Known = q.Landing.Known.With(outcome.Needs)
	}
}

var errLanded = errors.New("where a commit landed before is asked of a push alone")

// lookUp adds to a landing what a policy needs to know of it.
func (a *Answers) lookUp(ctx context.Context, q Question, needs policy.Needs) error {
	for id := range needs.GitsMerge {
		if err := a.askGit(ctx, q.Landing.Find(id)); err != nil {
			return err
		}
	}
	for id := range needs.LandedBefore {
		if q.LandedBefore == nil {
			return errLanded
		}
		if err := q.LandedBefore(ctx, id); err != nil {
			return err
		}
	}
	wanted, err := needs.Approvals, error(nil)
	if needs.Exceptions && !wanted {
		wanted, err = a.anyException(ctx, q)
	}
	if err == nil && wanted {
		err = a.findApprovals(ctx, q)
	}
	if err == nil && len(needs.FirstSeen) > 0 {
		err = a.firstSeen(ctx, q, needs.FirstSeen)
	}
	return err
}

// anyException says whether there are exceptions at all: looking for those of each landing costs a process.
func (a *Answers) anyException(ctx context.Context, q Question) (bool, error) {
	isException := func(r attest.Ref) bool { return r.Kind == policy.Excepts }
	if slices.ContainsFunc(q.Coming, isException) {
		return true, nil
	}
	if a.exceptions == nil {
		repo, err := a.site.Aside()
		if err != nil {
			return false, err
		}
		refs, err := repo.Refs(ctx, policy.Excepts.Prefix())
		if err != nil {
			return false, err
		}
		some := len(refs) > 0
		a.exceptions = &some
	}
	return *a.exceptions, nil
}
