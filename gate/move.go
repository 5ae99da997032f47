package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/gate/attest"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// change is what is known of a change of a ref.
func (p *push) change(u *update) policy.RefChange {
	c := u.facts
	c.Name, c.Ref, c.Protected, c.Received = u.Name, u.resolved, u.decision.Protected, p.req.Received.Unix()
	c.Claimed, c.Old, c.New = nameOf(u.Old), nameOf(u.real), nameOf(u.New)
	c.HoldsPolicy = p.introduction != nil && u.resolved == p.introduction.Ref
	return c
}

// nameOf gives the name of an object, "" for none.
func nameOf(id history.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// judgeRef asks whether a push to a ref may be at all, and says whether that has a finding.
func (p *push) judgeRef(ctx context.Context, u *update) (refused bool, err error) {
	return p.settleRef(ctx, u, p.inForce.policy.JudgeRef)
}

// judgeMove asks whether a protected ref may move so, and says whether that has a finding.
func (p *push) judgeMove(ctx context.Context, u *update) (refused bool, err error) {
	return p.settleRef(ctx, u, p.inForce.policy.JudgeMove)
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

// final takes in what is said of an update in the end. What needs something that nobody looks up is no answer.
func (p *push) final(u *update, outcome policy.Outcome) error {
	if !outcome.Needs.Empty() {
		return fmt.Errorf("%s can't be judged without what the policy needs to know: %+v", u.Name, outcome.Needs)
	}
	p.find(u, outcome.Findings...)
	p.note(outcome.Notes...)
	return nil
}

// note takes in what is worth knowing, once.
func (p *push) note(notes ...string) {
	for _, n := range notes {
		if !slices.Contains(p.decision.Notes, n) {
			p.decision.Notes = append(p.decision.Notes, n)
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
	after, err := p.introduced(ctx)
	if !u.New.IsZero() && err == nil {
		after, err = p.policyAt(ctx, p.repo, u.New)
	}
	if err != nil {
		return nil, err
	}
	return after.policy, nil
}

// moves gives the approvals of a move that count: those given since the ref was last moved so and went on from
// there. One is withdrawn by a newer tag in its place that approves nothing.
func (p *push) moves(ctx context.Context, u *update) ([]policy.Approval, error) {
	about := u.New
	if about.IsZero() {
		about = u.real
	}
	commit, err := p.peeled(ctx, about)
	if err != nil {
		return nil, err
	}
	stated, err := p.statedOf(ctx, policy.Moves, commit)
	if err != nil || len(stated) == 0 {
		return nil, err
	}
	state, err := p.stateOf(ctx, u.resolved, u.real)
	if err != nil {
		return nil, err
	}
	to := u.New.String()
	if u.New.IsZero() { // as people write it
		to = strings.Repeat("0", len(u.real.String()))
	}
	var moves []policy.Approval
	for _, s := range stated {
		if s.Signature.Status == policy.StatusGood && s.Line(attest.RefLine) == u.resolved &&
			s.Line(attest.MoveLine) == u.real.String()+" "+to {
			a := s.Approval()
			if a.Seen, err = p.attestedAt(ctx, policy.Moves, a.Commit, s.Principal, a.Object); err != nil {
				return nil, err
			}
			if a.Seen == 0 || a.Seen > state.MovedOn(u.real.String(), u.New.String()) {
				moves = append(moves, a)
			}
		}
	}
	return moves, nil
}

// statedOf reads the attestations of a kind about a commit: those that are here, and those that come in this push.
func (p *push) statedOf(
	ctx context.Context, kind policy.AttestationKind, commit history.ID,
) ([]attest.Statement, error) {
	found := slices.DeleteFunc(slices.Clone(p.attestations), func(r attest.Ref) bool {
		return r.Commit != commit || r.Kind != kind
	})
	refs, err := p.repo.Refs(ctx, kind.Prefix()+commit.String()+"/")
	if err != nil {
		return nil, err
	}
	found = append(found, attest.Among(refs)...)
	if len(found) == 0 {
		return nil, nil
	}
	committed, err := p.committed(ctx, commit)
	if err != nil {
		return nil, err
	}
	at := verify.LandsNow(p.req.Received).NoEarlier(time.Unix(committed, 0))
	stated := make([]attest.Statement, len(found))
	for i, r := range found {
		if stated[i], err = p.stated(ctx, p.inForce, p.repo, r, at); err != nil {
			return nil, err
		}
	}
	return stated, nil
}
