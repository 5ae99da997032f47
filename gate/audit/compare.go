package audit

import (
	"context"
	"time"

	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// Compared is what a comparison of the journal with the refs found. A change stands there as "REF to NEW".
type Compared struct {
	NotMade     []string         // changes that were accepted and aren't known to be made: no fault
	NotAccepted []string         // changes that were made on a protected ref without a decision
	Outside     []policy.Finding // about protected refs that aren't where the last judged push left them
	Unknown     bool             // pushes were accepted, and no record says what Git made
	Journal     bool             // there is one
}

// movedRef is a protected ref that isn't where the last judged push left it.
type movedRef struct {
	name       string
	known, now history.ID // the value that push left, and what the ref holds
}

// Compare compares what was decided with what was made, and each protected ref, those that are gone as well, with where
// the last judged push left it.
func (a *Auditor) Compare(ctx context.Context, now time.Time) (Compared, error) {
	c, moved, err := a.compare(ctx, now)
	if err != nil || len(moved) == 0 {
		return c, err
	}
	// A push may have come in while the journal was read, and the refs after that: what is so is so twice.
	first := make(map[movedRef]bool)
	for _, m := range moved {
		first[m] = true
	}
	if c, moved, err = a.compare(ctx, now); err != nil {
		return c, err
	}
	for _, m := range moved {
		if first[m] {
			c.Outside = append(c.Outside, a.site.MovedOutside(ctx, m.name, m.known, m.now))
		}
	}
	return c, site.Undecided(ctx.Err())
}

// compare is one comparison. It gives the refs that were moved outside, and no findings about them.
func (a *Auditor) compare(ctx context.Context, now time.Time) (c Compared, moved []movedRef, err error) {
	if !a.site.Readable() {
		return c, nil, site.ErrUndecided
	}
	a.site.Receive(now.Unix())
	whole, err := a.site.WholeLog(ctx)
	if err != nil || whole == nil {
		return c, nil, site.Undecided(err)
	}
	c.Journal = true
	refs, err := a.site.Repo.Refs(ctx)
	if err != nil {
		return c, nil, site.Undecided(err)
	}
	held := make(map[string]history.ID)
	for _, r := range refs {
		held[r.Name] = r.ID
	}
	awaits := false
	for _, ref := range whole.Refs() {
		state := whole.State(ref)
		awaits = awaits || state.Awaits()
		for _, change := range state.Pending() {
			if change.Protected || policy.IsAttestation(ref) {
				c.NotMade = append(c.NotMade, ref+" to "+change.New)
			}
		}
		for _, change := range state.Unjudged() {
			c.NotAccepted = append(c.NotAccepted, ref+" to "+change.New)
		}
		known, isMoved, err := state.Moved(held[ref])
		if err != nil {
			return c, nil, site.Undecided(err)
		}
		if isMoved {
			moved = append(moved, movedRef{ref, known, held[ref]})
		}
	}
	c.Unknown = awaits && !whole.Made
	return c, moved, nil
}
