package audit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// Verify judges history that has landed: what spec says, as [Auditor.Audits] reads it, by the rules of ref, "" for
// each by its own.
func (a *Auditor) Verify(ctx context.Context, spec, ref string) (policy.Decision, error) {
	audits, err := a.Audits(ctx, spec, false)
	if err != nil {
		return policy.Decision{}, err
	}
	var d policy.Decision
	var old []string
	for _, of := range audits {
		if ref != "" {
			of = of.For(ref)
		}
		r := policy.RefDecision{
			Ref: of.Read, Old: of.From().String(), New: of.Holds().String(), Protected: a.site.Rules().Protects(of.Ref),
		}
		if of.Read != of.Ref {
			r.As = of.Ref
		}
		if of.Assumed {
			d.Notes = append(d.Notes, fmt.Sprintf("%s is judged as %s; say --ref for another", of.Read, of.Ref))
		}
		findings, isOld, err := a.AuditRef(ctx, of)
		if err != nil {
			return policy.Decision{}, err
		}
		d.Findings = append(d.Findings, findings...)
		if isOld {
			old = append(old, of.Ref)
		}
		if err := a.auditInto(ctx, of, &r, &d); err != nil {
			return policy.Decision{}, err
		}
		a.maybeTestMerge(ctx, of, d.Findings)
		d.Refs = append(d.Refs, r)
	}
	if note := policy.OldTags(old); note != "" {
		d.Notes = append(d.Notes, note)
	}
	if err := a.tellAuditor(ctx, d.Findings); err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	d.Settle()
	return d, nil
}

// VerifyAll judges everything that the protected refs hold since adoption, and compares them with the journal, where
// there is one: whether each is where the last judged push left it.
func (a *Auditor) VerifyAll(ctx context.Context, now time.Time) (d policy.Decision, journal bool, err error) {
	d, none := a.Verify(ctx, "", "")
	if none != nil && !errors.Is(none, ErrNoneProtected) {
		return d, false, none
	}
	c, err := a.Compare(ctx, now)
	switch {
	case err != nil:
		return d, false, err
	case len(c.Outside) > 0:
		d.Findings = append(d.Findings, c.Outside...)
		d.Settle()
		return d, true, nil
	case !c.Journal:
		d.Notes = append(d.Notes, "no journal is at hand, so the refs weren't compared with what the pushes left")
	}
	return d, c.Journal, none
}

// auditInto adds what an audit finds to a decision.
func (a *Auditor) auditInto(ctx context.Context, of Audit, r *policy.RefDecision, d *policy.Decision) error {
	return a.Audit(ctx, of, func(j Judged) error {
		if r.Landings == 0 {
			parent := history.ID{}.String()
			if parents := j.Landing.Commit.Parents; len(parents) > 0 {
				parent = parents[0]
			}
			r.Begins(parent)
		}
		r.Judged(j.Policy, j.Landing)
		if err := a.site.ShowLines(ctx, &j.read, j.Findings); err != nil {
			return site.Undecided(err)
		}
		d.Findings = append(d.Findings, j.Findings...)
		d.Notes = append(d.Notes, j.Notes...)
		return nil
	})
}
