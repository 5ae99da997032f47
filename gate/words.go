package gate

import (
	"context"
	"slices"
	"strings"
	"time"

	"countersign/gate/attest"
	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// moves gives the approvals of a move that count: those given since the ref was last moved so and went on from
// there. One is withdrawn by a newer tag in its place that approves nothing.
func (p *push) moves(ctx context.Context, u *update) ([]policy.Approval, error) {
	about := u.New
	if about.IsZero() {
		about = u.real
	}
	commit, _, err := history.Peel(ctx, p.site.Repo, about, nil)
	if err != nil {
		return nil, err
	}
	stated, err := p.statedOf(ctx, policy.Moves, commit)
	if err != nil || len(stated) == 0 {
		return nil, err
	}
	state, err := p.site.StateOf(ctx, u.resolved, u.real)
	if err != nil {
		return nil, err
	}
	to := u.New.String()
	if u.New.IsZero() { // as people write it
		to = strings.Repeat("0", len(u.real.String()))
	}
	made := state.MovedOn(u.real.String(), u.New.String())
	var moves []policy.Approval
	for _, s := range stated {
		if s.Signature.Status == policy.StatusGood && s.Line(attest.RefLine) == u.resolved &&
			s.Line(attest.MoveLine) == u.real.String()+" "+to {
			a := s.Approval()
			if a.Seen, err = p.site.AttestedAt(ctx, policy.Moves, a.Commit, s.Principal, a.Object); err != nil {
				return nil, err
			}
			// Anybody can make another object of the same signed words, but not of a later date.
			if a.When > made && (a.Seen == 0 || a.Seen > made) {
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
	refs, err := p.site.Repo.Refs(ctx, kind.Prefix()+commit.String()+"/")
	if err != nil {
		return nil, err
	}
	found = append(found, attest.Among(refs)...)
	if len(found) == 0 {
		return nil, nil
	}
	committed, err := lineage.Committed(ctx, p.site.Repo, commit)
	if err != nil {
		return nil, err
	}
	at := verify.LandsNow(p.req.Received).NoEarlier(time.Unix(committed, 0))
	stated := make([]attest.Statement, len(found))
	for i, r := range found {
		if stated[i], err = p.answers.Stated(ctx, p.site.InForce, p.site.Repo, r, at); err != nil {
			return nil, err
		}
	}
	return stated, nil
}

// wordsFor gives the approvals of a branch's tip for this very branch, and of its very move.
func (p *push) wordsFor(ctx context.Context, u *update) ([]policy.Approval, error) {
	words, err := p.moves(ctx, u)
	if err != nil {
		return nil, err
	}
	approvals, err := p.statedOf(ctx, policy.Approves, u.New)
	if err != nil {
		return nil, err
	}
	withdrawals, err := p.statedOf(ctx, policy.Withdraws, u.New)
	if err != nil {
		return nil, err
	}
	var given []policy.Approval
	for _, s := range approvals {
		if a := s.Approval(); a.Ref == u.resolved {
			given = append(given, a)
		}
	}
	var back []policy.Withdrawal
	for _, s := range withdrawals {
		back = append(back, s.Withdrawal())
	}
	return append(words, policy.NotWithdrawn(given, back)...), nil
}
