package gate

import (
	"context"
	"maps"
	"slices"
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
	if g.repo == nil || g.now == nil {
		return c, nil, ErrUndecided
	}
	g.received, g.past = now.Unix(), nil
	p, err := g.wholePast(ctx)
	if err != nil || p == nil {
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
	for _, ref := range slices.Sorted(maps.Keys(p.refs)) {
		of := p.refs[ref]
		accepted = accepted || len(of.pending) > 0 || len(of.awaited) > 0
		for _, w := range of.pending {
			if w.protected || policy.IsAttestation(ref) {
				c.NotMade = append(c.NotMade, ref+" to "+w.new)
			}
		}
		for _, m := range of.unjudged {
			c.NotAccepted = append(c.NotAccepted, ref+" to "+m.new)
		}
		known, isMoved, err := of.outside(held[ref])
		if err != nil {
			return c, nil, err
		}
		if isMoved {
			outside = append(outside, moved{ref, known, held[ref]})
		}
	}
	c.Unknown = accepted && !p.applied
	return c, outside, nil
}
