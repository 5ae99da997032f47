package gate

import (
	"context"
	"slices"
	"time"

	"countersign/gate/attest"
	"countersign/gate/lineage"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// attestation judges a push of an attestation.
func (p *push) attestation(ctx context.Context, u *update) error {
	a := policy.Attestation{
		Ref: u.resolved, Deleted: u.New.IsZero(), Replaces: !u.real.IsZero(), Received: p.req.Received.Unix(),
	}
	r, err := attest.Parse(u.resolved, u.New)
	if err != nil {
		a.Unnamed = err.Error()
	}
	a.Kind, a.Commit, a.Principal = r.Kind, r.Commit.String(), r.Principal
	if a.Unnamed == "" && !a.Deleted {
		if err := p.readAttestation(ctx, u, r, &a); err != nil {
			return err
		}
	}
	outcome := p.site.Rules().JudgeAttestation(a)
	if !outcome.Needs.Empty() {
		if a.LandedOn, err = p.landedOn(ctx, r.Commit); err != nil {
			return err
		}
		a.Known.LandedBefore = map[string]bool{a.Commit: true}
		outcome = p.site.Rules().JudgeAttestation(a)
	}
	if err := p.final(u, outcome); err != nil {
		return err
	}
	if len(outcome.Findings) == 0 {
		r.Called = u.resolved + ", in this push"
		p.attestations = append(p.attestations, r)
	}
	return nil
}

// readAttestation adds what is written in an attestation, and in what it would replace.
func (p *push) readAttestation(ctx context.Context, u *update, r attest.Ref, a *policy.Attestation) error {
	now := verify.LandsNow(p.req.Received)
	s, err := attest.Read(ctx, p.site.Repo, r, now, p.site.InForce.Signature)
	if err != nil {
		return err
	}
	a.Signature, a.Size, a.When = s.Signature, int64(len(s.Message)), s.When
	a.For, a.Exception = s.Line(attest.RefLine), s.Exception()
	if a.Replaces {
		before := r
		before.Tag = u.real
		b, err := attest.Read(ctx, p.site.Repo, before, now, p.site.InForce.Signature)
		if err != nil {
			return err
		}
		a.ReplacesGood, a.ReplacesWhen = b.Signature.Status == policy.StatusGood, b.When
	}
	if r.Kind != policy.Approves && r.Kind != policy.Moves || a.For != "" {
		return nil
	}
	// What is wrong with the commit is said when it lands.
	if c, err := p.site.Repo.Commit(ctx, r.Commit); err == nil && len(c.Parents) < 2 {
		at := now.NoEarlier(time.Unix(c.Committer.When, 0))
		signed := policy.Commit{
			Author: walk.Identity(c.Author), Parents: make([]string, len(c.Parents)),
			Signature: p.site.InForce.Signature(c.Payload, c.Signature, c.Committer.When, at),
		}
		if author, service := p.site.Rules().Author(&signed); service == "" { // what is attested its author may approve
			a.Author = author
		}
	}
	return nil
}

// landedOn gives the protected branches that have a commit.
func (p *push) landedOn(ctx context.Context, commit history.ID) ([]string, error) {
	refs, err := p.site.ProtectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	refs = slices.DeleteFunc(refs, func(r history.Ref) bool { return lineage.IsTag(r.Name) })
	tips := make([]history.ID, len(refs))
	for i, r := range refs {
		tips[i] = r.ID
	}
	reached, err := p.site.Repo.Reaches(ctx, tips, []history.ID{commit})
	if err != nil {
		return nil, err
	}
	var on []string
	for i, r := range refs {
		if reached[i][0] {
			on = append(on, r.Name)
		}
	}
	return on, nil
}
