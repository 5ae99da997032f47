package gate

import (
	"context"
	"slices"
	"strings"
	"time"

	"countersign/gate/attest"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// stated reads an attestation for a push that comes in now. Whose key was compromised or ended since may have vouched
// before: the journal knows when the attestation came in.
func (g *Gate) stated(
	ctx context.Context, st *policyInForce, repo Repository, r attest.Ref, at verify.Arrival,
) (attest.Statement, error) {
	s, err := attest.Read(ctx, repo, r, at, st.signature)
	if err == nil && !at.Now() && st.policy.AheadOf(s.When, g.clock()) {
		s.Signature = policy.Signature{Status: policy.StatusMisdated, Reason: "it is dated after the clock of this machine"}
	}
	byReceipt := s.Signature.Status == policy.StatusRevoked || s.Signature.Status == policy.StatusExpired
	if err != nil || !at.Now() || !byReceipt {
		return s, err
	}
	seen, err := g.attestedAt(ctx, r.Kind, r.Commit.String(), r.Principal, r.Tag.String())
	if err != nil || seen == 0 {
		return s, err
	}
	return attest.Read(ctx, repo, r, at.ReceivedAt(time.Unix(seen, 0)), st.signature)
}

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
	outcome := p.inForce.policy.JudgeAttestation(a)
	if !outcome.Needs.Empty() {
		if a.LandedOn, err = p.landedOn(ctx, r.Commit); err != nil {
			return err
		}
		a.Known.LandedBefore = map[string]bool{a.Commit: true}
		outcome = p.inForce.policy.JudgeAttestation(a)
	}
	if err := p.final(u, outcome); err != nil {
		return err
	}
	if len(outcome.Findings) == 0 {
		r.Called = "an approval in this push"
		p.attestations = append(p.attestations, r)
	}
	return nil
}

// readAttestation adds what is written in an attestation, and in what it would replace.
func (p *push) readAttestation(ctx context.Context, u *update, r attest.Ref, a *policy.Attestation) error {
	now := verify.LandsNow(p.req.Received)
	s, err := attest.Read(ctx, p.repo, r, now, p.inForce.signature)
	if err != nil {
		return err
	}
	a.Signature, a.Size, a.When = s.Signature, int64(len(s.Message)), s.When
	a.For, a.Exception = s.Line(attest.RefLine), s.Exception()
	if a.Replaces {
		before := r
		before.Tag = u.real
		b, err := attest.Read(ctx, p.repo, before, now, p.inForce.signature)
		if err != nil {
			return err
		}
		a.ReplacesGood, a.ReplacesWhen = b.Signature.Status == policy.StatusGood, b.When
	}
	if r.Kind != policy.Approves && r.Kind != policy.Moves || a.For != "" {
		return nil
	}
	// What is wrong with the commit is said when it lands.
	if c, err := p.repo.Commit(ctx, r.Commit); err == nil && len(c.Parents) < 2 {
		at := now.NoEarlier(time.Unix(c.Committer.When, 0))
		a.Signer = p.inForce.signature(c.Payload, c.Signature, c.Committer.When, at).Principal
	}
	return nil
}

// landedOn gives the protected branches that have a commit.
func (p *push) landedOn(ctx context.Context, commit history.ID) ([]string, error) {
	refs, err := p.protectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	refs = slices.DeleteFunc(refs, func(r history.Ref) bool { return strings.HasPrefix(r.Name, "refs/tags/") })
	tips := make([]history.ID, len(refs))
	for i, r := range refs {
		tips[i] = r.ID
	}
	reached, err := p.repo.Reaches(ctx, tips, []history.ID{commit})
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
