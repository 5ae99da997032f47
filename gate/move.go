package gate

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// mayMove says whether a protected ref may lose what it holds: because the policy allows that to everybody,
// or because as many maintainers as the quorum asks for approved the very old and new ids. What is allowed to
// everybody isn't for the branch that holds the policy: the one in force would be another.
func (p *push) mayMove(ctx context.Context, u *update, allowed bool) (bool, error) {
	holdsPolicy := p.introduction != nil && u.resolved == p.introduction.Ref && !u.real.IsZero()
	if allowed && !holdsPolicy {
		return true, nil
	}
	moves, err := p.moves(ctx, u)
	if err != nil {
		return false, err
	}
	by := p.now.policy.Quorate(moves)
	if by == nil {
		return false, nil
	}
	if holdsPolicy {
		moves = slices.DeleteFunc(moves, func(a policy.Approval) bool { return !slices.Contains(by, a.Signature.Principal) })
		if err := p.mayLoosen(ctx, u, moves); err != nil {
			return false, err
		}
	}
	p.decision.Notes = append(p.decision.Notes, fmt.Sprintf("%s moves from %s to %s as approved by %s", u.resolved, u.real, u.written(), strings.Join(by, ", ")))
	return true, nil
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
	said, err := p.saidOf(ctx, Move, commit)
	if err != nil || len(said) == 0 {
		return nil, err
	}
	state, err := p.stateOf(ctx, u.resolved, u.real)
	if err != nil {
		return nil, err
	}
	var moves []policy.Approval
	for _, s := range said {
		if s.signature.Status == verify.Good.String() && s.line(RefLine) == u.resolved && s.line(MoveLine) == u.real.String()+" "+u.written() {
			a := s.approval()
			if a.Seen, err = p.vouched(ctx, Move, a.Commit, s.principal, a.Object); err != nil {
				return nil, err
			}
			if a.Seen == 0 || a.Seen > state.MovedOn(u.real.String(), u.New.String()) {
				moves = append(moves, a)
			}
		}
	}
	return moves, nil
}

// saidOf reads the vouchers of a kind about a commit: those that are here, and those that come in this push.
func (p *push) saidOf(ctx context.Context, kind Voucher, commit history.ID) ([]statement, error) {
	found := slices.DeleteFunc(slices.Clone(p.vouchers), func(v voucher) bool { return v.commit != commit || v.kind != kind })
	refs, err := p.repo.Refs(ctx, kind.refs()+commit.String()+"/")
	if err != nil {
		return nil, err
	}
	for _, r := range refs {
		if v, err := parseVoucher(r.Name, r.ID); err == nil {
			found = append(found, v)
		}
	}
	if len(found) == 0 {
		return nil, nil
	}
	committed, err := p.committed(ctx, commit)
	if err != nil {
		return nil, err
	}
	said := make([]statement, len(found))
	for i, v := range found {
		if said[i], err = p.said(ctx, p.now, p.repo, v, arrival{time.Unix(committed, 0), p.req.Received}); err != nil {
			return nil, err
		}
	}
	return said, nil
}

// mayLoosen refuses to let the branch that holds the policy go back to another before its time: a policy that
// loosens the one in force waits as long as it would by a commit, since the second approved of it.
func (p *push) mayLoosen(ctx context.Context, u *update, moves []policy.Approval) error {
	after, err := p.introduced(ctx)
	if !u.New.IsZero() && err == nil {
		after, err = p.standingAt(ctx, p.repo, u.New)
	}
	if err != nil {
		return err
	}
	loosens := slices.ContainsFunc(policy.Amendments(p.now.policy, after.policy, p.req.Received), func(a policy.Amendment) bool { return a.Effect == policy.Loosens })
	var times []int64
	for _, a := range moves {
		times = append(times, cmp.Or(a.Seen, p.req.Received.Unix()))
	}
	slices.Sort(times)
	since := times[min(1, p.now.policy.Quorum.Maintainers-1)]
	if wait := since + int64(p.now.policy.Quorum.CoolDown/time.Second) - p.req.Received.Unix(); loosens && wait > 0 {
		p.refuse(u, policy.CoolDown, fmt.Sprintf("it would loosen the policy, and may be done %s after its second approval came in, on %s at the earliest",
			policy.Span(p.now.policy.Quorum.CoolDown), time.Unix(p.req.Received.Unix()+wait, 0).UTC().Format("2006-01-02 15:04 UTC")),
			"push the approvals, if they aren't on the server, and this again when the time is over")
		return errRefused
	}
	return nil
}

// written is the new id as people write it: a deletion is all zeros, as long as the old id.
func (u *update) written() string {
	if u.New.IsZero() {
		return strings.Repeat("0", len(u.real.String()))
	}
	return u.New.String()
}

// moveAdvice tells how a move that is refused could be approved.
func (u *update) moveAdvice() string {
	about := u.written()
	if u.New.IsZero() {
		about = u.real.String()
	}
	return fmt.Sprintf("have the quorum approve it: countersign approve %s --ref %s --from %s --to %s", about, typed(u.resolved), u.real, u.written())
}
