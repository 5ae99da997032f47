package gate

import (
	"context"
	"slices"
	"time"

	"countersign/gate/lineage"
	"countersign/gate/settle"
	"countersign/policy"
)

// landedBefore judges the signature of a commit as of when it came in on another protected branch, if it did; of the
// landing commit it says whether its date was bounded there.
func (p *push) landedBefore(ctx context.Context, u *update, q settle.Question, commit string) error {
	read, c := q.Fact.Find(commit), q.Landing.Find(commit)
	if read == nil || c == nil {
		return nil
	}
	others, err := p.otherLines(ctx, u)
	if err != nil {
		return err
	}
	status := c.Signature.Status
	byReceipt := status == policy.StatusRevoked || status == policy.StatusExpired
	if _, attested := q.By.Rules.Author(c); byReceipt || attested != "" {
		at, err := p.cameIn(ctx, others, c.ID)
		if err != nil {
			return err
		}
		if at != 0 && byReceipt {
			landed := q.Fact.Arrival.ReceivedAt(time.Unix(at, 0))
			c.Signature = q.By.Signature(read.Payload, read.Signature, read.Committer.When, landed)
		}
		if q.Landing.CameIn == nil {
			q.Landing.CameIn = make(map[string]int64)
		}
		q.Landing.CameIn[c.ID] = at
	}
	if c != &q.Landing.Commit {
		return nil
	}
	repo, err := p.site.Aside()
	if err != nil {
		return err
	}
	straight, err := p.straight(ctx, u)
	if err != nil {
		return err
	}
	q.Landing.Bounded, err = lineage.OnLine(ctx, repo, read.ID, lineage.Tips(slices.Concat(straight, others))...)
	return err
}
