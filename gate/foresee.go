package gate

import (
	"context"

	"countersign/gate/site"
	"countersign/policy"
)

// Foresee says what the server would say of a push that is about to leave a clone, by the same functions as
// [Gate.Judge], with the refs as the remote has them: [Options] must name it. The notes of the decision say what only
// the server can tell. Nothing is recorded; what was earned before is kept, so that it is worked out once.
func (g *Gate) Foresee(ctx context.Context, req Request) (policy.Decision, error) {
	d, err := g.inTime(ctx, req)
	if err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	if d.Settle(); d.Verdict == policy.Accepted {
		g.site.Tenure.Save()
	}
	return d, nil
}
