package audit

import (
	"context"
	"slices"

	"countersign/gate/inforce"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// claims are the people of a history that nobody signed, as one policy knows them, and what they have earned.
type claims struct {
	walk.Claims
	ledger *policy.Ledger
}

// claimedBy takes each committer for a signer, and everybody for a maintainer.
func claimedBy(p *policy.Policy, web Web) *claims {
	rules := p.WithPrincipals(p.Principals)
	rules.Signatures.Kinds = append(slices.Clone(rules.Signatures.Kinds), walk.ClaimedKind)
	rules.Signatures.Identity = "off"
	return &claims{walk.Claims{Rules: rules, Everybody: true, Web: web}, new(policy.Ledger)}
}

// landing gives a landing to be judged.
func (cl *claims) landing(f *walk.Fact, ref string) *policy.Landing {
	landing := cl.Landing(f.Read, f.Elsewhere)
	landing.Ref, landing.ApprovalsFetched, landing.Complete = ref, true, true
	return landing
}

// claimed judges the landings of a range that nobody signed, as if each committer had, and everybody were a maintainer.
func (a *Auditor) claimed(ctx context.Context, of Audit, visit func(Judged) error) error {
	var all []*claims
	r := route{start: a.site.WalkUnverified}
	r.origin = func(parent history.ID) (walk.Origin, error) {
		all = a.claimants(of)
		for _, cl := range all {
			cl.ledger.Watch(of.asked)
		}
		return walk.Origin{Line: inforce.Line{InForce: a.site.InForce}}, a.creditClaims(ctx, all, parent, of.asked != nil)
	}
	r.visit = func(f *walk.Fact) error {
		landings := landingsOf(all, f, of.Ref)
		cl, landing := all[0], landings[0]
		j := Judged{Policy: cl.Rules, Ledger: cl.ledger, Landing: landing, read: f.Read} // as it knows these people
		j.Findings = unasked(cl.Rules.Judge(cl.ledger, landing).Findings)
		own := 0
		for _, other := range of.Beside {
			say := Opinion{Ledger: cl.ledger, Landing: landing}
			if other.Policy != nil {
				own++
				say.Policy, say.Ledger, say.Landing = all[own].Rules, all[own].ledger, landings[own]
			} else {
				say.Policy = other.Made(cl.Rules)
			}
			say.Findings = unasked(say.Policy.Judge(say.Ledger, say.Landing).Findings)
			j.Beside = append(j.Beside, say)
		}
		if err := visit(j); err != nil {
			return err
		}
		for i, cl := range all {
			cl.ledger.Credit(cl.Rules, landings[i])
		}
		return nil
	}
	return a.walk(ctx, of.Range, r)
}

// claimants gives those of each policy of an audit that has people of its own; the first is the policy in force.
func (a *Auditor) claimants(of Audit) []*claims {
	all := []*claims{claimedBy(a.site.Rules(), of.Web)}
	for _, other := range of.Beside {
		if other.Policy != nil {
			all = append(all, claimedBy(other.Policy, of.Web))
		}
	}
	return all
}

// landingsOf gives a landing as each of the policies knows its people.
func landingsOf(all []*claims, f *walk.Fact, ref string) []*policy.Landing {
	landings := make([]*policy.Landing, len(all))
	for i, cl := range all {
		landings[i] = cl.landing(f, ref)
	}
	return landings
}

// unasked takes out of findings whom to ask: everybody, so nobody.
func unasked(findings []policy.Finding) []policy.Finding {
	for i := range findings {
		findings[i].Ask = nil
	}
	return findings
}

// creditClaims credits what everybody had earned up to a commit by what they claim. Bare is without what was changed:
// then no class is known, and only who the people are and when the last of it landed is right.
func (a *Auditor) creditClaims(ctx context.Context, all []*claims, tip history.ID, bare bool) error {
	if tip.IsZero() {
		return nil
	}
	repo, err := a.site.Aside()
	if err != nil {
		return err
	}
	everything := history.Range{Tip: tip, Counted: true, Merges: true, Landed: true, Unseen: true, Bare: bare}
	for landing, err := range repo.Landings(ctx, everything) {
		if err != nil {
			return err
		}
		for _, cl := range all {
			cl.ledger.Credit(cl.Rules, cl.Landing(landing, nil))
		}
	}
	return nil
}
