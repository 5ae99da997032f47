package settle

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign/gate/attest"
	"countersign/gate/inforce"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// findApprovals adds to a landing the approvals of its commits, their withdrawals, and the exceptions made for
// them: those stored, those that come in the same push, and the tags its merges embed.
func (a *Answers) findApprovals(ctx context.Context, q Question) error {
	by, landing := q.By, q.Landing
	landing.Approvals, landing.Withdrawals, landing.Exceptions = nil, nil, nil
	repo, err := a.site.Aside()
	if err != nil {
		return err
	}
	commits := map[string]int64{landing.Commit.ID: landing.Commit.Committer.When}
	for i := range landing.Brought {
		commits[landing.Brought[i].ID] = landing.Brought[i].Committer.When
	}
	stored, err := a.attestations(ctx, repo, slices.Sorted(maps.Keys(commits)))
	if err != nil {
		return err
	}
	found := append(slices.Clone(q.Coming), stored...)
	arrived := verify.LandedThen
	if landing.Received != 0 {
		arrived = verify.LandsNow(time.Unix(landing.Received, 0)).NoEarlier
	}
	for _, r := range found {
		when, here := commits[r.Commit.String()]
		if !here && r.Kind == policy.Withdraws {
			if err := a.withdrawnTwin(ctx, q, repo, r, arrived); err != nil {
				return err
			}
		}
		if !here {
			continue
		}
		s, err := a.Stated(ctx, by, repo, r, arrived(time.Unix(when, 0)))
		if err != nil {
			return err
		}
		switch r.Kind {
		case policy.Approves:
			approval := s.Approval()
			if landing.Received == 0 && approval.Ref != landing.Ref {
				landed, err := a.reaches(ctx, repo, by, approval.Ref, r.Commit)
				if err != nil {
					return err
				}
				if landed { // where it was approved for; this ref was cut from that one
					approval.Ref = ""
				}
			}
			landing.Approvals = append(landing.Approvals, approval)
		case policy.Excepts:
			landing.Exceptions = append(landing.Exceptions, s.Exception())
		case policy.Withdraws:
			landing.Withdrawals = append(landing.Withdrawals, s.Withdrawal())
		}
	}
	for i := range q.Fact.Tags {
		if approval := mergeTag(by, &q.Fact.Tags[i], q.Fact.Arrival); approval != nil {
			landing.Approvals = append(landing.Approvals, *approval)
		}
	}
	landing.Known.Approvals, landing.Known.Exceptions = true, true
	return nil
}

// fewCommits is up to how many commits a push or an audit asks for the attestations of each. From then on they are
// listed all at once, and not again: what comes in meanwhile, counts for the next push.
const fewCommits = 64

// attestations gives what is stored about some commits, and all withdrawals: see [Answers.withdrawnTwin].
func (a *Answers) attestations(ctx context.Context, repo refReacher, commits []string) ([]attest.Ref, error) {
	if a.listed == nil {
		a.asked += len(commits)
		if a.asked <= fewCommits {
			patterns := []string{policy.Withdraws.Prefix()}
			for _, kind := range policy.AttestationKinds {
				for _, id := range commits {
					if kind != policy.Withdraws {
						patterns = append(patterns, kind.Prefix()+id+"/")
					}
				}
			}
			refs, err := repo.Refs(ctx, patterns...)
			return attest.Among(refs), err
		}
		var patterns []string
		for _, kind := range policy.AttestationKinds {
			patterns = append(patterns, kind.Prefix())
		}
		refs, err := repo.Refs(ctx, patterns...)
		if err != nil {
			return nil, err
		}
		a.list(refs)
	}
	found := slices.Clone(a.withdrawals)
	for _, id := range commits {
		found = append(found, a.listed[id]...)
	}
	slices.SortFunc(found, func(r, other attest.Ref) int { return strings.Compare(r.Called, other.Called) })
	return found, nil
}

// List has all refs be those that are given, as far as it is asked what is said of history that has landed, and where
// something was approved for: so all is judged by the same.
func (a *Answers) List(refs []history.Ref) {
	a.list(refs)
	a.held = make(map[string]history.ID, len(refs))
	exceptions := false
	for _, r := range refs {
		a.held[r.Name] = r.ID
		exceptions = exceptions || strings.HasPrefix(r.Name, policy.Excepts.Prefix())
	}
	a.exceptions = &exceptions
}

// list takes the attestations among refs for all that are stored.
func (a *Answers) list(refs []history.Ref) {
	a.listed, a.withdrawals = make(map[string][]attest.Ref), nil
	for _, r := range attest.Among(refs) {
		if r.Kind == policy.Withdraws {
			a.withdrawals = append(a.withdrawals, r)
			continue
		}
		a.listed[r.Commit.String()] = append(a.listed[r.Commit.String()], r)
	}
}

// mergeTag gives what a tag that a merge embeds approves: git merge takes in whatever tag it is given, so that
// only one that calls itself an approval of that commit is one. It gives nil for any other.
func mergeTag(by *inforce.Policy, t *history.Tag, at verify.Arrival) *policy.Approval {
	r, err := attest.Parse("refs/"+t.Name, t.ID)
	if err != nil || r.Kind != policy.Approves {
		return nil
	}
	s := attest.State(r, t, at, by.Signature)
	a := s.Approval()
	a.Source, a.Name = "mergetag", "merged tag "+t.Name
	return &a
}

// refReacher says what refs hold, and what that reaches.
type refReacher interface {
	Refs(ctx context.Context, patterns ...string) ([]history.Ref, error)
	Reaches(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
}

// reaches says whether a protected branch that exists has a commit.
func (a *Answers) reaches(
	ctx context.Context, repo refReacher, by *inforce.Policy, ref string, commit history.ID,
) (bool, error) {
	if ref == "" || !by.Rules.Protects(ref) {
		return false, nil
	}
	has := false
	tip, there, err := a.tip(ctx, repo, ref)
	if err == nil && there {
		var reached [][]bool
		if reached, err = repo.Reaches(ctx, []history.ID{tip}, []history.ID{commit}); err == nil {
			has = reached[0][0]
		}
	}
	if a.leans.Elsewhere == nil {
		a.leans.Elsewhere = make(map[string]bool)
	}
	before, asked := a.leans.Elsewhere[ref]
	a.leans.Elsewhere[ref] = has && (before || !asked)
	return has, err
}

// tip gives what a ref holds.
func (a *Answers) tip(ctx context.Context, repo refReacher, ref string) (id history.ID, there bool, err error) {
	if a.held != nil {
		id, there = a.held[ref]
		return id, there, nil
	}
	refs, err := repo.Refs(ctx, ref)
	if err != nil || len(refs) != 1 || refs[0].Name != ref {
		return id, false, err
	}
	return refs[0].ID, true, nil
}
