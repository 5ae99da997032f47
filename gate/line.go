package gate

import (
	"context"
	"slices"
	"strings"

	"countersign/history"
	"countersign/policy"
)

// Tenure is counted along a line of first parents, by when each commit on it landed. The receiver's
// clock bounded those times on the protected branches and nowhere else: what a branch merged has lines
// of its own, dated as their authors liked. So a protected branch continues what it was, and a new one
// begins on the line of another.

func isBranch(ref string) bool { return strings.HasPrefix(ref, "refs/heads/") }

// lines gives the tips of the lines whose landing times can be trusted: of the protected branches, and
// of what was there at adoption.
func (p *push) lines(ctx context.Context, adopted []history.ID) ([]history.ID, error) {
	refs, err := p.judgedRefs(ctx)
	// A tag may stand on anything that was judged, on a line or beside it.
	branches := slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool { return strings.HasPrefix(r.Name, "refs/tags/") })
	return append(slices.Clone(adopted), tipsOf(branches)...), err
}

// onLineOf says whether a commit lies on the line of first parents of one of some tips.
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

// onLine refuses an update whose new commits begin beside all lines. Zero is before a root: then the
// whole line is new, and judged.
func (p *push) onLine(ctx context.Context, u *update, adopted []history.ID, id history.ID) error {
	if id.IsZero() {
		return nil
	}
	tips, err := p.lines(ctx, adopted)
	if err != nil || slices.Contains(tips, id) {
		return err
	}
	repo, err := p.aside()
	if err != nil {
		return err
	}
	if on, err := onLineOf(ctx, repo, id, tips...); err != nil || on {
		return err
	}
	p.refuse(u, policy.RefDetour, "it begins at "+id.String()+", which was merged into a protected branch but is not on its line of first parents",
		"git rebase --gpg-sign --onto "+p.upstream(ctx)+" "+id.String(), "or onto another commit that git log --first-parent BRANCH shows of a protected branch")
	return errRefused
}

// back judges an update of a branch that brings nothing to judge: a new one is another name for what is
// there, an old one loses commits, unless all it brings is adopted.
func (p *push) back(ctx context.Context, u *update, adopted []history.ID) error {
	if !u.real.IsZero() {
		kept, err := p.keepsOld(ctx, u)
		if err == nil && !kept {
			err = p.rewind(ctx, u)
		}
		if err != nil {
			return err
		}
	}
	if err := p.onLine(ctx, u, adopted, u.New); err != nil {
		return err
	}
	return p.holdsPast(ctx, u, u.New)
}

// holdsPast refuses a ref that doesn't continue what it was and doesn't hold the history that trust begins with.
func (p *push) holdsPast(ctx context.Context, u *update, beginning history.ID) error {
	repo, err := p.aside()
	if err != nil {
		return err
	}
	lacks, err := p.lacks(ctx, repo, u.resolved, u.New, func() (history.ID, error) { return beginning, nil })
	if err != nil || lacks == "" {
		return err
	}
	p.decision.Findings = append(p.decision.Findings, p.historyGone(ctx, u.Name, lacks))
	return errRefused
}

// detour tells why the new tip's first-parent line doesn't lead to the old tip.
func (p *push) detour(ctx context.Context, u *update) error {
	kept, err := p.keepsOld(ctx, u)
	if err != nil {
		return err
	}
	if !kept {
		return p.rewind(ctx, u)
	}
	p.refuse(u, policy.RefDetour, "its old tip "+u.real.String()+" is merged in, not continued: the first parents of the new tip don't lead to it",
		"git pull --rebase --gpg-sign origin "+typed(u.Name), "or on the up-to-date branch: git merge --no-ff -S TOPIC")
	return errRefused
}

// keepsOld says whether a branch's new tip reaches its old one.
func (p *push) keepsOld(ctx context.Context, u *update) (bool, error) {
	second, err := p.aside()
	if err != nil {
		return false, err
	}
	reached, err := second.Reaches(ctx, []history.ID{u.New}, []history.ID{u.real})
	return err == nil && reached[0][0], err
}

// rewind refuses an update that loses commits, unless that may be.
func (p *push) rewind(ctx context.Context, u *update) error {
	ok, err := p.mayMove(ctx, u, p.now.policy.Protect.AllowRewind)
	if err != nil || ok {
		return err
	}
	p.refuse(u, policy.RefRewind, "the new tip doesn't continue the old one: commits that are on the ref would be gone",
		"git pull --rebase --gpg-sign origin "+typed(u.Name)+", then push again without --force", "or "+u.moveAdvice(), "then push again")
	return errRefused
}
