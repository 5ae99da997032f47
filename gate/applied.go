package gate

import (
	"context"

	"countersign/gate/record"
	"countersign/policy"
)

// Applied records the ref updates that Git made, which are not all that were accepted: another hook,
// a race or a broken connection can stop a push after its decision.
func (g *Gate) Applied(ctx context.Context, req Request) error {
	d := policy.Decision{Verdict: policy.Accepted, Refs: g.asked(req)}
	if g.site.Readable() {
		looking, cancel := context.WithTimeout(ctx, recordTime)
		defer cancel()
		// A push to a symbolic ref moved the ref behind it, as it did when it was decided. What can't be
		// looked up is recorded by its name.
		if p := g.newPush(req); p.lookUp(looking) == nil {
			d.Refs = p.decision.Refs
		}
	}
	for i, u := range req.Updates {
		d.Refs[i].Old = u.Old.String() // Git's own word by now, not the client's
	}
	return g.record(ctx, record.Applied, req, d)
}
