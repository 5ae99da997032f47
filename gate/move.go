package gate

import (
	"context"

	"countersign/gate/lineage"
	"countersign/policy"
)

// change is what is known of a change of a ref.
func (p *push) change(u *update) policy.RefChange {
	c := u.facts
	c.Name, c.Ref, c.Protected, c.Received = u.Name, u.resolved, u.decision.Protected, p.req.Received.Unix()
	c.Claimed, c.Old, c.New = lineage.Name(u.Old), lineage.Name(u.real), lineage.Name(u.New)
	c.HoldsPolicy = p.holdsPolicy(u)
	return c
}

// judgeRef asks whether a push to a ref may be at all, and says whether that has a finding.
func (p *push) judgeRef(ctx context.Context, u *update) (refused bool, err error) {
	return p.settleRef(ctx, u, p.site.Rules().JudgeRef)
}

// judgeMove asks whether a protected ref may move so, and says whether that has a finding.
func (p *push) judgeMove(ctx context.Context, u *update) (refused bool, err error) {
	return p.settleRef(ctx, u, p.site.Rules().JudgeMove)
}

// settleRef judges a change of a ref, and looks up what the policy says it needs, until it needs nothing more.
func (p *push) settleRef(
	ctx context.Context, u *update, judge func(policy.RefChange) policy.Outcome,
) (refused bool, err error) {
	for {
		outcome := judge(p.change(u))
		switch needs := outcome.Needs; {
		case needs.Beside:
			u.facts.Beside, err = p.besides(ctx, u)
		case needs.Moves:
			var moves []policy.Approval
			moves, err = p.moves(ctx, u)
			u.facts.Moves = &moves
		case needs.After:
			u.facts.After, err = p.policyAfter(ctx, u)
		case needs.Unused:
			var unused bool
			unused, err = p.holdsNothing(ctx, u)
			u.facts.Unused = &unused
		default:
			return len(outcome.Findings) > 0, p.final(u, outcome)
		}
		if err != nil {
			return false, err
		}
	}
}

// besides gives the ref beside which Git can't store a new one.
func (p *push) besides(ctx context.Context, u *update) (*policy.Beside, error) {
	if beside := p.clash(u); beside != "" {
		return &policy.Beside{Ref: beside, Coming: true}, nil
	}
	beside, err := p.noRoom(ctx, u)
	return &policy.Beside{Ref: beside}, err
}

// policyAfter gives the policy that would be in force once the branch that holds it has moved.
func (p *push) policyAfter(ctx context.Context, u *update) (*policy.Policy, error) {
	after, err := p.site.Source.Introduced(ctx, p.site.Repo)
	if !u.New.IsZero() && err == nil {
		after, err = p.site.Source.At(ctx, p.site.Repo, u.New)
	}
	if err != nil {
		return nil, err
	}
	return after.Rules, nil
}
