package gate

import (
	"context"
	"slices"
	"time"

	"countersign/history"
	"countersign/policy"
)

// byReceipt are the findings in which the receiver's clock stands against a landing.
var byReceipt = []policy.Code{policy.KeyRevoked, policy.KeyExpired, policy.DateTooOld}

// received judges a landing that comes in now. What has landed on another protected branch before came in then:
// only where the clock stands against the landing is that looked up.
func (p *push) received(ctx context.Context, st *standing, ledger *policy.Ledger, u *update, f *fact, landing *policy.Landing) ([]policy.Finding, error) {
	landing.Ref, landing.Received, landing.ApprovalsFetched = u.resolved, p.req.Received.Unix(), true
	findings, err := p.withApprovals(ctx, st, ledger, landing, f.tags, p.vouchers)
	if err != nil || !slices.ContainsFunc(findings, func(f policy.Finding) bool { return slices.Contains(byReceipt, f.Code) }) {
		return findings, err
	}
	before, err := p.landedBefore(ctx, u)
	if err != nil {
		return nil, err
	}
	changed := false
	for _, finding := range findings {
		e, c := f.find(finding.Commit), landing.Find(finding.Commit)
		if e == nil || c == nil {
			continue
		}
		switch finding.Code {
		case policy.KeyRevoked, policy.KeyExpired:
			at, err := p.cameIn(ctx, before, c.ID)
			if err != nil {
				return nil, err
			}
			if at != 0 {
				c.Signature, changed = signature(st.verify(e.Payload, e.Signature, e.Committer.When, arrival{f.at.landed, time.Unix(at, 0)})), true
			}
		case policy.DateTooOld:
			repo, err := p.aside()
			if err != nil {
				return nil, err
			}
			straight, err := p.straight(ctx, u)
			if err != nil {
				return nil, err
			}
			if landing.Bounded, err = onLineOf(ctx, repo, e.ID, tipsOf(slices.Concat(straight, before))...); err != nil {
				return nil, err
			}
			changed = changed || landing.Bounded
		}
	}
	if !changed {
		return findings, nil
	}
	landing.Approvals, landing.Exceptions = nil, nil
	return p.withApprovals(ctx, st, ledger, landing, f.tags, p.vouchers)
}

// find gives a commit of a landing as it was read, nil if it isn't of it.
func (f *fact) find(id string) *history.Entry {
	if f.read.Commit.ID.String() == id {
		return &f.read.Commit
	}
	i := slices.IndexFunc(f.read.Brought, func(e history.Entry) bool { return e.ID.String() == id })
	if i < 0 {
		return nil
	}
	return &f.read.Brought[i]
}

// landedBefore gives the other protected branches, as far as they were judged.
func (p *push) landedBefore(ctx context.Context, u *update) ([]history.Ref, error) {
	refs, err := p.judgedRefs(ctx)
	return slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool { return r.Name == u.resolved || !isBranch(r.Name) }), err
}

// straight gives the other protected branches that are where they should be and always were protected, as far as the
// journal goes back. What lies on the line of one landed there when it says, though the records of that may be in
// an archive: whoever pushes can't take records away.
func (p *push) straight(ctx context.Context, u *update) ([]history.Ref, error) {
	if known, ok := p.straights[u.resolved]; ok { // many landings ask
		return known, nil
	}
	refs, err := p.protectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	var straight []history.Ref
	for _, r := range refs {
		if r.Name == u.resolved || !isBranch(r.Name) {
			continue
		}
		past, err := p.pastOf(ctx, r.Name, r.ID)
		if err != nil {
			return nil, err
		}
		if past.straight(r.ID) {
			straight = append(straight, r)
		}
	}
	if p.straights == nil {
		p.straights = make(map[string][]history.Ref)
	}
	p.straights[u.resolved] = straight
	return straight, nil
}

// onStraight says whether the new value lies on the line of one of those.
func (p *push) onStraight(ctx context.Context, u *update) (bool, error) {
	straight, err := p.straight(ctx, u)
	if err != nil {
		return false, err
	}
	repo, err := p.aside()
	if err != nil {
		return false, err
	}
	return onLineOf(ctx, repo, u.New, tipsOf(straight)...)
}

// cameIn says when a commit first came in on one of some refs, by the journal, in seconds since 1970; 0 if it
// didn't.
func (p *push) cameIn(ctx context.Context, refs []history.Ref, commit string) (first int64, err error) {
	l := look{Gate: p.Gate}
	for _, r := range refs {
		at, err := l.firstWith(ctx, r.Name, r.ID, commit)
		if err != nil {
			return 0, err
		}
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first, nil
}
