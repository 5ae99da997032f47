package policy

import "testing"

// amends is a landing by jia of what a topic brings, in which two sign what loosens the policy; same are the
// commits in which it is loosened already.
func amends(brought []Commit, same ...string) (*Policy, *Landing) {
	old, new := world(), world()
	old.Quorum.Maintainers, new.Quorum.Maintainers = 2, 1
	l := single(commit("m", "jia", t0))
	l.Commit.Parents, l.Brought, l.InTree = []string{"p", brought[len(brought)-1].ID}, brought, true
	l.Amended = &Amended{Policy: new, Same: map[string]bool{"m": true}}
	for _, id := range same {
		l.Amended.Same[id] = true
	}
	return old, l
}

func policyChange() Change { return adds(Folder+"/"+FileName, 0) }

// after puts commits one after the other.
func after(commits ...Commit) []Commit {
	for i := 1; i < len(commits); i++ {
		commits[i].Parents = []string{commits[i-1].ID}
	}
	return commits
}

func TestAttackApprovalOfWhatOnlyHasTheOldPolicy(t *testing.T) {
	for name, c := range map[string]struct {
		brought  []Commit
		same     []string
		approved string
		want     []Code
	}{
		"a topic that never touched it": {
			after(commit("c", "jia", t0, source())), []string{"c"}, "c", []Code{QuorumMissing},
		},
		"one that proposes it":          {after(commit("c", "jia", t0, policyChange())), []string{"c"}, "c", nil},
		"what comes after the proposal": {after(commit("c", "jia", t0, policyChange()), commit("d", "jia", t0, source())), []string{"c", "d"}, "d", nil},
		"what comes before it":          {after(commit("c", "jia", t0, source()), commit("d", "jia", t0, policyChange())), []string{"d"}, "c", []Code{QuorumMissing}},
		"another state of the proposal": {after(commit("c", "jia", t0, policyChange()), commit("d", "jia", t0, policyChange())), []string{"d"}, "c", []Code{QuorumMissing}},
		"the landing itself":            {after(commit("c", "jia", t0, source())), []string{"c"}, "m", nil},
		"a change on the topic, taken back": {
			after(commit("c", "jia", t0, policyChange()), commit("d", "jia", t0, policyChange())), []string{"p-c", "d"}, "d", []Code{QuorumMissing},
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, landing := amends(c.brought, c.same...)
			landing.Approvals = []Approval{approval(c.approved, "lasse")}
			wantCodes(t, p.Judge(new(Ledger), landing), c.want...)
		})
	}
	p, landing := amends(after(commit("c", "lasse", t0, policyChange()), commit("d", "lasse", t0, policyChange())), "p-c", "d")
	wantCodes(t, p.Judge(new(Ledger), landing), QuorumMissing)
	delete(landing.Amended.Same, "p-c")
	wantCodes(t, p.Judge(new(Ledger), landing))
}
