package gate

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Holds is what the ref holds that is judged: a tag object, or a commit.
func (a Audit) Holds() history.ID {
	if !a.tag.IsZero() {
		return a.tag
	}
	return a.Range.Tip
}

// AuditRef says what stands against the ref itself of an audit, as a push of it would have been told: that a protected
// branch doesn't hold the history that trust begins with, or that a protected tag isn't one as the policy wants it. Old
// says that a tag isn't held to that, because it stands on what was adopted and is no newer.
func (g *Gate) AuditRef(ctx context.Context, a Audit) (findings []policy.Finding, old bool, err error) {
	defer undecidedOnPanic(&err)
	if g.repo == nil || g.inForce == nil {
		return nil, false, ErrUndecided
	}
	if a.Claimed || !g.inForce.policy.Protects(a.Ref) {
		return nil, false, nil
	}
	if g.inForce.keys == nil {
		return nil, false, undecided(errNoKeys)
	}
	adopted, err := adoption(g.inForce.policy)
	if err != nil {
		return nil, false, undecided(err)
	}
	if !a.tag.IsZero() {
		if findings, err = g.auditTag(ctx, a); err != nil {
			return nil, false, undecided(err)
		}
		if findings != nil {
			if old, err = g.isOld(ctx, a, adopted); err != nil || old {
				return nil, old, err
			}
		}
	}
	if a.Range.Tip.IsZero() {
		return findings, false, nil
	}
	lacks, err := g.lacks(ctx, g.repo, a.Ref, a.Range.Tip, func() (history.ID, error) {
		return base(ctx, g.repo, history.Range{Tip: a.Range.Tip, Not: adopted, Landed: true})
	})
	if err != nil {
		return nil, false, undecided(err)
	}
	if lacks != "" {
		findings = append(findings, policy.HistoryIsGone(a.Ref, lacks, g.upstream(ctx)))
	}
	return findings, false, nil
}

// auditTag judges a tag by the policy of today. Whoever may sign tags no more may have been allowed to then: what the
// policy said in the tagged commit counts as well, if that landed on a branch, where no policy gets without its quorum.
// A key that is revoked by now stays that.
func (g *Gate) auditTag(ctx context.Context, a Audit) ([]policy.Finding, error) {
	t, err := g.readTag(ctx, a.Ref, a.tag, math.MaxInt64)
	if err == nil {
		err = g.verifyTag(ctx, g.inForce, &t, verify.LandedThen(time.Unix(0, 0)))
	}
	if errors.Is(err, history.ErrMalformed) {
		detail := strings.TrimPrefix(err.Error(), history.ErrMalformed.Error()+": ")
		return []policy.Finding{{
			Code: policy.ObjectMalformed, Ref: a.Ref, Detail: detail, Next: []string{t.Again() + " COMMIT"},
		}}, nil
	}
	if err != nil {
		return nil, err
	}
	found := g.inForce.policy.JudgeTag(t.Tag)
	switch {
	case a.Range.Tip.IsZero() && found == nil:
		return []policy.Finding{{
			Code: policy.RefNotCommit, Ref: a.Ref, Detail: "it leads to a " + t.Leads + " where a commit belongs",
			Next: []string{t.Again() + " COMMIT"},
		}}, nil
	case found == nil || g.introduction == nil || a.Range.Tip.IsZero() || t.Signature.Status == policy.StatusRevoked:
		return found, nil
	}
	refs, err := g.protectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	refs = slices.DeleteFunc(refs, func(r history.Ref) bool { return !isBranch(r.Name) })
	on, err := onLineOf(ctx, g.repo, t.target, tipsOf(refs)...)
	if err != nil || !on {
		return found, err
	}
	then, err := g.policyAt(ctx, g.repo, t.target)
	if err != nil {
		return found, nil // a policy that can't be read says nothing
	}
	if err := g.verifyTag(ctx, then, &t, verify.LandedThen(time.Unix(0, 0))); err != nil {
		return nil, err
	}
	if then.policy.JudgeTag(t.Tag) == nil {
		return nil, nil
	}
	return found, nil
}

// isOld says whether a tag, where all protected refs are judged, may have been there at adoption: it leads to a
// commit that was adopted and, if it says when it was made, that was no later.
func (g *Gate) isOld(ctx context.Context, a Audit, adopted []history.ID) (bool, error) {
	if !a.all || a.Range.Tip.IsZero() {
		return false, nil
	}
	when := int64(0)
	if kind, err := g.repo.Kind(ctx, a.tag); err != nil {
		return false, undecided(err)
	} else if kind == "tag" {
		tag, err := g.repo.Tag(ctx, a.tag)
		if err != nil {
			return false, nil // malformed
		}
		when = tag.Tagger.When
	}
	for _, id := range adopted {
		made, err := g.committed(ctx, id)
		if errors.Is(err, history.ErrMalformed) {
			continue
		}
		if err != nil {
			return false, undecided(err)
		}
		if when > made {
			continue
		}
		reached, err := g.repo.Reaches(ctx, []history.ID{id}, []history.ID{a.Range.Tip})
		if err != nil {
			return false, undecided(err)
		}
		if reached[0][0] {
			return true, nil
		}
	}
	return false, nil
}

// OldTags says in one sentence which tags were not held to the rules of tags, "" for none.
func OldTags(names []string) string {
	const shown = 3
	if len(names) == 0 {
		return ""
	}
	more := ""
	if n := len(names) - shown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	first := strings.Join(names[:min(len(names), shown)], ", ")
	return "tags that stand on what was adopted, and are no newer, weren't held to the rules of tags: " + first + more
}
