package audit

import (
	"context"
	"time"

	"countersign/gate/earned"
	"countersign/gate/settle"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Audit judges the landings of a range, oldest first, and hands each to visit. It stops at the first
// error, visit's included. Errors but visit's wrap [site.ErrUndecided].
func (a *Auditor) Audit(ctx context.Context, of Audit, visit func(Judged) error) (err error) {
	defer site.UndecidedOnPanic(&err)
	if !a.site.Readable() {
		return site.ErrUndecided
	}
	of.Range.Found = a.Progress.Found
	counted := func(j Judged) error {
		err := visit(j)
		if err == nil && a.Progress.Judged != nil {
			a.Progress.Judged(1 + len(j.read.Brought))
		}
		return err
	}
	if of.Claimed {
		return a.claimed(ctx, of, counted)
	}
	return a.signed(ctx, of, counted)
}

// signed judges the landings of a range by their signatures.
func (a *Auditor) signed(ctx context.Context, of Audit, visit func(Judged) error) error {
	if a.site.InForce.Keys == nil {
		return site.Undecided(errNoKeys)
	}
	approvals, err := a.approvalsFetched(ctx)
	if err != nil {
		return site.Undecided(err)
	}
	if n := len(of.Range.Not); of.part && a.aboveAdoption(of.Ref, of.Range.Not[n-1]) {
		of.Range.Not = of.Range.Not[n-1:] // less to look at, and no less to judge
	}
	var ledger *policy.Ledger
	r := route{start: a.site.Walk}
	r.origin = func(parent history.ID) (o walk.Origin, err error) {
		ledger, o, err = a.origin(ctx, of, parent)
		return o, err
	}
	r.visit = func(f *walk.Fact) error {
		landing := f.Landing
		landing.Ref, landing.ApprovalsFetched, landing.Now = of.Ref, approvals, a.site.Clock()
		outcome, err := a.answers.Settle(ctx, settle.Question{By: f.By, Ledger: ledger, Landing: landing, Fact: f})
		if err != nil {
			return site.Undecided(err)
		}
		f.Judged(outcome.Passes())
		j := Judged{Policy: f.By.Rules, Ledger: ledger, Landing: landing, by: f.By, fact: f, read: f.Read}
		j.Findings, j.Notes = outcome.Findings, outcome.Notes
		j.ofRef = outcome.OfRef || len(landing.Known.FirstSeen) > 0 || f.Follows
		if j.ofRef && of.alsoOn != nil {
			for _, ref := range of.alsoOn(f.Read.Commit.ID) {
				found, err := a.onRef(ctx, ref, settle.Question{By: f.By, Ledger: ledger, Landing: landing, Fact: f})
				if err != nil {
					return site.Undecided(err)
				}
				j.also = append(j.also, found)
			}
		}
		for _, other := range of.Beside {
			by := f.By.As(other.Made)
			outcome, err := a.answers.Settle(ctx, settle.Question{By: by, Ledger: ledger, Landing: landing, Fact: f})
			if err != nil {
				return site.Undecided(err)
			}
			j.Beside = append(j.Beside, Opinion{by.Rules, ledger, landing, outcome.Findings})
		}
		if err := visit(j); err != nil {
			return err
		}
		earned.NotAhead(a.site, landing)
		ledger.Credit(j.Policy, landing)
		if of.credited != nil {
			of.credited(f.Read.Commit.ID, ledger)
		}
		return nil
	}
	return a.walk(ctx, of.Range, r)
}

// onRef says what is found against a landing on another ref.
func (a *Auditor) onRef(ctx context.Context, ref string, q settle.Question) ([]policy.Finding, error) {
	again := *q.Landing
	again.Ref, again.Seen = ref, nil
	again.Known = policy.Needs{GitsMerge: again.Known.GitsMerge}
	q.Landing = &again
	outcome, err := a.answers.Settle(ctx, q)
	return outcome.Findings, err
}

// aboveAdoption says whether a commit on a ref is known to reach all that was adopted.
func (a *Auditor) aboveAdoption(ref string, tip history.ID) bool {
	return a.site.Tenure.Above(ref, tip.String(), a.site.Rules().Adoption.Commits)
}

// route is how a range is walked: what reads it, what stood before its first landing, and who is shown each landing
// once it is verified.
type route struct {
	start  func(context.Context, site.Repository, history.Range) *walk.Walk
	origin func(parent history.ID) (walk.Origin, error)
	visit  func(*walk.Fact) error
}

// walk reads the landings of a range. Errors but visit's wrap [site.ErrUndecided].
func (a *Auditor) walk(ctx context.Context, of history.Range, r route) error {
	if of.Tip.IsZero() { // a tag of something else, which is a finding of its own
		return nil
	}
	repo, err := a.site.Open()
	if err != nil {
		return site.Undecided(err)
	}
	defer repo.Close()
	w := r.start(ctx, repo, of)
	defer w.Stop()
	parent, any, err := w.Begins()
	if err != nil || !any {
		return site.Undecided(err)
	}
	o, err := r.origin(parent)
	if err != nil {
		return site.Undecided(err)
	}
	for f := range w.From(o) {
		if _, err := f.Wait(); err != nil {
			return site.Undecided(err)
		}
		if err := r.visit(f); err != nil {
			return err
		}
	}
	return nil
}

// origin gives what everybody had earned before the first landing of an audit, and what stood there.
func (a *Auditor) origin(ctx context.Context, of Audit, parent history.ID) (*policy.Ledger, walk.Origin, error) {
	ledger, links, err := a.earned(ctx, of, parent)
	if err != nil {
		return nil, walk.Origin{}, err
	}
	repo, err := a.site.Aside()
	if err != nil {
		return nil, walk.Origin{}, err
	}
	line, err := a.site.Source.LineAt(ctx, repo, parent)
	line.Arrival, line.Ref = verify.LandedThen(time.Unix(ledger.Last(), 0)), of.Ref
	return ledger, walk.Origin{Line: line, Last: ledger.Last(), Links: links}, err
}

// earned gives what everybody had earned up to a commit. Where a part is judged, that may be kept, and the symbolic
// links there with it; else all is worked out from the history alone, and the links are still to be read.
func (a *Auditor) earned(ctx context.Context, of Audit, tip history.ID) (*policy.Ledger, *policy.Links, error) {
	if of.stood != nil {
		if ledger := of.stood(tip); ledger != nil {
			return ledger.Clone(), nil, nil
		}
	}
	if !of.part {
		ledger, err := earned.All(ctx, a.site, tip)
		return ledger, nil, err
	}
	at := earned.At
	if of.asked != nil {
		at = earned.Clock
	}
	ledger, err := at(ctx, a.site, of.Ref, tip)
	if err != nil {
		return nil, nil, err
	}
	ledger.Watch(of.asked)
	links, err := earned.Links(ctx, a.site, of.Ref, tip)
	return ledger, links, err
}

// Tenure gives what everybody has earned on the first-parent line up to a revision, and the policy
// that judges what comes next.
func (a *Auditor) Tenure(ctx context.Context, rev string) (*policy.Ledger, *policy.Policy, error) {
	if !a.site.Readable() {
		return nil, nil, site.ErrUndecided
	}
	read, err := a.read(ctx, rev)
	if err != nil {
		return nil, nil, err
	}
	l, err := earned.At(ctx, a.site, read.ref, read.commit)
	if err != nil {
		return nil, nil, site.Undecided(err)
	}
	next, err := a.site.Source.At(ctx, a.site.Repo, read.commit)
	if err != nil {
		return nil, nil, site.Undecided(err)
	}
	return l, next.Rules, nil
}
