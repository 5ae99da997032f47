package gate

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/policy"
	"countersign/verify"
)

// mayMove says whether a protected ref may lose what it holds: because the policy allows that to everybody,
// or because as many maintainers as the quorum asks for approved the very old and new ids.
func (p *push) mayMove(ctx context.Context, u *update, allowed bool) (bool, error) {
	if allowed {
		return true, nil
	}
	about := u.New
	if about.IsZero() {
		about = u.real
	}
	commit, err := p.peeled(ctx, about)
	if err != nil {
		return false, err
	}
	committed, err := p.committed(ctx, commit)
	if err != nil {
		return false, err
	}
	refs, err := p.repo.Refs(ctx, Approval.refs()+commit.String()+"/")
	if err != nil {
		return false, err
	}
	found := slices.Clone(p.vouchers)
	for _, r := range refs {
		if v, err := parseVoucher(r.Name, r.ID); err == nil {
			found = append(found, v)
		}
	}
	var moves []policy.Approval
	for _, v := range found {
		if v.kind != Approval || v.commit != commit {
			continue
		}
		s, err := p.said(ctx, p.now, p.repo, v, arrival{time.Unix(committed, 0), p.req.Received})
		if err != nil {
			return false, err
		}
		if s.signature.Status == verify.Good.String() && s.line(RefLine) == u.resolved && s.line(MoveLine) == u.real.String()+" "+u.written() {
			moves = append(moves, s.approval())
		}
	}
	by := p.now.policy.Quorate(moves)
	if by == nil {
		return false, nil
	}
	p.decision.Notes = append(p.decision.Notes, fmt.Sprintf("%s moves from %s to %s as approved by %s", u.resolved, u.real, u.written(), strings.Join(by, ", ")))
	return true, nil
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
	return fmt.Sprintf("or have the quorum approve it: countersign approve %s --ref %s --from %s --to %s", about, u.resolved, u.real, u.written())
}
