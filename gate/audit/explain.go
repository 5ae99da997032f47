package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// errFound ends an audit that has found what it looked for.
var errFound = errors.New("found")

// Explained is a commit, and every question that was asked of it with its answer.
type Explained struct {
	Ref     string               `json:"ref"`
	Landing string               `json:"landing"` // the landing commit that brings it, or would
	Commit  policy.Commit        `json:"commit"`
	Changes []policy.TouchedPath `json:"changes"`
	Steps   []policy.Step        `json:"steps"`
	// Findings are all that stand against the landing, those against its other commits, too.
	Findings []policy.Finding `json:"findings"`
}

// Explain judges the landing that brought, or would bring, a commit onto a protected ref; by claimed identity onto the
// branch that HEAD names, as a backtest does.
func (a *Auditor) Explain(ctx context.Context, rev string, claimed bool) (Explained, error) {
	if !a.site.Readable() {
		return Explained{}, site.ErrUndecided
	}
	id, err := a.site.Repo.Resolve(ctx, rev)
	if err != nil {
		return Explained{}, err
	}
	of, err := a.bringing(ctx, id, claimed)
	if err != nil {
		return Explained{}, err
	}
	of.Web = Web(Webs()[0]) // as a backtest takes it that isn't told
	asked := false
	of.asked = func() { asked = true }
	e, err := a.explain(ctx, of, id)
	if err == nil && asked {
		of.asked = nil
		e, err = a.explain(ctx, of, id)
	}
	if err == nil && e.Landing == "" {
		err = question{fmt.Errorf("%s was there before adoption: it is not judged", rev)}
	}
	if err != nil {
		return Explained{}, err
	}
	return e, nil
}

// explain judges the landing of an audit that has a commit; without a landing there is none.
func (a *Auditor) explain(ctx context.Context, of Audit, id history.ID) (Explained, error) {
	e := Explained{Ref: of.Ref, Changes: []policy.TouchedPath{}, Findings: []policy.Finding{}}
	err := a.Audit(ctx, of, func(j Judged) error {
		c := j.Landing.Find(id.String())
		if c == nil {
			return nil
		}
		repo, err := a.site.Aside()
		if err != nil {
			return site.Undecided(err)
		}
		e.Landing, e.Commit = j.Landing.Commit.ID, *c
		e.Commit.Parents = append([]string{}, c.Parents...)
		for _, t := range walk.AllLines(ctx, repo, &j.read, c.ID, c.Touched(j.Policy)) {
			t.Classes = append([]string{}, t.Classes...)
			e.Changes = append(e.Changes, t)
		}
		e.Findings = append(e.Findings, j.Findings...)
		for _, s := range j.explain() {
			if s.Commit == c.ID {
				e.Steps = append(e.Steps, s)
			}
		}
		return errFound
	})
	if errors.Is(err, errFound) {
		err = nil
	}
	return e, err
}

// explain asks again what was asked of a landing, and says all of it.
func (j *Judged) explain() []policy.Step {
	if j.by == nil {
		return policy.Explain(j.Policy, j.Ledger, j.Landing)
	}
	return j.by.Explain(j.Ledger, j.Landing)
}

// lines reads the branches that a commit may have landed on.
func (a *Auditor) lines(ctx context.Context, claimed bool) ([]Audit, error) {
	if claimed {
		return a.Audits(ctx, "@", true)
	}
	adopted, err := a.adopted(ctx)
	if err != nil {
		return nil, site.Undecided(err)
	}
	return a.landedAudits(ctx, adopted)
}

// bringing finds the protected ref that has a commit, or else takes the commit for the new tip of
// the first that it could be pushed to.
func (a *Auditor) bringing(ctx context.Context, id history.ID, claimed bool) (Audit, error) {
	audits, err := a.lines(ctx, claimed)
	if err != nil {
		return Audit{}, err
	}
	tips := make([]history.ID, len(audits))
	for i, of := range audits {
		tips[i] = of.Range.Tip
	}
	reached, err := a.site.Repo.Reaches(ctx, tips, []history.ID{id})
	if err != nil {
		return Audit{}, site.Undecided(err)
	}
	for i, of := range audits {
		if !reached[i][0] {
			continue
		}
		landing, before, err := lineage.Landing(ctx, a.site.Repo, of.Range.Tip, id)
		if err != nil {
			return Audit{}, site.Undecided(err)
		}
		if of.Range.Tip = landing; !before.IsZero() {
			of.Range.Not, of.part = append(slices.Clone(of.Range.Not), before), true
		}
		return of, nil
	}
	of := audits[0]
	of.Range.Not = append(slices.Clone(of.Range.Not), of.Range.Tip)
	of.Range.Tip, of.Range.Landed, of.part = id, false, true
	return of, nil
}
