package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign/gate/inforce"
	"countersign/gate/site"
	"countersign/gate/verified"
	"countersign/history"
	"countersign/policy"
)

// recall is what one run of [Auditor.Verify] takes from earlier ones, and gathers for the next.
type recall struct {
	was    map[string]*verified.Ref // by name; nil where all is judged anew
	tips   map[string]bool          // what those held
	inputs []verified.Input         // those that are read before anything is judged
	here   []history.Ref            // all refs, the attestations by which all is judged among them
	refs   []verified.Ref           // of each audit, once it is judged
	online bool                     // a policy asked a transparency log
	// comparing says that it is looked at what earlier runs judged, and not yet at what this one did.
	comparing bool
}

// anew begins the note that says why nothing was left out.
const anew = "all was judged, not only what is new: "

// recall compares what earlier runs left with what is there.
func (v *verification) recall(ctx context.Context) error {
	if v.Since == nil {
		return nil
	}
	v.Since.Next, v.again.refs = nil, make([]verified.Ref, len(v.audits))
	var err error
	if v.again.here, err = v.site.Repo.Refs(ctx); err != nil {
		return site.Undecided(err)
	}
	v.answers.List(v.again.here)
	if v.again.inputs, err = v.readInputs(ctx); err != nil {
		return site.Undecided(err)
	}
	if v.Since.Unread != "" {
		v.note(anew + v.Since.Unread)
	}
	if v.Since.Was == nil {
		return nil
	}
	was, tips := make(map[string]*verified.Ref, len(v.Since.Was.Refs)), make(map[string]bool, len(v.Since.Was.Refs))
	for i := range v.Since.Was.Refs {
		r := &v.Since.Was.Refs[i]
		was[string(r.Name)], tips[r.Tip] = r, true
	}
	v.again.comparing = true
	why, err := v.changed(ctx)
	v.again.comparing = false
	if err == nil && why == "" {
		why, err = v.moved(ctx, was)
	}
	switch {
	case err != nil && !unreadable(ctx, err):
		return site.Undecided(err)
	case err != nil:
		why = because(err)
	}
	if why != "" {
		v.note(anew + why)
		return nil
	}
	v.again.was, v.again.tips = was, tips
	left := v.Since.Was
	at := time.Unix(left.At, 0).UTC().Format(time.RFC3339)
	v.d.Earlier = &policy.Earlier{At: at, Commits: left.Commits, Tags: left.Tags}
	v.note(fmt.Sprintf("earlier runs, the last of %s, judged what isn't judged again: commits %d, tags %d",
		at, left.Commits, left.Tags))
	return nil
}

// note adds a note, once.
func (v *verification) note(text string) {
	if !slices.Contains(v.d.Notes, text) {
		v.d.Notes = append(v.d.Notes, text)
	}
}

// moved says which of the refs isn't where it was, or further on; "" for none.
func (v *verification) moved(ctx context.Context, was map[string]*verified.Ref) (string, error) {
	here := make(map[string]bool, len(v.audits))
	for i := range v.audits {
		of := &v.audits[i]
		here[of.Ref] = true
		known := was[of.Ref]
		if of.broken != nil {
			return of.Ref + " can't be read", nil
		}
		if known == nil {
			if of.tag.IsZero() {
				return of.Ref + " is new", nil
			}
			continue
		}
		if !of.tag.IsZero() {
			if known.Holds != of.tag.String() {
				return of.Ref + " was moved", nil
			}
			continue
		}
		if on, err := v.wentOn(ctx, of, known); err != nil || !on {
			return of.Ref + " no longer has what it held on its line of first parents", err
		}
	}
	for name := range was {
		if !here[name] {
			return name + " is gone", nil
		}
	}
	return "", nil
}

// wentOn says whether a branch has what it held on its line of first parents.
func (v *verification) wentOn(ctx context.Context, of *Audit, was *verified.Ref) (bool, error) {
	if was.Holds == of.Range.Tip.String() {
		kind, err := v.site.Repo.Kind(ctx, of.Range.Tip)
		return kind == "commit", err
	}
	tip, err := history.ParseID(was.Holds)
	if err != nil {
		return false, nil
	}
	line, err := v.site.Repo.FirstParents(ctx, of.Range.Tip, func(id history.ID) bool { return id == tip })
	return err == nil && len(line) > 0 && line[len(line)-1] == tip, err
}

