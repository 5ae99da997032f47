package gate

import (
	"context"
	"fmt"
	"slices"

	"countersign/history"
)

// holdsNothing says whether a protected branch may be deleted by anybody, since nothing is lost by it: it was made,
// by the journal, at a commit that was judged already, has not moved since, and another protected branch that stays
// reaches that commit. Whoever may push can make such branches without a key, and so whoever may push can take
// them away. A branch that the policy names, or that holds the policy, stays.
func (p *push) holdsNothing(ctx context.Context, u *update) (bool, error) {
	if !isBranch(u.resolved) || p.now.policy.Names(u.resolved) || p.introduction != nil && u.resolved == p.introduction.Ref {
		return false, nil
	}
	if p.empty == nil {
		if err := p.findEmpty(ctx); err != nil {
			return false, err
		}
	}
	if !p.empty[u.resolved] {
		return false, nil
	}
	p.decision.Notes = append(p.decision.Notes, fmt.Sprintf("%s goes from %s: nothing landed on it", u.resolved, u.real))
	return true, nil
}

// findEmpty answers holdsNothing for all updates of the push.
func (p *push) findEmpty(ctx context.Context) error {
	p.empty = make(map[string]bool)
	var names []string
	var ids []history.ID
	moved := make(map[string]bool)
	for i := range p.updates {
		u := &p.updates[i]
		moved[u.resolved] = true
		if !u.New.IsZero() {
			continue
		}
		past, err := p.pastOf(ctx, u.resolved, u.real)
		if err != nil {
			return err
		}
		if past.onlyMade(u.real.String()) {
			names, ids = append(names, u.resolved), append(ids, u.real)
		}
	}
	refs, err := p.judgedRefs(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	stay := tipsOf(slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool { return !isBranch(r.Name) || moved[r.Name] }))
	repo, err := p.aside()
	if err != nil {
		return err
	}
	reached, err := repo.Reaches(ctx, stay, ids)
	for _, by := range reached {
		for i, yes := range by {
			p.empty[names[i]] = p.empty[names[i]] || yes
		}
	}
	return err
}

// onlyMade says whether all that happened to the ref is that it was made with a value at which nothing had to be
// judged.
func (p *refPast) onlyMade(value string) bool {
	if len(p.moves) == 0 {
		return false
	}
	last := p.moves[len(p.moves)-1]
	old, err := history.ParseID(last.old)
	return err == nil && old.IsZero() && last.new == value && last.landings == 0
}
