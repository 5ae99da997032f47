package gate

import (
	"context"
	"time"

	"countersign/history"
	"countersign/policy"
)

// Compared is what a comparison of the journal with the refs found, a line each.
type Compared struct {
	NotMade     []string         // accepted, and not known to be made: no fault
	NotAccepted []string         // made on a protected ref without a decision
	Outside     []policy.Finding // about protected refs that aren't where the last judged push left them
	Unknown     bool             // pushes were accepted, and no record says what Git made
	Journal     bool             // there is one
}

// moved is a ref that isn't where the last judged push left it.
type moved struct {
	ref        string
	known, now history.ID
}

// Compare compares what was decided with what was made, and each protected ref with where the last judged push
// left it. Refs that are gone are missed, too.
func (g *Gate) Compare(ctx context.Context, now time.Time) (Compared, error) {
	c, outside, err := g.compare(ctx, now)
	if err != nil || len(outside) == 0 {
		return c, err
	}
	// A push may have come in while the journal was read, and the refs after that: what is so is so twice.
	first := make(map[moved]bool)
	for _, m := range outside {
		first[m] = true
	}
	if c, outside, err = g.compare(ctx, now); err != nil {
		return c, err
	}
	for _, m := range outside {
		if first[m] {
			c.Outside = append(c.Outside, g.movedOutside(ctx, m.ref, m.known, m.now))
		}
	}
	return c, ctx.Err()
}

func (g *Gate) compare(ctx context.Context, now time.Time) (c Compared, outside []moved, err error) {
	if g.repo == nil || g.inForce == nil {
		return c, nil, ErrUndecided
	}
	g.received, g.states = now.Unix(), nil
	whole, err := g.wholeLog(ctx)
	if err != nil || whole == nil {
		return c, nil, err
	}
	c.Journal = true
	refs, err := g.repo.Refs(ctx)
	if err != nil {
		return c, nil, err
	}
	held := make(map[string]history.ID)
	for _, r := range refs {
		held[r.Name] = r.ID
	}
	accepted := false
	for _, ref := range whole.Refs() {
		state := whole.State(ref)
		accepted = accepted || state.Awaits()
		for _, w := range state.Pending() {
			if w.Protected || policy.IsAttestation(ref) {
				c.NotMade = append(c.NotMade, ref+" to "+w.New)
			}
		}
		for _, m := range state.Unjudged() {
			c.NotAccepted = append(c.NotAccepted, ref+" to "+m.New)
		}
		known, isMoved, err := state.Moved(held[ref])
		if err != nil {
			return c, nil, err
		}
		if isMoved {
			outside = append(outside, moved{ref, known, held[ref]})
		}
	}
	c.Unknown = accepted && !whole.Made
	return c, outside, nil
}
