package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
)

// Verify judges history that has landed: what spec says, as [Gate.Audits] reads it, by the rules of ref, "" for each by
// its own.
func (g *Gate) Verify(ctx context.Context, spec, ref string) (policy.Decision, error) {
	audits, err := g.Audits(ctx, spec, false)
	if err != nil {
		return policy.Decision{}, err
	}
	var d policy.Decision
	var old []string
	for _, a := range audits {
		if ref != "" {
			a = a.For(ref)
		}
		r := policy.RefDecision{
			Ref: a.Read, Old: a.From().String(), New: a.Holds().String(), Protected: g.inForce.policy.Protects(a.Ref),
		}
		if a.Read != a.Ref {
			r.As = a.Ref
		}
		if a.Assumed {
			d.Notes = append(d.Notes, fmt.Sprintf("%s is judged as %s; say --ref for another", a.Read, a.Ref))
		}
		findings, isOld, err := g.AuditRef(ctx, a)
		if err != nil {
			return policy.Decision{}, err
		}
		d.Findings = append(d.Findings, findings...)
		if isOld {
			old = append(old, a.Ref)
		}
		if err := g.auditInto(ctx, a, &r, &d); err != nil {
			return policy.Decision{}, err
		}
		d.Refs = append(d.Refs, r)
	}
	if note := OldTags(old); note != "" {
		d.Notes = append(d.Notes, note)
	}
	d.Settle()
	return d, nil
}

// VerifyAll judges everything that the protected refs hold since adoption, and compares them with the journal, where
// there is one: whether each is where the last judged push left it.
func (g *Gate) VerifyAll(ctx context.Context, now time.Time) (d policy.Decision, journal bool, err error) {
	d, none := g.Verify(ctx, "", "")
	if none != nil && !errors.Is(none, ErrNoneProtected) {
		return d, false, none
	}
	c, err := g.Compare(ctx, now)
	switch {
	case err != nil:
		return d, false, fmt.Errorf("the journal: %w", err)
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
func (g *Gate) auditInto(ctx context.Context, a Audit, r *policy.RefDecision, d *policy.Decision) error {
	return g.Audit(ctx, a, func(j Judged) error {
		if parents := j.Landing.Commit.Parents; r.Landings == 0 {
			r.From = history.ID{}.String()
			if len(parents) > 0 {
				r.From = parents[0]
			}
			if len(parents) > 0 && r.From == r.Old {
				r.From = ""
			}
		}
		r.Landings++
		r.Commits += 1 + len(j.Landing.Brought)
		d.Findings = append(d.Findings, j.Findings...)
		d.Notes = append(d.Notes, j.Notes...)
		return nil
	})
}

// Foresee judges what a push would land on protected branches, before it leaves for the server.
func (g *Gate) Foresee(ctx context.Context, req Request) (policy.Decision, error) {
	if g.inForce == nil {
		return policy.Decision{}, ErrUndecided
	}
	var d policy.Decision
	for _, u := range req.Updates {
		r := policy.RefDecision{
			Ref: u.Name, Old: u.Old.String(), New: u.New.String(), Protected: g.inForce.policy.Protects(u.Name),
		}
		if r.Protected && !u.New.IsZero() && strings.HasPrefix(u.Name, "refs/heads/") {
			if err := g.foreseeBranch(ctx, u, &r, &d); err != nil {
				return policy.Decision{}, err
			}
		}
		d.Refs = append(d.Refs, r)
	}
	d.Settle()
	return d, nil
}

func (g *Gate) foreseeBranch(
	ctx context.Context, u history.RefUpdate, r *policy.RefDecision, d *policy.Decision,
) error {
	what := u.New.String()
	if !u.Old.IsZero() {
		what = u.Old.String() + ".." + what
	}
	audits, err := g.Audits(ctx, what, false)
	if err != nil {
		return fmt.Errorf("%s: %w (git fetch may help)", u.Name, err)
	}
	for _, a := range audits {
		a.Ref = u.Name
		if err := g.auditInto(ctx, a, r, d); err != nil {
			return err
		}
	}
	return nil
}
