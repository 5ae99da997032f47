package gate

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"
)

// Compared is what a comparison of the journal with the refs found, a line each.
type Compared struct {
	NotMade     []string // accepted, and not known to be made: no fault
	NotAccepted []string // made on a protected ref without a decision
	Outside     []string // protected refs that aren't where the last judged push left them
	Unknown     bool     // pushes were accepted, and no record says what Git made
}

// Compare compares what was decided with what was made, and each protected ref with where the last judged push
// left it. Refs that are gone are missed, too.
func (g *Gate) Compare(ctx context.Context, now time.Time) (Compared, error) {
	var c Compared
	if g.repo == nil || g.now == nil {
		return c, ErrUndecided
	}
	g.received, g.past = now.Unix(), nil
	journal, err := g.sighted(ctx)
	if err != nil || !journal {
		return c, err
	}
	refs, err := g.repo.Refs(ctx)
	if err != nil {
		return c, err
	}
	held := make(map[string]string)
	for _, r := range refs {
		held[r.Name] = r.ID.String()
	}
	p := g.past
	accepted := false
	for _, ref := range slices.Sorted(maps.Keys(p.pending)) {
		for _, w := range p.pending[ref] {
			accepted = true
			if w.protected || isVoucher(ref) {
				c.NotMade = append(c.NotMade, ref+" to "+w.new)
			}
		}
	}
	for _, moves := range p.moves {
		accepted = accepted || slices.ContainsFunc(moves, func(m change) bool { return m.inferred })
	}
	c.Unknown = accepted && !p.applied
	for _, m := range p.unjudged {
		c.NotAccepted = append(c.NotAccepted, m.ref+" to "+m.new)
	}
	for _, ref := range slices.Sorted(maps.Keys(p.known)) {
		known, now := p.known[ref], held[ref]
		if now == "" {
			now = strings.Repeat("0", len(known))
		}
		if known != now {
			c.Outside = append(c.Outside, ref+" was left at "+known+", and is at "+now)
		}
	}
	return c, nil
}
