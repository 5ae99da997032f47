package audit

import (
	"context"
	"fmt"
	"strings"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// Release is a tag that a release is made of.
type Release struct {
	Tag       string     // its full name
	Commit    history.ID // which it leads to
	Signature policy.Signature
	Findings  []policy.Finding // what stands against it
}

// Release says what stands against the tag that a release is made of, by the rules of protected tags, protected or not.
// It must be annotated and signed by a maintainer, whatever the policy says of others; or by anybody whose key counts,
// where keys were given and no policy.
func (a *Auditor) Release(ctx context.Context, name string, anybody bool) (r Release, err error) {
	defer site.UndecidedOnPanic(&err)
	if !a.site.Readable() {
		return r, site.ErrUndecided
	}
	if a.site.InForce.Keys == nil {
		return r, site.Undecided(errNoKeys)
	}
	ref, rest, err := a.site.Repo.Named(ctx, name)
	if err != nil {
		return r, err
	}
	if rest != "" || !lineage.IsTag(ref.Name) {
		return r, question{fmt.Errorf("%.200q is the name of no tag here", name)}
	}
	of := Audit{Ref: ref.Name, Read: ref.Name, tag: ref.ID, must: true, anybody: anybody}
	if of.Range.Tip, err = a.tagged(ctx, of.tag); err != nil {
		return r, site.Undecided(err)
	}
	if of.Range.Tip.IsZero() {
		return r, question{fmt.Errorf("%s leads to no commit", strings.TrimPrefix(ref.Name, "refs/tags/"))}
	}
	r.Tag, r.Commit = ref.Name, of.Range.Tip
	var held policy.Tag
	r.Findings, err = a.auditTag(ctx, of, &held)
	r.Signature = held.Signature
	if anybody { // who asks doesn't make the tag
		var next []string
		if held.Signature.Status == policy.StatusUnknown {
			next = []string{"find out whose key it is; if the project publishes it as its own: --keys FILE"}
		}
		for i := range r.Findings {
			r.Findings[i].Next = next
		}
	}
	return r, site.Undecided(err)
}

// judgeTag judges the tag of an audit.
func (a Audit) judgeTag(p *policy.Policy, t policy.Tag) []policy.Finding {
	if a.must {
		return p.JudgeRelease(t, a.anybody)
	}
	return p.JudgeTag(t)
}
