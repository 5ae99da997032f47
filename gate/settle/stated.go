package settle

import (
	"context"
	"time"

	"countersign/gate/attest"
	"countersign/gate/inforce"
	"countersign/policy"
	"countersign/verify"
)

// Stated reads an attestation, and has a policy's keys verify it as of when it arrived. Whose key was compromised or
// ended since may have vouched before: the journal knows when the attestation came in.
func (a *Answers) Stated(
	ctx context.Context, by *inforce.Policy, repo attest.Repository, r attest.Ref, at verify.Arrival,
) (attest.Statement, error) {
	s, err := attest.Read(ctx, repo, r, at, by.Signature)
	if err == nil && !at.Now() && by.Rules.AheadOf(s.When, a.site.Clock()) {
		a.leans.Clock = true
		s.Signature = policy.Signature{Status: policy.StatusMisdated, Reason: "it is dated after the clock of this machine"}
	}
	byReceipt := s.Signature.Status == policy.StatusRevoked || s.Signature.Status == policy.StatusExpired
	if err != nil || !at.Now() || !byReceipt {
		return s, err
	}
	seen, err := a.site.AttestedAt(ctx, r.Kind, r.Commit.String(), r.Principal, r.Tag.String())
	if err != nil || seen == 0 {
		return s, err
	}
	return attest.Read(ctx, repo, r, at.ReceivedAt(time.Unix(seen, 0)), by.Signature)
}
