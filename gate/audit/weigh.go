package audit

import (
	"context"
	"slices"

	"countersign/gate/settle"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// Weighed is something that asks for approvals where a commit would land, and what one more would do to it.
type Weighed struct {
	policy.Finding
	Counts bool
	Why    string // it wouldn't count, "" where it would
}

// Weigh says what an approval would do where a commit landed on a protected ref now, for each finding that asks for
// approvals; "" is the branch that most is merged into. The approval is taken for one of all that lands with the
// commit, as it is where a merge brings that.
func (a *Auditor) Weigh(
	ctx context.Context, commit history.ID, ref string, approval policy.Approval,
) (weighed []Weighed, onto string, err error) {
	approval.Name = "this one"
	onto, err = a.landing(ctx, commit, ref, func(j Judged) {
		approval.Commit = j.Landing.Commit.ID
		with := *j.Landing
		with.Approvals = append(slices.Clip(with.Approvals), approval)
		found := j.by.Judge(j.Ledger, &with).Findings
		for _, f := range j.Findings {
			if f.Needed <= len(f.Have) {
				continue
			}
			w := Weighed{Finding: f, Counts: true}
			i := slices.IndexFunc(found, func(g policy.Finding) bool {
				return g.Commit == f.Commit && g.Rule == f.Rule && g.Needed > 0
			})
			if i >= 0 && !slices.Contains(found[i].Have, approval.Signature.Principal) {
				w.Counts, w.Why = false, "it isn't of what asks for it"
				for _, d := range found[i].Discounted {
					if d.Name == approval.Name {
						w.Why = d.Reason
					}
				}
			}
			weighed = append(weighed, w)
		}
	})
	return weighed, onto, err
}

// Awaited is what stands against a commit that has not landed, and when it was made, in seconds since 1970.
type Awaited struct {
	policy.Finding
	Made int64
}

// Awaits says what would stand against a commit where it landed on a protected ref now, and on which; "" is the branch
// that most is merged into. Where no journal is at hand, it is taken to have been in sight since it was made.
func (a *Auditor) Awaits(ctx context.Context, commit history.ID, ref string) (found []Awaited, onto string, err error) {
	onto, err = a.landing(ctx, commit, ref, func(j Judged) {
		for _, f := range j.Findings {
			w := Awaited{Finding: f}
			if c := j.Landing.Find(f.Commit); c != nil {
				w.Made = c.Committer.When
			}
			found = append(found, w)
		}
	})
	return found, onto, err
}

// landing judges a commit as the new tip of a protected ref, as if it landed now.
func (a *Auditor) landing(ctx context.Context, commit history.ID, ref string, visit func(Judged)) (string, error) {
	of, err := a.onto(ctx, commit, ref)
	if err != nil {
		return "", err
	}
	now := a.site.Clock()
	a.site.Receive(now)
	return of.Ref, a.Audit(ctx, of, func(j Judged) error {
		landing := *j.Landing
		landing.Received, landing.ApprovalsFetched, landing.Known = now, true, policy.Needs{}
		landing.Bounded = true // a merge may be made when it lands
		if !a.site.HasJournal() {
			landing.Seen = map[string]int64{landing.Commit.ID: landing.Commit.Committer.When}
			for i := range landing.Brought {
				landing.Seen[landing.Brought[i].ID] = landing.Brought[i].Committer.When
			}
		}
		outcome, err := a.answers.Settle(ctx, settle.Question{
			By: j.by, Ledger: j.Ledger, Landing: &landing, Fact: j.fact,
			LandedBefore: func(context.Context, string) error { return nil },
		})
		if err != nil {
			return site.Undecided(err)
		}
		j.Landing, j.Findings = &landing, outcome.Findings
		visit(j)
		return nil
	})
}

// onto takes a commit for the new tip of a protected ref.
func (a *Auditor) onto(ctx context.Context, commit history.ID, ref string) (of Audit, err error) {
	if !a.site.Readable() {
		return of, site.ErrUndecided
	}
	if ref == "" {
		if ref, err = a.site.MainRef(ctx); err != nil {
			return of, site.Undecided(err)
		}
	}
	adopted, err := a.adopted(ctx)
	if err != nil {
		return of, site.Undecided(err)
	}
	of = Audit{Ref: ref, Read: ref, Range: history.Range{Tip: commit, Not: adopted}}
	refs, err := a.site.Repo.Refs(ctx, ref)
	if err == nil && len(refs) == 1 {
		of.Range.Not, of.part = append(of.Range.Not, refs[0].ID), true
	}
	return of, site.Undecided(err)
}
