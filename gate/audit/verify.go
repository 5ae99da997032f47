package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// verification is one run of [Auditor.Verify].
type verification struct {
	*Auditor
	Wanted
	audits  []Audit
	states  map[string]string // of the keys today
	shared  *shared
	d       policy.Decision
	found   findings
	census  policy.Census
	counted map[history.ID]bool // nil where no commit can be met twice
	again   recall              // from earlier runs, and for the next
	old     []string            // tags that weren't held to the rules of tags
	broken  []error             // why refs couldn't be judged to their end
}

// Verify judges history that has landed. What several refs hold is judged once.
func (a *Auditor) Verify(ctx context.Context, w Wanted) (policy.Decision, error) {
	audits, err := a.Audits(ctx, w.Spec, false)
	if err != nil {
		return policy.Decision{}, err
	}
	for i := range audits {
		if w.Ref != "" {
			audits[i] = audits[i].For(w.Ref)
		}
	}
	v := verification{Auditor: a, Wanted: w, audits: audits}
	if w.Row != nil && a.site.InForce.Keys != nil {
		v.states = keyStates(a.site.InForce.Keys, moment(a.site.Clock()))
	}
	if err = v.recall(ctx); err != nil {
		return policy.Decision{}, err
	}
	if v.shared, err = a.share(ctx, audits, v.again.heldBefore); err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	if len(audits) > 1 {
		v.counted = make(map[history.ID]bool)
	}
	for i := range audits {
		if err := v.ref(ctx, i); err != nil {
			return policy.Decision{}, err
		}
	}
	if len(v.broken) == len(audits) && len(v.found.list) == 0 {
		return policy.Decision{}, v.broken[0]
	}
	v.d.Findings = v.found.named(audits, v.shared)
	if note := policy.OldTags(v.old); note != "" {
		v.d.Notes = append(v.d.Notes, note)
	}
	if err := a.tellAuditor(ctx, v.d.Findings); err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	v.settle()
	return v.d, v.remember(ctx)
}

// settle sums up what was found, and decides.
func (v *verification) settle() {
	v.d.Summary = v.census.Summary(v.d.Findings)
	v.d.Undecided = v.undecided()
	v.d.Settle()
}

// undecided says what could not be judged, "" for nothing.
func (v *verification) undecided() string {
	var why []string
	switch n := len(v.broken); {
	case n == 1:
		why = append(why, "a ref can't be judged to its end: "+because(v.broken[0]))
	case n > 1:
		why = append(why, fmt.Sprintf("%d refs can't be judged to their end; the first: %s", n, because(v.broken[0])))
	}
	if unseen := v.Unseen(); unseen != "" {
		why = append(why, unseen)
	}
	return strings.Join(why, "; ")
}

// ref judges one ref, and what it holds that was not judged with another. What can't be read ends the judging of this
// ref, and of no other.
func (v *verification) ref(ctx context.Context, i int) error {
	of := &v.audits[i]
	r := policy.RefDecision{Ref: of.Read, New: of.Holds().String(), Protected: v.site.Rules().Protects(of.Ref)}
	if of.Read != of.Ref {
		r.As = of.Ref
	}
	if of.Assumed {
		v.d.Notes = append(v.d.Notes, fmt.Sprintf("%s is judged as %s; say --ref for another", of.Read, of.Ref))
	}
	if err := v.judge(ctx, i, &r); err != nil {
		if !unreadable(ctx, err) {
			return err
		}
		v.broken = append(v.broken, err)
		r.Undecided = because(err)
		if v.Row != nil {
			if err := v.Row(unjudged(of.Ref, of.Holds(), err)); err != nil {
				return err
			}
		}
	}
	v.maybeTestMerge(ctx, *of, v.found.list)
	v.d.Refs = append(v.d.Refs, r)
	return nil
}

// judge judges one ref.
func (v *verification) judge(ctx context.Context, i int, r *policy.RefDecision) error {
	of := &v.audits[i]
	if r.Old = of.From().String(); of.broken != nil {
		return of.broken
	}
	if v.before(i, r) {
		return nil
	}
	about, err := v.AuditRef(ctx, *of)
	if err != nil {
		return err
	}
	if err := v.tag(of, &about); err != nil {
		return err
	}
	if v.found.add(i, history.ID{}, about.Findings); about.Old {
		v.old = append(v.old, of.Ref)
		v.again.old(i)
	}
	if with := v.shared.begin(i, of); with >= 0 {
		r.SharedWith = v.audits[with].Ref
	}
	v.remembering(i, of)
	r.Old = of.From().String()
	return v.landings(ctx, i, r)
}

