package settle

import (
	"context"
	"maps"
	"slices"

	"countersign/history"
	"countersign/policy"
)

// firstSeen adds to a landing since when some of its commits, and its approvals, have been in sight.
func (a *Answers) firstSeen(ctx context.Context, q Question, commits map[string]bool) error {
	landing := q.Landing
	a.leans.Journal = true
	l, err := a.site.RefLog(ctx)
	if err != nil || l == nil && landing.Received == 0 {
		return err // no server, no journal
	}
	if landing.Seen == nil {
		landing.Seen = make(map[string]int64)
	}
	if l != nil { // else this is the first push
		seen, err := a.inSight(ctx, landing, slices.Sorted(maps.Keys(commits)))
		if err != nil {
			return err
		}
		maps.Copy(landing.Seen, seen)
	}
	for i := range landing.Approvals {
		given := &landing.Approvals[i]
		who := given.Signature.Principal
		if given.Object == "" || who == "" {
			continue
		}
		given.Seen, err = a.site.AttestedAt(ctx, policy.Approves, given.Commit, who, given.Object)
		if err != nil {
			return err
		}
	}
	made, err := l.TellsMade(ctx)
	landing.MadeUnknown = !made
	return err
}

// inSight says since when some commits of a landing have been in sight, until now. Of history that has landed it
// says what was so when that came in: with the first value of its ref that has it.
func (a *Answers) inSight(ctx context.Context, landing *policy.Landing, commits []string) (map[string]int64, error) {
	v, err := a.site.View(ctx)
	if err != nil {
		return nil, err
	}
	if landing.Received != 0 {
		return v.Now(ctx, commits)
	}
	until, err := v.FirstWith(ctx, landing.Ref, history.ID{}, landing.Commit.ID)
	if err != nil {
		return nil, err
	}
	return v.Before(ctx, until, commits)
}
