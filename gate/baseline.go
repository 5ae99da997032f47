package gate

import (
	"context"
	"slices"

	"countersign/gate/record"
	"countersign/gate/refstate"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// baselineRefs is how many refs a record of a baseline has at most: it must not get longer than the journal takes.
const baselineRefs = 2000

// Baseline records what those protected refs hold of which the journal says nothing yet, so that the first push to each
// is compared with that.
//
// Of a ref whose value the journal knows, Baseline says nothing, wherever that ref may be now. Where the policy is
// still to be pushed, only the branch that will hold it is known to be protected.
func (g *Gate) Baseline(ctx context.Context, req Request) error {
	if g.site.Repo == nil {
		return ErrUndecided
	}
	if g.site.InForce == nil && !g.site.InTree() {
		return nil // what is protected can't be told
	}
	refs, err := g.site.Repo.Refs(ctx)
	if err != nil {
		return site.Undecided(err)
	}
	g.site.Receive(req.Received.Unix())
	var whole *refstate.Whole
	if g.site.InForce != nil { // else nothing was ever pushed, nor recorded
		if whole, err = g.site.WholeLog(ctx); err != nil {
			return site.Undecided(err)
		}
	}
	aliases := make(map[string]history.Ref)
	for _, r := range refs {
		if r.Target != "" {
			aliases[r.Name] = r
		}
	}
	var unrecorded []policy.RefDecision
	for _, r := range refs {
		protected := g.site.InForce == nil && r.Name == g.site.Source.Introduction.Ref ||
			g.site.InForce != nil && protects(g.site.Rules(), r.Name, r.Name, aliases)
		if r.Target != "" || !protected || whole.State(r.Name).Known() != "" {
			continue
		}
		id := r.ID.String()
		unrecorded = append(unrecorded, policy.RefDecision{Ref: r.Name, Old: id, New: id, Protected: true})
	}
	for some := range slices.Chunk(unrecorded, baselineRefs) {
		d := policy.Decision{Verdict: policy.Accepted, Reference: reference(req), Refs: some}
		if err := g.record(ctx, record.Baseline, req, d); err != nil {
			return site.Undecided(err)
		}
	}
	return nil
}
