package gate

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/gate/attest"
	"countersign/gate/lineage"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
)

// timeUsedUp is the error that a push took longer than the policy's limit.
type timeUsedUp time.Duration

func (t timeUsedUp) Error() string {
	return fmt.Sprintf("the policy's limit time = %s is used up", time.Duration(t))
}

// tookTooLong tells the pusher of that limit, which is theirs to keep.
func tookTooLong(err error) []policy.Finding {
	var limit timeUsedUp
	if !errors.As(err, &limit) {
		return nil
	}
	return []policy.Finding{{
		Code: policy.LimitExceeded, Detail: fmt.Sprintf("it took longer than limits.time, which is %s", time.Duration(limit)),
		Next: []string{
			"push in parts, an older commit first: git push origin COMMIT:BRANCH",
			"or ask the server's operator to raise limits.time",
		},
	}}
}

// blames refuses an update for an error that is the pusher's to mend, and says whether it is.
func (p *push) blames(ctx context.Context, u *update, err error) bool {
	var limit *history.LimitError
	switch {
	case errors.As(err, &limit):
		what := strings.Replace(err.Error(), history.ErrLimit.Error()+": ", "", 1)
		p.refuse(u, policy.LimitExceeded, what, p.within(ctx, u, limit.Limit)...)
	case errors.Is(err, history.ErrMalformed):
		next := policy.Rewritten
		if lineage.IsTag(u.resolved) {
			next = policy.Tag{Shown: u.Name}.Again() + " COMMIT"
		} else if r, err := attest.Parse(u.resolved, u.New); err == nil {
			next = r.Kind.Again(r.Commit.String())
		}
		p.refuse(u, policy.ObjectMalformed, walk.Malformed(err), next)
	default:
		return false
	}
	return true
}

// within says how a push keeps a limit of that name, or which setting raises it.
func (p *push) within(ctx context.Context, u *update, name string) []string {
	setting := name
	var next []string
	switch name {
	case "commits", "bytes", "merged":
		if half := p.half(ctx, u); !half.IsZero() {
			parts := fmt.Sprintf("push in parts, and again until all is in: git push origin %s:%s", half, policy.Typed(u.Name))
			next = append(next, parts)
		}
		if name == "merged" {
			setting = "time"
		}
	case "blob":
		next = append(next, "take the file out of every commit that has it: git rebase -r -i --gpg-sign BASE")
	case "path":
		return []string{"no setting raises this limit; make the commit again with a shorter path, such as systems can open"}
	case "message":
		next = append(next, "write less: git tag -s -f NAME", "or, of a commit: git commit --amend -S")
	default:
		return []string{"no setting raises this limit; make it smaller, in several commits: git rebase -r -i --gpg-sign BASE"}
	}
	raise := "ask the server's operator to raise limits." + setting
	switch {
	case name != "bytes" && next != nil:
		next = append(next, "or "+raise)
	case name != "bytes":
		next = append(next, raise)
	case next == nil:
		next = append(next, "make it smaller, in several commits; no setting raises this limit")
	}
	return next
}

// half gives a commit in the middle of what an update brings to a branch, zero where it can't be pushed in parts.
func (p *push) half(ctx context.Context, u *update) history.ID {
	repo, err := p.site.Aside()
	if err != nil || !lineage.IsBranch(u.resolved) || u.real.IsZero() {
		return history.ID{}
	}
	line, err := repo.FirstParents(ctx, u.New, func(id history.ID) bool { return id == u.real })
	if err != nil || len(line) < 3 || line[len(line)-1] != u.real {
		return history.ID{}
	}
	return line[len(line)/2]
}
