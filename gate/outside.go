package gate

import (
	"context"
	"slices"

	"countersign/history"
	"countersign/policy"
)

// A protected ref is moved by judged pushes, and else by nobody. Where it isn't what the last of them made of it,
// somebody moved it past the hook, and what came in so was judged by nobody.

// outside refuses an update of a protected ref that was moved past the hook, and goes on judging from the value it
// was known to have. It says whether nothing more is to be judged: the ref comes back to that value, or there is
// no such value any more.
func (p *push) outside(ctx context.Context, u *update) (settled bool, err error) {
	if u.New == u.real {
		return false, nil
	}
	state, err := p.site.StateOf(ctx, u.resolved, u.real)
	if err != nil {
		return false, err
	}
	state.Confirm(u.real.String(), p.req.Received.Unix())
	known, moved, err := state.Moved(u.real)
	if err != nil || !moved {
		return false, err
	}
	now, err := valueOf(ctx, p.site.Repo, u.resolved) // again: the journal may know of a push that came in since
	if err != nil {
		return false, err
	}
	if now != u.real {
		p.find(u, policy.StaleRef(u.Name, now.String(), u.real.String()))
		return true, nil
	}
	if u.New == known {
		return true, nil // as it was judged before
	}
	p.find(u, p.site.MovedOutside(ctx, u.resolved, known, u.real))
	if u.New.IsZero() {
		return true, nil
	}
	if !known.IsZero() {
		if _, err := p.site.Repo.Kind(ctx, known); err != nil {
			return true, ctx.Err()
		}
	}
	u.real = known
	return false, nil
}

// refLister lists refs.
type refLister interface {
	Refs(ctx context.Context, patterns ...string) ([]history.Ref, error)
}

// valueOf gives what a ref holds now, zero where there is none.
func valueOf(ctx context.Context, repo refLister, ref string) (history.ID, error) {
	refs, err := repo.Refs(ctx, ref)
	if i := slices.IndexFunc(refs, func(r history.Ref) bool { return r.Name == ref }); i >= 0 {
		return refs[i].ID, err
	}
	return history.ID{}, err
}
