package policy

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A chart has somebody's tenure where they touch what a rule asks about, once a month, and wherever they are held.
func TestChart(t *testing.T) {
	t.Parallel()
	p, l, ch := world(), new(Ledger), new(Chart)
	for _, landing := range []*Landing{
		single(commit("a", "jia", t0, opaqueFile())),
		single(commit("b", "jia", t0+20*day, opaqueFile())),
		single(commit("c", "jia", t0+20*day+1, opaqueFile(), source())),
		single(commit("d", "jia", t0+50*day, build())),
		single(commit("e", "jia", t0+400*day, opaqueFile())),
		single(commit("f", "jia", t0+400*day+1, opaqueFile())),
		single(commit("g", "con", t0+400*day+2, source())),
	} {
		at := l.LandingTime(landing.Commit.Committer.When)
		ch.Add(p, l, landing, at, judged(p, l, landing))
		l.Credit(p, landing)
	}
	ch.End()
	figures := func(days, commits, months int) TenureFigures { return TenureFigures{days, commits, months} }
	want := []TenurePoint{
		{At: t0, Held: "a"},
		{At: t0 + 20*day, Tenure: figures(20, 1, 1), Held: "b"},
		{At: t0 + 20*day + 1, Tenure: figures(20, 1, 1), Held: "c"},
		{At: t0 + 400*day, Tenure: figures(400, 3, 2)},
		{At: t0 + 400*day + 2, Tenure: figures(400, 3, 2)}, // how it ended
	}
	if len(ch.Accounts) != 1 || len(ch.Accounts[0].People) != 1 {
		t.Fatalf("accounts %+v", ch.Accounts)
	}
	of := ch.Accounts[0]
	if diff := cmp.Diff(want, of.People[0].Points); diff != "" || of.Rule != "opaque" || of.In != "binary" {
		t.Errorf("%s in %s: %s", of.Rule, of.In, diff)
	}
	if p := of.People[0]; p.Who != "jia" || p.Commits != 5 || p.Held != 3 {
		t.Errorf("%s: %d commits, %d held", p.Who, p.Commits, p.Held)
	}
	if n := len(ch.Held); n != 4 {
		t.Fatalf("%d held: %+v", n, ch.Held)
	}
	if c := ch.Held[3]; c.ID != "d" || c.Signer != "jia" || c.Classes[0] != "build" {
		t.Errorf("held: %+v", c)
	}
	counts := make(map[string]int)
	for _, c := range ch.Classes {
		for _, n := range c.Commits {
			counts[c.Name] += n
		}
	}
	if diff := cmp.Diff(map[string]int{"": 7, "binary": 5, "build": 1}, counts); diff != "" {
		t.Error(diff)
	}
}

func TestProfileOfRules(t *testing.T) {
	t.Parallel()
	p := Default()
	for _, name := range Profiles() {
		if got := p.WithRulesOf(name).Profile(); got != name {
			t.Errorf("the rules of %s are those of %q", name, got)
		}
	}
	changed := p.WithRulesOf(ProfileStandard)
	changed.Rules[1].Exempt.Days--
	if got := changed.Profile(); got != "" {
		t.Errorf("other rules are those of %s", got)
	}
}
