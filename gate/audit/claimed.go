package audit

import (
	"context"
	"slices"

	"countersign/gate/inforce"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// claimed judges the landings of a range that nobody signed, as if each committer had, and everybody were a maintainer.
func (a *Auditor) claimed(ctx context.Context, of Audit, visit func(Judged) error) error {
	rules := a.site.Rules().WithPrincipals(a.site.Rules().Principals)
	rules.Signatures.Kinds = append(slices.Clone(rules.Signatures.Kinds), walk.ClaimedKind)
	rules.Signatures.Identity = "off"
	cl := &walk.Claims{Rules: rules, Everybody: true, Web: of.Web}
	var ledger *policy.Ledger
	r := route{start: a.site.WalkUnverified}
	r.origin = func(parent history.ID) (o walk.Origin, err error) {
		ledger, err = a.claimedLedger(ctx, cl, parent)
		return walk.Origin{Line: inforce.Line{InForce: a.site.InForce}}, err
	}
	r.visit = func(f *walk.Fact) error {
		landing := cl.Landing(f.Read, f.Elsewhere)
		landing.Ref, landing.ApprovalsFetched, landing.Complete = of.Ref, true, true
		j := Judged{Policy: cl.Rules, Ledger: ledger, Landing: landing, read: f.Read} // as it knows these people
		j.Findings = cl.Rules.Judge(ledger, landing).Findings
		for i := range j.Findings {
			j.Findings[i].Ask = nil // everybody: nobody is asked
		}
		if err := visit(j); err != nil {
			return err
		}
		ledger.Credit(cl.Rules, landing)
		return nil
	}
	return a.walk(ctx, of.Range, r)
}

// claimedLedger gives what everybody had earned up to a commit by what they claim.
func (a *Auditor) claimedLedger(ctx context.Context, cl *walk.Claims, tip history.ID) (*policy.Ledger, error) {
	l := new(policy.Ledger)
	if tip.IsZero() {
		return l, nil
	}
	repo, err := a.site.Aside()
	if err != nil {
		return nil, err
	}
	all := history.Range{Tip: tip, Counted: true, Merges: true, Landed: true, Unseen: true}
	for landing, err := range repo.Landings(ctx, all) {
		if err != nil {
			return nil, err
		}
		l.Credit(cl.Rules, cl.Landing(landing, nil))
	}
	return l, nil
}
