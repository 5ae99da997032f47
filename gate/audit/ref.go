package audit

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/gate/tag"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// AuditRef says what stands against the ref itself of an audit, as a push of it would have been told: that a protected
// branch doesn't hold the history that trust begins with, or that a protected tag isn't one as the policy wants it. Old
// says that a tag isn't held to that, because it stands on what was adopted and is no newer.
func (a *Auditor) AuditRef(ctx context.Context, of Audit) (findings []policy.Finding, old bool, err error) {
	defer site.UndecidedOnPanic(&err)
	if !a.site.Readable() {
		return nil, false, site.ErrUndecided
	}
	if of.Claimed || !a.site.Rules().Protects(of.Ref) {
		return nil, false, nil
	}
	if a.site.InForce.Keys == nil {
		return nil, false, site.Undecided(errNoKeys)
	}
	adopted, err := a.adopted(ctx)
	if err != nil {
		return nil, false, site.Undecided(err)
	}
	if !of.tag.IsZero() {
		if findings, err = a.auditTag(ctx, of); err != nil {
			return nil, false, site.Undecided(err)
		}
		if findings != nil {
			if old, err = a.isOld(ctx, of, adopted); err != nil || old {
				return nil, old, err
			}
		}
	}
	if of.Range.Tip.IsZero() {
		return findings, false, nil
	}
	lacks, err := a.site.Lacks(ctx, a.site.Repo, of.Ref, of.Range.Tip, func() (history.ID, error) {
		return lineage.Base(ctx, a.site.Repo, history.Range{Tip: of.Range.Tip, Not: adopted, Landed: true})
	})
	if err != nil {
		return nil, false, site.Undecided(err)
	}
	if lacks != "" {
		findings = append(findings, policy.HistoryIsGone(of.Ref, lacks, a.site.Upstream(ctx)))
	}
	return findings, false, nil
}

// auditTag judges a tag by the policy of today. Whoever may sign tags no more may have been allowed to then: what the
// policy said in the tagged commit counts as well, if that landed on a branch, where no policy gets without its quorum.
// A key that is revoked by now stays that.
func (a *Auditor) auditTag(ctx context.Context, of Audit) ([]policy.Finding, error) {
	t, err := tag.Read(ctx, a.site.Repo, of.Ref, of.tag, math.MaxInt64)
	t.Now = a.site.Clock()
	landed := verify.LandedThen(time.Unix(0, 0)) // or when it says
	if err == nil {
		err = t.Verify(ctx, a.site.Repo, a.site.InForce, landed)
	}
	if errors.Is(err, history.ErrMalformed) {
		next := []string{t.Again() + " COMMIT"}
		return []policy.Finding{{Code: policy.ObjectMalformed, Ref: of.Ref, Detail: walk.Malformed(err), Next: next}}, nil
	}
	if err != nil {
		return nil, err
	}
	found := a.site.Rules().JudgeTag(t.Tag)
	switch {
	case of.Range.Tip.IsZero() && found == nil:
		return []policy.Finding{t.LeadsElsewhere()}, nil
	case found == nil || !a.site.InTree() || of.Range.Tip.IsZero() || t.Signature.Status == policy.StatusRevoked:
		return found, nil
	}
	refs, err := a.site.ProtectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	on, err := lineage.OnLine(ctx, a.site.Repo, t.Led, lineage.Tips(lineage.Branches(refs))...)
	if err != nil || !on {
		return found, err
	}
	then, err := a.site.Source.At(ctx, a.site.Repo, t.Led)
	if err != nil {
		return found, nil // a policy that can't be read says nothing
	}
	if err := t.Verify(ctx, a.site.Repo, then, landed); err != nil {
		return nil, err
	}
	if then.Rules.JudgeTag(t.Tag) == nil {
		return nil, nil
	}
	return found, nil
}

// isOld says whether a tag, where all protected refs are judged, may have been there at adoption: it leads to a
// commit that was adopted and, if it says when it was made, that was no later.
func (a *Auditor) isOld(ctx context.Context, of Audit, adopted []history.ID) (bool, error) {
	if !of.all || of.Range.Tip.IsZero() {
		return false, nil
	}
	when := int64(0)
	if kind, err := a.site.Repo.Kind(ctx, of.tag); err != nil {
		return false, site.Undecided(err)
	} else if kind == "tag" {
		object, err := a.site.Repo.Tag(ctx, of.tag)
		if err != nil {
			return false, nil // malformed
		}
		when = object.Tagger.When
	}
	newest, err := lineage.NewestOf(ctx, a.site.Repo, adopted)
	if err != nil {
		return false, site.Undecided(err)
	}
	if len(adopted) == 0 || when > newest {
		return false, nil
	}
	reached, err := a.site.Repo.Reaches(ctx, adopted, []history.ID{of.Range.Tip})
	if err != nil {
		return false, site.Undecided(err)
	}
	return slices.ContainsFunc(reached, func(by []bool) bool { return by[0] }), nil
}
