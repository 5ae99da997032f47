package gate

import (
	"context"
	"slices"
	"time"

	"countersign/history"
	"countersign/policy"
)

// approvable are the findings that an approval may answer.
var approvable = []policy.Code{policy.ApprovalMissing, policy.ApprovalNotFetched, policy.OnHold, policy.QuorumMissing, policy.CoolDown}

// unanswered says whether an approval may answer one of the findings, or an exception where there are any:
// looking for those of each landing costs a process.
func (g *Gate) unanswered(ctx context.Context, findings []policy.Finding, coming []voucher) (bool, error) {
	excepted := false
	for _, f := range findings {
		if slices.Contains(approvable, f.Code) {
			return true, nil
		}
		excepted = excepted || policy.Exceptable(f.Code)
	}
	if !excepted || slices.ContainsFunc(coming, func(v voucher) bool { return v.kind == Exception }) {
		return excepted, nil
	}
	if g.exceptions == nil {
		repo, err := g.aside()
		if err != nil {
			return false, err
		}
		refs, err := repo.Refs(ctx, Exception.refs())
		if err != nil {
			return false, err
		}
		some := len(refs) > 0
		g.exceptions = &some
	}
	return *g.exceptions, nil
}

// withApprovals judges a landing; approvals are only looked up where one is missing, and what the journal
// knows only where something has to wait.
func (g *Gate) withApprovals(ctx context.Context, st *standing, ledger *policy.Ledger, landing *policy.Landing, tags []mergeTag, coming []voucher) ([]policy.Finding, error) {
	findings := st.judge(ledger, landing)
	if asked, err := g.askGit(ctx, st, landing, findings); err != nil {
		return nil, err
	} else if asked {
		findings = st.judge(ledger, landing)
	}
	look, err := g.unanswered(ctx, findings, coming)
	if err != nil {
		return nil, err
	}
	// What is only unproven here may yet be on hold by the journal, and was perhaps approved instead.
	// And who proposed a change of the policy, or merged what needs a second person, may have taken it back.
	if look || landing.ByMerge || landing.Amended != nil || landing.Unproven != nil && g.o.Records != nil {
		if err := g.findApprovals(ctx, st, landing, ledger.LandingTime(landing.Commit.Committer.When), tags, coming); err != nil {
			return nil, err
		}
		findings = st.judge(ledger, landing)
	}
	return g.withSights(ctx, st, ledger, landing, findings)
}

// manyCommits is the number of commits from which listing all approvals beats asking for each.
const manyCommits = 64

// findApprovals adds to a landing, which lands at that time, the approvals of its commits and the
// exceptions made for them: those stored, those that come in the same push, and the tags its merges embed.
func (g *Gate) findApprovals(ctx context.Context, st *standing, landing *policy.Landing, landed int64, tags []mergeTag, coming []voucher) error {
	repo, err := g.aside()
	if err != nil {
		return err
	}
	commits := map[string]int64{landing.Commit.ID: landing.Commit.Committer.When}
	for i := range landing.Brought {
		commits[landing.Brought[i].ID] = landing.Brought[i].Committer.When
	}
	var patterns []string
	for _, kind := range voucherKinds {
		if len(commits) > manyCommits {
			patterns = append(patterns, kind.refs())
			continue
		}
		for id := range commits {
			patterns = append(patterns, kind.refs()+id+"/")
		}
	}
	slices.Sort(patterns)
	refs, err := repo.Refs(ctx, patterns...)
	if err != nil {
		return err
	}
	found := slices.Clone(coming)
	for _, ref := range refs {
		if v, err := parseVoucher(ref.Name, ref.ID); err == nil { // else it is none, whatever it is
			found = append(found, v)
		}
	}
	var received time.Time
	if landing.Received != 0 {
		received = time.Unix(landing.Received, 0)
	}
	var withdrawn []statement
	for _, v := range found {
		when, here := commits[v.commit.String()]
		if !here {
			continue
		}
		said, err := g.said(ctx, st, repo, v, arrival{time.Unix(when, 0), received})
		if err != nil {
			return err
		}
		switch v.kind {
		case Approval:
			a := said.approval()
			if landing.Received == 0 && a.Ref != landing.Ref {
				landed, err := g.reaches(ctx, repo, st, a.Ref, v.commit)
				if err != nil {
					return err
				}
				if landed { // where it was approved for; this ref was cut from that one
					a.Ref = ""
				}
			}
			landing.Approvals = append(landing.Approvals, a)
		case Exception:
			landing.Exceptions = append(landing.Exceptions, said.exception())
		case Withdrawal:
			// What has landed stays landed: what is taken back later is for countersign audit.
			if landing.Received != 0 || said.when <= landed {
				withdrawn = append(withdrawn, said)
			}
		}
	}
	for _, t := range tags {
		if a := st.mergeTag(t); a != nil {
			landing.Approvals = append(landing.Approvals, *a)
		}
	}
	for i := range landing.Approvals {
		a := &landing.Approvals[i]
		a.Withdrawn = slices.ContainsFunc(withdrawn, func(w statement) bool { return w.withdraws(*a) })
	}
	for _, w := range withdrawn {
		a := w.approval()
		a.Withdrawn = true
		landing.Approvals = append(landing.Approvals, a)
	}
	return nil
}

// mergeTag gives what a tag that a merge embeds approves: git merge takes in whatever tag it is given, so that
// only one that calls itself an approval of that commit is one. It gives nil for any other.
func (st *standing) mergeTag(t mergeTag) *policy.Approval {
	v, err := parseVoucher("refs/"+t.tag.Name, t.tag.ID)
	if err != nil || v.kind != Approval {
		return nil
	}
	s := st.state(v, &t.tag, t.at)
	a := s.approval()
	a.Source, a.Name = "mergetag", "merged tag "+t.tag.Name
	return &a
}

// reaches says whether a protected branch that exists has a commit.
func (g *Gate) reaches(ctx context.Context, repo Repository, st *standing, ref string, commit history.ID) (bool, error) {
	if ref == "" || !st.policy.Protects(ref) {
		return false, nil
	}
	refs, err := repo.Refs(ctx, ref)
	if err != nil || len(refs) != 1 || refs[0].Name != ref {
		return false, err
	}
	reached, err := repo.Reaches(ctx, []history.ID{refs[0].ID}, []history.ID{commit})
	return err == nil && reached[0][0], err
}
