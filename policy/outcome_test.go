package policy

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// lookedUp adds to a landing what somebody who looks up its needs might find.
func lookedUp(t *rapid.T, landing *Landing, needs Needs) {
	maybe := func() bool { return rapid.Bool().Draw(t, "found") }
	who := func() string { return rapid.SampledFrom([]string{"alice", "lasse", "rev", "jia"}).Draw(t, "who") }
	for c := range landing.Commits() {
		if needs.Approvals && maybe() {
			landing.Approvals = append(landing.Approvals, approval(c.ID, who()))
		}
		if needs.Approvals && maybe() {
			landing.Withdrawals = append(landing.Withdrawals, Withdrawal{Commit: c.ID, Signature: good(who()), When: t0})
		}
		if needs.Exceptions && maybe() {
			e := Exception{Commit: c.ID, Signature: good(who()), Reason: "it burns", Expires: t0 + 10*year}
			landing.Exceptions = append(landing.Exceptions, e)
		}
		if status := c.Signature.Status; needs.LandedBefore[c.ID] && (status == "revoked" || status == "expired") && maybe() {
			c.Signature = good(who())
		}
		if needs.GitsMerge[c.ID] && maybe() {
			for i := range c.Changes {
				c.Changes[i].ByGit = true
			}
		}
	}
	landing.Bounded = landing.Bounded || needs.LandedBefore[landing.Commit.ID] && maybe()
	if len(needs.FirstSeen) > 0 && maybe() { // else there is no journal
		landing.Seen, landing.MadeUnknown = make(map[string]int64), maybe()
		for id := range needs.FirstSeen {
			if maybe() {
				landing.Seen[id] = t0 - int64(rapid.IntRange(0, 30).Draw(t, "days"))*day
			}
		}
	}
	landing.Known = landing.Known.With(needs)
}

// unreadLanding is a landing of which nothing was looked up.
func unreadLanding(t *rapid.T) *Landing {
	change := rapid.SampledFrom([]Change{source(), build(), opaqueFile(), policyChange()})
	signature := func(who string) Signature {
		status := rapid.SampledFrom([]string{"good", "good", "revoked", "expired", "missing", "unknown-key"})
		s := Signature{Status: status.Draw(t, "status"), Kind: "ssh"}
		if s.Status == StatusGood {
			s = good(who)
		}
		return s
	}
	one := func(id string, parents ...string) Commit {
		who := rapid.SampledFrom([]string{"alice", "lasse", "jia", "bot", "rev"}).Draw(t, "signer")
		when := t0 - int64(rapid.SampledFrom([]int{0, 1, 100}).Draw(t, "age"))*day
		c := commit(id, who, when, rapid.SliceOfN(change, 0, 2).Draw(t, "changes")...)
		c.Parents, c.Signature = parents, signature(who)
		return c
	}
	landing := &Landing{Ref: "refs/heads/main", ApprovalsFetched: true, NoJournal: rapid.Bool().Draw(t, "no journal")}
	parents := []string{"before"}
	for i := range rapid.IntRange(0, 3).Draw(t, "brought") {
		id := fmt.Sprintf("c%d", i)
		landing.Brought, parents = append(landing.Brought, one(id, parents[len(parents)-1])), []string{"before", id}
	}
	landing.Commit = one("m", parents...)
	if rapid.Bool().Draw(t, "now") {
		landing.Received = t0
	}
	if rapid.Bool().Draw(t, "amends") {
		becomes := *world()
		becomes.Quorum.CoolDown = time.Duration(rapid.IntRange(0, 2).Draw(t, "cool-down")) * 24 * time.Hour
		landing.InTree, landing.Amended = true, &Amended{Policy: &becomes, Same: map[string]bool{"m": true}}
		for i := range landing.Brought {
			landing.Amended.Same[landing.Brought[i].ID] = rapid.Bool().Draw(t, "same")
		}
	}
	return landing
}

func anyOutcomePolicy(t *rapid.T) *Policy {
	p := world()
	p.Signatures.Require = rapid.SampledFrom([]string{"all", "landing"}).Draw(t, "require")
	p.Signatures.MergesApprove = rapid.SampledFrom(mergesApprove).Draw(t, "merges-approve")
	p.Tenure.MaxLandingAge = 7 * 24 * time.Hour
	p.Quorum.Maintainers = rapid.IntRange(1, 2).Draw(t, "quorum")
	p.Quorum.CoolDown = time.Duration(rapid.IntRange(0, 5).Draw(t, "days")) * 24 * time.Hour
	p.Rules = slices.Clone(p.Rules)
	p.Rules[1].Wait = time.Duration(rapid.IntRange(0, 9).Draw(t, "wait")) * 24 * time.Hour
	return p
}

