package gate

import (
	"context"
	"slices"

	"countersign/gate/lineage"
	"countersign/history"
)

// judgedRefs gives the protected refs whose whole content was judged; see [site.Site.JudgedRefs]. It is worked out once
// a push.
func (p *push) judgedRefs(ctx context.Context) ([]history.Ref, error) {
	if p.judged != nil {
		return p.judged, nil
	}
	refs, err := p.site.JudgedRefs(ctx)
	p.judged = refs
	return refs, err
}

// lines gives the tips of the lines whose landing times can be trusted: of the protected branches, and
// of what was there at adoption.
func (p *push) lines(ctx context.Context, adopted []history.ID) ([]history.ID, error) {
	refs, err := p.judgedRefs(ctx)
	// A tag may stand on anything that was judged, on a line or beside it.
	branches := slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool { return lineage.IsTag(r.Name) })
	return append(slices.Clone(adopted), lineage.Tips(branches)...), err
}

// otherLines gives the other protected branches, as far as they were judged.
func (p *push) otherLines(ctx context.Context, u *update) ([]history.Ref, error) {
	refs, err := p.judgedRefs(ctx)
	others := slices.DeleteFunc(lineage.Branches(refs), func(r history.Ref) bool { return r.Name == u.resolved })
	return others, err
}

// straight gives the other protected branches that are where they should be and always were protected, as far as the
// journal goes back. What lies on the line of one landed there when it says, though the records of that may be in
// an archive: whoever pushes can't take records away.
func (p *push) straight(ctx context.Context, u *update) ([]history.Ref, error) {
	if known, ok := p.straights[u.resolved]; ok { // many landings ask
		return known, nil
	}
	refs, err := p.site.ProtectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	var straight []history.Ref
	for _, r := range lineage.Branches(refs) {
		if r.Name == u.resolved {
			continue
		}
		state, err := p.site.StateOf(ctx, r.Name, r.ID)
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
	repo, err := p.site.Aside()
	if err != nil {
		return false, err
	}
	return lineage.OnLine(ctx, repo, u.New, lineage.Tips(straight)...)
}

// cameIn says when a commit first came in on one of some refs, by the journal, in seconds since 1970; 0 if it
// didn't.
func (p *push) cameIn(ctx context.Context, refs []history.Ref, commit string) (first int64, err error) {
	v, err := p.site.View(ctx)
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

// standsOnJudged says whether a tagged object is a commit that was judged, or adopted, or that a protected branch
// of this very push brings: then the tag brings nothing to judge. It is worked out once for all tags of the push.
func (p *push) standsOnJudged(ctx context.Context, target history.ID) (bool, error) {
	if p.landed == nil {
		p.landed = make(map[history.ID]bool)
		if err := p.findLanded(ctx); err != nil {
			return false, err
		}
	}
	return p.landed[target], nil
}

func (p *push) findLanded(ctx context.Context) error {
	var targets []history.ID
	tips, err := p.site.InForce.Adopted()
	if err != nil {
		return err
	}
	for i := range p.updates {
		u := &p.updates[i]
		switch {
		case !u.decision.Protected || u.New.IsZero():
		case !lineage.IsTag(u.resolved):
			tips = append(tips, u.New) // judged as well, and accepted only together with the tags
		default:
			// A tag that can't be followed is refused for that.
			target, kind, err := history.Peel(ctx, p.site.Repo, u.New, nil)
			if err == nil && kind == "commit" {
				targets = append(targets, target)
			}
		}
	}
	refs, err := p.judgedRefs(ctx)
	if err != nil || len(targets) == 0 {
		return err
	}
	tips = append(tips, lineage.Tips(lineage.Branches(refs))...)
	repo, err := p.site.Aside()
	if err != nil {
		return err
	}
	reached, err := repo.Reaches(ctx, tips, targets)
	for _, by := range reached {
		for i, yes := range by {
			p.landed[targets[i]] = p.landed[targets[i]] || yes
		}
	}
	return err
}
