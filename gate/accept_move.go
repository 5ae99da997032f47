package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"countersign/gate/lineage"
	"countersign/gate/record"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// AcceptMove lets one move of a protected ref stand that no judged push made, from the value that it was known to have
// to the one that it has now, and records who said so and why. Whoever may write to the journal may say so. What could
// not be read or recorded is an error that wraps [ErrUndecided]; any other says why there is nothing to accept.
func (g *Gate) AcceptMove(ctx context.Context, req Request, ref, from, to, reason string) error {
	if !g.site.Readable() {
		return ErrUndecided
	}
	old, err := history.ParseID(from)
	if err != nil {
		return err
	}
	new, err := history.ParseID(to)
	if err != nil {
		return err
	}
	g.site.Receive(req.Received.Unix())
	now, err := valueOf(ctx, g.site.Repo, ref)
	if err != nil {
		return site.Undecided(err)
	}
	if now != new {
		at, not := cmp.Or(lineage.Name(now), "nothing"), cmp.Or(lineage.Name(new), "nothing")
		return fmt.Errorf("%s is at %s, not at %s", ref, at, not)
	}
	switch l, err := g.site.RefLog(ctx); {
	case err != nil:
		return site.Undecided(err)
	case l == nil:
		return errors.New("there is no journal yet, and nothing to accept")
	}
	state, err := g.site.StateOf(ctx, ref, now)
	if err != nil {
		return site.Undecided(err)
	}
	known := state.Known()
	switch {
	case known == "":
		return fmt.Errorf("nothing is known of %s while it was protected: nothing to accept", ref)
	case known != old.String():
		return fmt.Errorf("%s was known to be at %s, not at %s", ref, known, from)
	case known == new.String() && len(state.Unjudged()) == 0:
		return fmt.Errorf("%s is where it was known to be: nothing to accept", ref)
	}
	d := policy.Decision{
		Verdict: policy.Accepted, Reference: reference(req),
		Notes: []string{"moved past the hook and let stand: " + reason},
	}
	d.Refs = []policy.RefDecision{{Ref: ref, Old: old.String(), New: new.String(), Protected: true}}
	return site.Undecided(g.record(ctx, record.Move, req, d))
}