// tag counts what a tag holds, and gives its row.
func (v *verification) tag(of *Audit, about *AuditedRef) error {
	if about.Tag == nil {
		return nil
	}
	v.census.Tag(about.Tag.Signature)
	if v.Row == nil {
		return nil
	}
	row := policy.Row{Object: "tag", ID: about.Tag.ID, Subject: about.Tag.Name, Refs: []string{of.Ref}}
	if about.Tag.Kind == "tag" {
		row.Committer, row.CommitAt = claim(about.Tag.Tagger)
	}
	signed(&row, about.Tag.Signature, v.states)
	for _, f := range about.Findings {
		row.Findings = append(row.Findings, f.Code)
	}
	return v.Row(row)
}

// landings judges those of one ref.
func (v *verification) landings(ctx context.Context, i int, r *policy.RefDecision) error {
	of := v.audits[i]
	var also []int // the audits that hold the landing that is judged, and begin above it
	of.alsoOn = func(landing history.ID) (refs []string) {
		also = slices.DeleteFunc(v.shared.above(i, landing), func(other int) bool {
			return of.tag.IsZero() && !v.audits[other].tag.IsZero() // what a branch has isn't judged for a tag
		})
		for _, other := range also {
			refs = append(refs, v.audits[other].Ref)
		}
		return refs
	}
	return v.Audit(ctx, of, func(j Judged) error {
		if r.Landings == 0 {
			parent := history.ID{}.String()
			if parents := j.Landing.Commit.Parents; len(parents) > 0 {
				parent = parents[0]
			}
			r.Begins(parent)
		}
		r.Judged(j.Policy, j.Landing)
		if v.Row != nil {
			if err := v.rows(i, &j); err != nil {
				return err
			}
		}
		v.count(&j)
		if err := v.site.ShowLines(ctx, &j.read, j.Findings); err != nil {
			return site.Undecided(err)
		}
		if j.fact.Follows || j.Landing.Amended != nil && (j.ofRef || len(j.Findings) > 0) {
			v.shared.spoilt = true // what comes after it may be judged by another policy on another ref
		}
		if j.also == nil {
			v.found.add(i, j.read.Commit.ID, j.Findings)
		} else {
			v.found.add(i, history.ID{}, j.Findings)
		}
		for n, found := range j.also {
			v.found.add(also[n], history.ID{}, found)
		}
		v.told(i, &j)
		return nil
	})
}

// count counts the commits of a landing, each once.
func (v *verification) count(j *Judged) {
	once := func(id history.ID, s policy.Signature) {
		if v.counted[id] {
			return
		}
		if v.counted != nil {
			v.counted[id] = true
		}
		v.census.Commit(s)
	}
	for i := range j.read.Brought {
		once(j.read.Brought[i].ID, j.Landing.Brought[i].Signature)
	}
	once(j.read.Commit.ID, j.Landing.Commit.Signature)
}

// VerifyAll judges everything that the protected refs hold since adoption, and compares them with the journal, where
// there is one: whether each is where the last judged push left it.
func (a *Auditor) VerifyAll(ctx context.Context, w Wanted, now time.Time) (d policy.Decision, journal bool, err error) {
	d, none := a.Verify(ctx, w)
	if none != nil && !errors.Is(none, ErrNoneProtected) {
		return d, false, none
	}
	c, err := a.Compare(ctx, now)
	switch {
	case err != nil:
		return d, false, err
	case len(c.Outside) > 0:
		if d.Findings = append(d.Findings, c.Outside...); w.Since != nil {
			w.Since.Next = nil
		}
		if d.Summary == nil {
			d.Summary = new(policy.Summary)
		}
		d.Summary.Findings = policy.ByCode(d.Findings)
		d.Settle()
		return d, true, nil
	case !c.Journal:
		d.Notes = append(d.Notes, "no journal is at hand, so the refs weren't compared with what the pushes left")
	}
	return d, c.Journal, none
}
