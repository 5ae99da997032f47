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
	p, err := g.wholePast(ctx)
	if err != nil || p == nil {
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
	accepted := false
	for _, ref := range slices.Sorted(maps.Keys(p.refs)) {
		of := p.refs[ref]
		accepted = accepted || len(of.pending) > 0 || len(of.awaited) > 0
		for _, w := range of.pending {
			if w.protected || isVoucher(ref) {
				c.NotMade = append(c.NotMade, ref+" to "+w.new)
			}
		}
		for _, m := range of.unjudged {
			c.NotAccepted = append(c.NotAccepted, ref+" to "+m.new)
		}
		now := held[ref]
		if now == "" {
			now = strings.Repeat("0", len(of.known))
		}
		if of.known != "" && of.known != now {
			c.Outside = append(c.Outside, ref+" was left at "+of.known+", and is at "+now)
		}
	}
	c.Unknown = accepted && !p.applied
	return c, nil
}
