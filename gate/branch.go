package gate

import (
	"context"
	"fmt"
	"slices"

	"countersign/gate/earned"
	"countersign/gate/inforce"
	"countersign/gate/lineage"
	"countersign/gate/settle"
	"countersign/gate/tenure"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// brings judges what a protected ref's new value brings. A ref that exists is judged by its whole
// new range, a new one by what no protected ref reaches yet.
func (p *push) brings(ctx context.Context, u *update, tip history.ID) error {
	var err error
	if u.facts.Kind, err = p.site.Repo.Kind(ctx, tip); err != nil {
		return err
	}
	if refused, err := p.judgeMove(ctx, u); err != nil || refused {
		return err
	}
	r := history.Range{Tip: tip}
	adopted, err := p.site.InForce.Adopted()
	if err != nil {
		return err
	}
	r.Not = slices.Clone(adopted)
	isTag := lineage.IsTag(u.resolved)
	if u.real.IsZero() || isTag {
		refs, err := p.judgedRefs(ctx)
		if err != nil {
			return err
		}
		r.Not = append(r.Not, lineage.Tips(refs)...)
	} else {
		if u.above, err = earned.Above(ctx, p.site, u.resolved, u.real, adopted); err != nil {
			return err
		}
		if u.above {
			r.Not = nil
		}
		r.Not = append(r.Not, u.real)
	}
	start := func(parent history.ID) error {
		if !isTag && !u.real.IsZero() && parent == u.real {
			return nil
		}
		if !isTag && !u.real.IsZero() {
			if err := p.leaves(ctx, u, policy.MergesOld); err != nil {
				return err
			}
		}
		return p.begins(ctx, u, adopted, parent)
	}
	before := len(p.decision.Findings)
	err = p.judge(ctx, u, r, start)
	if err == nil && u.decision.Landings == 0 && !isTag {
		err = p.back(ctx, u, adopted)
	}
	if err == nil && len(p.decision.Findings) == before {
		err = p.wanted(ctx, u)
	}
	return err
}

// maxFindings ends the judging of a push that is refused anyway: nobody reads more.
const maxFindings = 5000

// shownFindings is how many findings of a push are told with their lines: files are read again for these.
const shownFindings = 100

// judge reads the landings of a range and asks the policy about each, with the tenure that stood
// before it.
func (p *push) judge(ctx context.Context, u *update, r history.Range, start func(parent history.ID) error) error {
	w := p.site.Walk(ctx, p.site.Repo, r)
	defer w.Stop()
	parent, any, err := w.Begins()
	if err != nil || !any {
		return err
	}
	u.decision.Begins(parent.String())
	if err := start(parent); err != nil {
		return err
	}
	ledger, o, err := p.origin(ctx, u, parent)
	if parent == u.real { // what had landed before, as much of it as there was time for
		p.site.Kept.Save()
	}
	if err != nil {
		return err
	}
	before := tenure.Entry{Tip: parent.String(), Ledger: ledger.Clone(), Links: tenure.LinksOf(o.Links)}
	if u.above && parent == u.real {
		before.Above = p.site.Rules().Adoption.Commits
	}
	if parent == u.real {
		p.site.Tenure.Landed(u.resolved, before)
	}
	for f := range w.From(o) {
		landing, err := f.Wait()
		if err != nil {
			return err
		}
		u.decision.Judged(f.By.Rules, landing)
		outcome, err := p.lands(ctx, u, ledger, f)
		if err != nil {
			return err
		}
		f.Judged(outcome.Passes())
		if len(p.decision.Findings) < shownFindings {
			if err := p.site.ShowLines(ctx, &f.Read, outcome.Findings); err != nil {
				return err
			}
		}
		p.decision.Findings = append(p.decision.Findings, outcome.Findings...)
		p.decision.Notes = append(p.decision.Notes, outcome.Notes...)
		if len(p.decision.Findings) >= maxFindings {
			p.refuse(u, policy.LimitExceeded,
				fmt.Sprintf("more than %d findings: what comes after commit %s was not looked at", maxFindings, landing.Commit.ID),
				"mend these first", policy.PushAgain)
			return errRefused
		}
		ledger.Credit(f.By.Rules, landing)
	}
	if !lineage.IsTag(u.resolved) {
		e := tenure.Entry{Tip: r.Tip.String(), Ledger: ledger, Above: before.Above, Links: tenure.LinksOf(o.Links)}
		p.site.Tenure.Keep(u.resolved, e, before)
	}
	return nil
}

// origin gives what everybody had earned before what an update brings, and what stood there.
func (p *push) origin(ctx context.Context, u *update, parent history.ID) (*policy.Ledger, walk.Origin, error) {
	ledger, err := earned.At(ctx, p.site, u.resolved, parent)
	if err != nil {
		// Not %w: a limit that what came before exceeds is no fault of the push.
		return nil, walk.Origin{}, fmt.Errorf("the tenure earned before the push: %v", err)
	}
	links, err := earned.Links(ctx, p.site, u.resolved, parent)
	if err != nil {
		return nil, walk.Origin{}, err
	}
	repo, err := p.site.Aside()
	if err != nil {
		return nil, walk.Origin{}, err
	}
	line, err := p.site.Source.LineAt(ctx, repo, parent)
	if err != nil {
		return nil, walk.Origin{}, err
	}
	line.Arrival, line.Ref = verify.LandsNow(p.req.Received), u.resolved
	o := walk.Origin{Line: line, Last: ledger.Last(), Links: links}
	if !line.InForce.SameFolder(p.site.InForce) {
		o.Today = p.site.InForce
	}
	return ledger, o, nil
}

// lands judges a landing that comes in now, by each policy that has a say.
func (p *push) lands(ctx context.Context, u *update, ledger *policy.Ledger, f *walk.Fact) (policy.Outcome, error) {
	judge := func(by *inforce.Policy, landing *policy.Landing) (policy.Outcome, error) {
		landing.Ref, landing.Received, landing.Foreseen = u.resolved, p.req.Received.Unix(), p.foresees()
		landing.ApprovalsFetched, landing.Keyless = true, keyless(by, landing, p.req.Received)
		if p.tried != nil {
			p.tried.sign(&landing.Commit, by)
		}
		q := settle.Question{By: by, Ledger: ledger, Landing: landing, Fact: f, Coming: p.attestations}
		q.LandedBefore = func(ctx context.Context, commit string) error { return p.landedBefore(ctx, u, q, commit) }
		return p.answers.Settle(ctx, q)
	}
	outcome, err := judge(f.By, f.Landing)
	if err != nil || f.Today == nil {
		return outcome, err
	}
	more, err := judge(f.Today, f.ByToday)
	return outcome.Join(more), err
}
