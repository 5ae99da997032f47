package gate

import (
	"context"
	"slices"
	"strings"

	"countersign/history"
	"countersign/policy"
)

// Tenure is counted along a first-parent line, by when each commit on it landed. The receiver's
// clock bounded those times on the protected branches and nowhere else: what a branch merged has lines
// of its own, dated as their authors liked. So a protected branch continues what it was, and a new one
// begins on the line of another.

func isBranch(ref string) bool { return strings.HasPrefix(ref, "refs/heads/") }

// lines gives the tips of the lines whose landing times can be trusted: of the protected branches, and
// of what was there at adoption.
func (p *push) lines(ctx context.Context, adopted []history.ID) ([]history.ID, error) {
	refs, err := p.judgedRefs(ctx)
	// A tag may stand on anything that was judged, on a line or beside it.
	branches := slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool {
		return strings.HasPrefix(r.Name, "refs/tags/")
	})
	return append(slices.Clone(adopted), tipsOf(branches)...), err
}

// onLineOf says whether a commit lies on the first-parent line of one of some tips.
func onLineOf(ctx context.Context, repo Repository, commit history.ID, tips ...history.ID) (bool, error) {
	for _, tip := range tips {
		line, err := repo.FirstParents(ctx, tip, func(at history.ID) bool { return at == commit })
		if err != nil {
			return false, err
		}
		if line[len(line)-1] == commit {
			return true, nil
		}
	}
	return false, nil
}

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
		repo, err := p.aside()
		if err != nil {
			return err
		}
		beginning := func() (history.ID, error) { return at, nil }
		if u.facts.Lacks, err = p.lacks(ctx, repo, u.resolved, u.New, beginning); err != nil {
			return err
		}
	}
	u.facts.Main = p.upstream(ctx)
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
	repo, err := p.aside()
	if err != nil {
		return false, err
	}
	on, err := onLineOf(ctx, repo, id, tips...)
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
	repo, err := p.aside()
	if err != nil {
		return err
	}
	reached, err := repo.Reaches(ctx, []history.ID{u.New}, []history.ID{u.real})
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
