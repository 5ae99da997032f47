package gate

import (
	"context"
	"slices"

	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
)

// A protected branch continues what it was, and a new one begins on the line of another: see package lineage.

// begins judges where the new commits of an update begin. What begins beside all lines could be dated as anybody likes.
// Zero is before a root: then the whole line is new, and judged. And a ref that doesn't continue what it was has to
// hold the history that trust begins with.
func (p *push) begins(ctx context.Context, u *update, adopted []history.ID, at history.ID) error {
	beside, err := p.besideLines(ctx, adopted, at)
	if err != nil {
		return err
	}
	if beside {
		u.facts.Begins = at.String()
	} else {
		repo, err := p.site.Aside()
		if err != nil {
			return err
		}
		beginning := func() (history.ID, error) { return at, nil }
		if u.facts.Lacks, err = p.site.Lacks(ctx, repo, u.resolved, u.New, beginning); err != nil {
			return err
		}
	}
	u.facts.Main = p.site.Upstream(ctx)
	return stopped(p.judgeMove(ctx, u))
}

func (p *push) besideLines(ctx context.Context, adopted []history.ID, id history.ID) (bool, error) {
	if id.IsZero() {
		return false, nil
	}
	tips, err := p.lines(ctx, adopted)
	if err != nil || slices.Contains(tips, id) {
		return false, err
	}
	repo, err := p.site.Aside()
	if err != nil {
		return false, err
	}
	on, err := lineage.OnLine(ctx, repo, id, tips...)
	return !on, err
}

// back judges an update of a branch that brings nothing to judge: a new one is another name for what is
// there, an old one loses commits, unless all it brings is adopted.
func (p *push) back(ctx context.Context, u *update, adopted []history.ID) error {
	if !u.real.IsZero() {
		if err := p.leaves(ctx, u, policy.Continues); err != nil {
			return err
		}
	}
	return p.begins(ctx, u, adopted, u.New)
}

// leaves judges a branch whose old tip is not on the new one's first-parent line, or perhaps isn't. Where the new
// one reaches it all the same, merged says what that is.
func (p *push) leaves(ctx context.Context, u *update, merged policy.Line) error {
	repo, err := p.site.Aside()
	if err != nil {
		return err
	}
	reached, err := repo.Reaches(ctx, []history.ID{u.New}, []history.ID{u.real})
	if err == nil && !reached[0][0] { // as a commit-graph has it, which may be damaged
		reached, err = repo.ReachesSurely(ctx, []history.ID{u.New}, []history.ID{u.real})
	}
	if err != nil {
		return err
	}
	if u.facts.Line = policy.LosesOld; reached[0][0] {
		u.facts.Line = merged
	}
	return stopped(p.judgeMove(ctx, u))
}

// stopped stops the judging of an update that is refused.
func stopped(refused bool, err error) error {
	if err == nil && refused {
		return errRefused
	}
	return err
}
