package gate

import (
	"context"
	"slices"

	"countersign/history"
)

// otherLines gives the other protected branches, as far as they were judged.
func (p *push) otherLines(ctx context.Context, u *update) ([]history.Ref, error) {
	refs, err := p.judgedRefs(ctx)
	others := slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool {
		return r.Name == u.resolved || !isBranch(r.Name)
	})
	return others, err
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
		state, err := p.stateOf(ctx, r.Name, r.ID)
		if err != nil {
			return nil, err
		}
		if state.AlwaysJudged(r.ID) {
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
	v, err := p.view(ctx)
	if err != nil {
		return 0, err
	}
	for _, r := range refs {
		at, err := v.FirstWith(ctx, r.Name, r.ID, commit)
		if err != nil {
			return 0, err
		}
		if at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first, nil
}
