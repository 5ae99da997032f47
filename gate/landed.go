package gate

import (
	"context"
	"slices"
	"strings"

	"countersign/history"
)

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
	tips, err := adoption(p.inForce.policy)
	if err != nil {
		return err
	}
	for i := range p.updates {
		u := &p.updates[i]
		switch {
		case !u.decision.Protected || u.New.IsZero():
		case !strings.HasPrefix(u.resolved, "refs/tags/"):
			tips = append(tips, u.New) // judged as well, and accepted only together with the tags
		default:
			// A tag that can't be followed is refused for that.
			target, kind, err := history.Peel(ctx, p.repo, u.New, nil)
			if err == nil && kind == "commit" {
				targets = append(targets, target)
			}
		}
	}
	refs, err := p.judgedRefs(ctx)
	if err != nil || len(targets) == 0 {
		return err
	}
	branches := slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool { return !isBranch(r.Name) })
	tips = append(tips, tipsOf(branches)...)
	repo, err := p.aside()
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
