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

// AuditedRef is what an audit says of the ref itself.
type AuditedRef struct {
	// Findings are what stands against it, as a push of it would have been told: that a protected branch doesn't hold
	// the history that trust begins with, or that a protected tag isn't one as the policy wants it.
	Findings []policy.Finding
	// Old says that a tag isn't held to that, because it stands on what was adopted and is no newer.
	Old bool
	// Tag is what a tag holds, with its signature, whether the policy asks for one or not; nil for a branch.
	Tag *policy.Tag
}

// AuditRef judges the ref itself of an audit.
func (a *Auditor) AuditRef(ctx context.Context, of Audit) (about AuditedRef, err error) {
	defer site.UndecidedOnPanic(&err)
	if !a.site.Readable() {
		return about, site.ErrUndecided
	}
	if of.Claimed || !a.site.Rules().Protects(of.Ref) {
		return about, nil
	}
	if a.site.InForce.Keys == nil {
		return about, site.Undecided(errNoKeys)
	}
	adopted, err := a.adopted(ctx)
	if err != nil {
		return about, site.Undecided(err)
	}
	if !of.tag.IsZero() {
		about.Tag = new(policy.Tag)
		if about.Findings, err = a.auditTag(ctx, of, about.Tag); err != nil {
			return about, site.Undecided(err)
		}
		if about.Findings != nil {
			if about.Old, err = a.isOld(ctx, of, adopted); err != nil || about.Old {
				about.Findings = nil
				return about, err
			}
		}
	}
	if of.Range.Tip.IsZero() {
		return about, nil
	}
	lacks, err := a.site.Lacks(ctx, a.site.Repo, of.Ref, of.Range.Tip, func() (history.ID, error) {
		return lineage.Base(ctx, a.site.Repo, history.Range{Tip: of.Range.Tip, Not: adopted, Landed: true})
	})
	if lacks != "" {
		about.Findings = append(about.Findings, policy.HistoryIsGone(of.Ref, lacks, a.site.Upstream(ctx)))
	}
	return about, site.Undecided(err)
}

// auditTag judges a tag by the policy of today. Whoever may sign tags no more may have been allowed to then: what the
// policy said in the tagged commit counts as well, if that landed on a branch, where no policy gets without its quorum.
// A key that is revoked by now stays that. It gives the tag as it is by today's policy.
func (a *Auditor) auditTag(ctx context.Context, of Audit, held *policy.Tag) ([]policy.Finding, error) {
	t, err := tag.Read(ctx, a.site.Repo, of.Ref, of.tag, math.MaxInt64)
	t.Now = a.site.Clock()
	landed := verify.LandedThen(time.Unix(0, 0)) // or when it says
	if err == nil {
		err = t.VerifyAnyway(ctx, a.site.Repo, a.site.InForce, landed)
	}
	*held = t.Tag
	if errors.Is(err, history.ErrMalformed) {
		held.Signature = policy.Signature{Status: policy.StatusMalformed, Reason: walk.Malformed(err)}
		next := []string{t.Again() + " COMMIT"}
		return []policy.Finding{{Code: policy.ObjectMalformed, Ref: of.Ref, Detail: walk.Malformed(err), Next: next}}, nil
	}
	if err != nil {
		return nil, err
	}
	found := of.judgeTag(a.site.Rules(), t.Tag)
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
	if err := t.VerifyAnyway(ctx, a.site.Repo, then, landed); err != nil {
		return nil, err
	}
	if of.judgeTag(then.Rules, t.Tag) == nil {
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
