package audit

import (
	"context"
	"errors"
	"fmt"

	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
)

// tellAuditor gives the findings about commits that have landed other steps: nobody writes these anew.
func (a *Auditor) tellAuditor(ctx context.Context, findings []policy.Finding) error {
	var about []*policy.Finding
	var ids []history.ID
	for i := range findings {
		if id, err := history.ParseID(findings[i].Commit); err == nil {
			about, ids = append(about, &findings[i]), append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	tips, err := a.landed(ctx)
	if err != nil {
		return err
	}
	reached, err := a.site.Repo.Reaches(ctx, tips, ids)
	if unreadable(ctx, err) { // of one of them, perhaps
		err = nil
		for _, tip := range tips {
			one, failed := a.site.Repo.Reaches(ctx, []history.ID{tip}, ids)
			if reached = append(reached, one...); !unreadable(ctx, failed) {
				err = errors.Join(err, failed)
			}
		}
	}
	for _, by := range reached {
		for i, yes := range by {
			if yes {
				about[i].Next = landedSteps(about[i], a.isMerge(ctx, ids[i]))
			}
		}
	}
	return err
}

// landed gives what has landed for sure: in a clone the protected branches as they were fetched, and elsewhere, where
// nothing is fetched, the protected refs.
func (a *Auditor) landed(ctx context.Context) ([]history.ID, error) {
	refs, err := a.fetched(ctx)
	if err == nil && len(refs) == 0 {
		refs, err = a.site.ProtectedRefs(ctx)
	}
	return lineage.Tips(refs), err
}

// isMerge says whether a commit has several parents. One that can't be read is taken for none.
func (a *Auditor) isMerge(ctx context.Context, id history.ID) bool {
	c, err := a.site.Repo.Commit(ctx, id)
	return err == nil && len(c.Parents) > 1
}

// landedSteps says what can be done about a commit that has landed.
func landedSteps(f *policy.Finding, merge bool) []string {
	switch f.Code {
	case policy.ApprovalNotFetched:
		return f.Next
	case policy.DateFuture:
		return []string{"see whether the clock is right: date -u"}
	}
	revert := "git revert -S "
	if merge {
		revert += "-m 1 "
	}
	next := []string{
		"find out who let it land, in the forge's own log or on the server: countersign log",
		"if nobody stands behind it, take it back: " + revert + f.Commit,
	}
	if f.Code.Meaning().Exceptable {
		return append(next, fmt.Sprintf("it stays in history even so, and the quorum says that it may: "+
			"countersign except %s --reason TEXT", f.Commit))
	}
	return append(next, fmt.Sprintf("it stays in history even so; once it may, add %s to adoption.commits in the policy, "+
		"which takes the quorum", f.Commit))
}

// maybeTestMerge tells of an unsigned merge at the tip of what is judged that a forge may have made it.
func (a *Auditor) maybeTestMerge(ctx context.Context, of Audit, findings []policy.Finding) {
	tip := of.Range.Tip
	for i := range findings {
		f := &findings[i]
		if f.Code == policy.Unsigned && f.Commit == tip.String() && a.isMerge(ctx, tip) {
			f.Next = append([]string{fmt.Sprintf("a forge's test merge never lands; judge the request that it is of: "+
				"countersign verify --pull --ref %s %s^1..%[2]s^2", policy.Typed(of.Ref), tip)}, f.Next...)
		}
	}
}