// before takes what earlier runs say of a ref. It says true if they judged all that the ref holds.
func (v *verification) before(i int, r *policy.RefDecision) bool {
	if v.Since == nil {
		return false
	}
	of, now := &v.audits[i], &v.again.refs[i]
	*now = verified.Ref{Name: []byte(of.Ref), Holds: of.Holds().String()}
	if !of.Range.Tip.IsZero() {
		now.Tip = of.Range.Tip.String()
	}
	known := v.again.was[of.Ref]
	switch {
	case known != nil && known.Holds == now.Holds:
		if *now = *known; of.tag.IsZero() {
			r.Old = known.Holds
		}
	case known != nil:
		now.Own, now.Notes = known.Own, slices.Clone(known.Notes)
		tip, err := history.ParseID(known.Holds)
		if err != nil { // which moved has seen
			return false
		}
		of.leaveOut(tip, func(history.ID) *policy.Ledger { return ledgerOf(known) })
	case v.again.was != nil: // a new tag, which mostly stands on what a branch holds
		of.stood = v.atTip
	}
	for _, note := range now.Notes {
		v.note(string(note))
	}
	if known == nil || known.Holds != now.Holds {
		return false
	}
	if now.Old {
		v.old = append(v.old, of.Ref)
	}
	return true
}

// heldBefore says whether a ref held a commit when earlier runs judged it last, where not all is judged anew.
func (a *recall) heldBefore(id history.ID) bool { return a.tips[id.String()] }

// ledgerOf gives what everybody had earned where a ref was, nil where that isn't known.
func ledgerOf(r *verified.Ref) *policy.Ledger {
	l := new(policy.Ledger)
	if r.Ledger == nil || json.Unmarshal(r.Ledger, l) != nil {
		return nil
	}
	return l
}

// atTip gives what everybody has earned up to a commit, if a branch holds it of which that is known.
func (v *verification) atTip(id history.ID) *policy.Ledger {
	for i := range v.audits {
		if v.audits[i].tag.IsZero() && v.audits[i].Range.Tip == id {
			if l := ledgerOf(&v.again.refs[i]); l != nil {
				return l
			}
		}
	}
	return nil
}

// remembering has the ledger at a branch's tip kept, when it is reached.
func (v *verification) remembering(i int, of *Audit) {
	if v.Since == nil || !of.tag.IsZero() {
		return
	}
	credited := of.credited
	of.credited = func(landing history.ID, l *policy.Ledger) {
		credited(landing, l)
		if landing == of.Range.Tip {
			v.again.ledger(i, l)
		}
	}
}

// old takes down that a tag isn't held to the rules of tags.
func (a *recall) old(i int) {
	if a.refs != nil {
		a.refs[i].Old = true
	}
}

// ledger keeps what everybody has earned up to the tip of an audit's ref.
func (a *recall) ledger(i int, l *policy.Ledger) {
	if text, err := json.Marshal(l); err == nil {
		a.refs[i].Ledger = text
	}
}

// told takes down what is worth knowing of a landing.
func (v *verification) told(i int, j *Judged) {
	if v.Since == nil {
		v.d.Notes = append(v.d.Notes, j.Notes...)
		return
	}
	now := &v.again.refs[i]
	now.Own = true
	for _, note := range j.Notes {
		v.note(note)
		now.Notes = append(now.Notes, []byte(note))
	}
	v.again.online = v.again.online || len(inforce.Logs(j.by)) > 0
}

// remember makes what the next run is given, if all is clean by now.
func (v *verification) remember(ctx context.Context) error {
	if v.Since == nil || v.d.Verdict != policy.Accepted {
		return nil
	}
	for i, of := range v.audits {
		if l := v.shared.earned[of.Range.Tip]; l != nil && of.tag.IsZero() && v.again.refs[i].Ledger == nil {
			v.again.ledger(i, l)
		}
	}
	next := &verified.State{
		At: v.site.Clock(), Commits: v.d.Summary.Commits.Total, Tags: v.d.Summary.Tags.Total, Refs: v.again.refs,
	}
	if v.again.was != nil {
		next.Commits, next.Tags = next.Commits+v.Since.Was.Commits, next.Tags+v.Since.Was.Tags
		same := func(a, b verified.Ref) bool { return string(a.Name) == string(b.Name) && a.Holds == b.Holds }
		read := v.Since.Was.Inputs[:len(v.again.inputs)]
		if slices.EqualFunc(v.Since.Was.Refs, next.Refs, same) && slices.Equal(read, v.again.inputs) {
			return nil
		}
	}
	var err error
	next.Inputs, err = v.leanInputs(ctx)
	var fleeting fleetingError
	switch {
	case errors.As(err, &fleeting):
		v.note("nothing is remembered for the next run: " + fleeting.Error())
		return nil
	case err != nil:
		return site.Undecided(err)
	}
	v.Since.Next = next
	return nil
}
