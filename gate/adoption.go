package gate

import (
	"context"
	"errors"
	"slices"

	"countersign/gate/lineage"
	"countersign/gate/tag"
	"countersign/history"
	"countersign/policy"
)

// adopt tells a push that begins a protected branch or tag, where nothing was adopted and nothing has landed yet, how
// history from before the gate comes in. The findings are those of the push from one of them on.
func (p *push) adopt(ctx context.Context, u *update, from int) error {
	if len(p.decision.Findings) == from || !u.decision.Protected || !u.real.IsZero() || u.New.IsZero() {
		return nil
	}
	adopted, err := p.site.InForce.Adopted()
	if err != nil || len(adopted) > 0 {
		return err
	}
	refs, err := p.site.ProtectedRefs(ctx)
	if err != nil || len(refs) > 0 {
		return err
	}
	tip, kind, err := history.Peel(ctx, p.site.Repo, u.New, nil)
	if err != nil || kind != "commit" {
		return nil // which is a finding of its own
	}
	for i := range p.decision.Findings[from:] {
		f := &p.decision.Findings[from+i]
		if f.Commit != "" || lineage.IsTag(u.resolved) || f.Code.Meaning().About == policy.AboutJudging {
			steps := slices.DeleteFunc(slices.Clone(f.Next), func(s string) bool { return s == policy.PushAgain })
			f.Next = append(steps, policy.Adopt(tip.String()), policy.PushAgain)
		}
	}
	return nil
}

// oldTag says whether a tag may come in unsigned, as one from before the gate: it stands on an adopted commit and is no
// newer than these, and nothing has landed here since.
func (p *push) oldTag(ctx context.Context, u *update, t *tag.Tag) (bool, error) {
	if !u.real.IsZero() || t.Leads != "commit" {
		return false, nil
	}
	if p.adoption == nil {
		newest, err := p.newestAdopted(ctx)
		if err != nil {
			return false, err
		}
		p.adoption = &newest
	}
	if *p.adoption == 0 || t.Tagger.When > *p.adoption {
		return false, nil
	}
	return p.standsOnJudged(ctx, t.Led) // on what was adopted: there is nothing else yet
}

// newestAdopted gives the date of the newest adopted commit, as long as that is all there is: each protected branch
// was made at such a commit by a push, and each that this push moves is new and holds no other. Else it gives 0.
func (p *push) newestAdopted(ctx context.Context) (int64, error) {
	adopted, err := p.site.InForce.Adopted()
	if err != nil || len(adopted) == 0 {
		return 0, err
	}
	refs, err := p.site.ProtectedRefs(ctx)
	if err != nil {
		return 0, err
	}
	for _, r := range lineage.Branches(refs) {
		state, err := p.site.StateOf(ctx, r.Name, r.ID)
		if err != nil || !state.OnlyMade(r.ID.String()) {
			return 0, err
		}
	}
	var coming []history.ID
	for i := range p.updates {
		if u := &p.updates[i]; u.decision.Protected && !lineage.IsTag(u.resolved) && !u.New.IsZero() {
			coming = append(coming, u.New)
		}
	}
	reached, err := p.site.Repo.Reaches(ctx, adopted, coming)
	if err != nil {
		return 0, err
	}
	for i := range coming {
		if !slices.ContainsFunc(reached, func(by []bool) bool { return by[i] }) {
			return 0, nil
		}
	}
	newest, err := lineage.NewestOf(ctx, p.site.Repo, adopted)
	if errors.Is(err, history.ErrMissing) { // nothing of it has come yet
		return 0, nil
	}
	return newest, err
}