// Whatever is found when a landing's needs are looked up: after three calls nothing is needed, nothing that was known
// is asked for, and Judge has written into nothing.
func TestJudgeNeedsThreeCalls(t *testing.T) {
	most := 0
	rapid.Check(t, func(t *rapid.T) {
		p, landing, ledger := anyOutcomePolicy(t), unreadLanding(t), new(Ledger)
		earn(p, ledger, "lasse", t0-5*year, 30, opaqueFile())
		for calls := 1; ; calls++ {
			before := fmt.Sprintf("%+v %+v %+v", landing, landing.Amended, ledger)
			outcome := p.Judge(ledger, landing)
			if after := fmt.Sprintf("%+v %+v %+v", landing, landing.Amended, ledger); after != before {
				t.Fatalf("Judge has changed what it was given:\n%s\n%s", before, after)
			}
			most = max(most, calls)
			needs := outcome.Needs
			if needs.Empty() {
				break
			}
			if outcome.Passes() {
				t.Fatal("it passes, and needs something")
			}
			if calls == 3 {
				t.Fatalf("after three calls it needs %+v", needs)
			}
			known := landing.Known
			if needs.Approvals && known.Approvals || needs.Exceptions && known.Exceptions ||
				both(needs.GitsMerge, known.GitsMerge) || both(needs.LandedBefore, known.LandedBefore) ||
				both(needs.FirstSeen, known.FirstSeen) {
				t.Fatalf("needs %+v, known is %+v", needs, known)
			}
			lookedUp(t, landing, needs)
		}
	})
	if most != 3 {
		t.Errorf("at most %d calls: the landings of this test are too simple", most)
	}
}

func both(a, b map[string]bool) bool {
	for id := range maps.Keys(a) {
		if b[id] {
			return true
		}
	}
	return false
}

// A landing of which all is known needs nothing, and what is found is what was found by looking it up.
func TestJudgeOfWhatIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, landing := anyOutcomePolicy(t), unreadLanding(t)
		outcome := p.Judge(new(Ledger), landing)
		for !outcome.Needs.Empty() {
			landing.Known = landing.Known.With(outcome.Needs) // nothing is found
			outcome = p.Judge(new(Ledger), landing)
		}
		landing.Complete = true
		complete := p.Judge(new(Ledger), landing)
		if diff := cmp.Diff(outcome.Findings, complete.Findings); diff != "" || !complete.Needs.Empty() {
			t.Fatalf("needs %+v, and finds (-looked up +complete):\n%s", complete.Needs, diff)
		}
	})
}

func TestOutcomeJoin(t *testing.T) {
	a := Outcome{
		Findings: []Finding{{Code: Unsigned, Commit: "a"}},
		Notes:    []string{"one"}, Needs: Needs{Approvals: true, FirstSeen: map[string]bool{"a": true}},
	}
	b := Outcome{
		Findings: []Finding{
			{Code: Unsigned, Commit: "a", Detail: "said otherwise"},
			{Code: Unsigned, Commit: "b"},
			{Code: ApprovalMissing, Commit: "a", Rule: "r"},
		},
		Notes: []string{"two", "one"}, Needs: Needs{Exceptions: true, FirstSeen: map[string]bool{"b": true}},
	}
	got := a.Join(b)
	wantCodes(t, got.Findings, Unsigned, Unsigned, ApprovalMissing)
	if fmt.Sprint(got.Notes) != "[one two]" || !got.Needs.Approvals || !got.Needs.Exceptions ||
		len(got.Needs.FirstSeen) != 2 || len(a.Needs.FirstSeen) != 1 {
		t.Errorf("%+v", got)
	}
	if got.Passes() || !(Outcome{}).Passes() || (Outcome{Needs: Needs{Approvals: true}}).Passes() {
		t.Error("what passes has no finding and needs nothing")
	}
}

// No field of Needs is forgotten: each alone is something that is needed, and stays where other needs join it.
func TestEveryNeedCounts(t *testing.T) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[Needs]()) {
		var n Needs
		switch v := reflect.ValueOf(&n).Elem().FieldByIndex(field.Index); v.Kind() {
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Map:
			v.Set(reflect.ValueOf(map[string]bool{"c": true}))
		default:
			t.Fatalf("%s is a %s: say here how to need it", field.Name, v.Kind())
		}
		if n.Empty() {
			t.Errorf("%s alone is taken for nothing", field.Name)
		}
		if left, right := n.With(Needs{}), (Needs{}).With(n); !cmp.Equal(left, n) || !cmp.Equal(right, n) {
			t.Errorf("%s is lost beside nothing: %+v, %+v", field.Name, left, right)
		}
	}
}
