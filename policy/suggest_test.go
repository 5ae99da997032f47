package policy

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// tryLandings judges landings by a policy and by one that asks everybody.
func tryLandings(p *Policy, landings []*Landing) (*Trial, *Backtest) {
	l, trial, b := new(Ledger), new(Trial), new(Backtest)
	asking := p.AskingEverybody()
	for _, landing := range landings {
		at := l.LandingTime(landing.Commit.Committer.When)
		b.Add(p, landing, at, judged(p, l, landing))
		trial.Add(asking, l, landing, at, judged(asking, l, landing))
		l.Credit(p, landing)
	}
	return trial, b
}

func TestSuggest(t *testing.T) {
	t.Parallel()
	p := world()
	landings := []*Landing{
		single(commit("a", "jia", t0, opaqueFile())),
		single(commit("b", "jia", t0+50*day, opaqueFile())),
		single(commit("c", "jia", t0+100*day, opaqueFile())),
		single(commit("d", "jia", t0+200*day, opaqueFile())),
		single(commit("e", "jia", t0+201*day, build())), // which needs approval, whatever tenure
		single(commit("f", "jia", t0+500*day, opaqueFile())),
		single(commit("g", "con", t0+600*day, source())),
	}
	trial, b := tryLandings(p, landings)
	for _, c := range []struct {
		most, held int
		fits       bool
		suggested  TenureFigures
		lower      []string
		freed      []string
	}{
		{0, 2, false, TenureFigures{Days: 1, Commits: 1}, nil, []string{"b", "c", "d"}},
		{2, 2, true, TenureFigures{Days: 1, Commits: 1}, nil, []string{"b", "c", "d"}},
		{3, 3, true, TenureFigures{Days: 30, Commits: 2}, []string{"b"}, []string{"c", "d"}},
		{4, 4, true, TenureFigures{Days: 60, Commits: 3}, []string{"c"}, []string{"d"}},
		{5, 4, true, TenureFigures{Days: 60, Commits: 3}, []string{"c"}, []string{"d"}},
		{6, 6, true, TenureFigures{Days: 1825, Commits: 50}, []string{"d", "f"}, nil},
	} {
		s := trial.Suggest(p, b, c.most)
		if s.Now != b.Held || s.Now != 5 || s.Fixed != 1 || s.Commits != 7 || len(s.Rules) != 1 {
			t.Fatalf("%+v; the backtest counts %d", s, b.Held)
		}
		r := s.Rules[0]
		if s.Held != c.held || s.Fits != c.fits || r.Suggested != c.suggested {
			t.Errorf("of %d: %d held, %v, %+v; want %+v", c.most, s.Held, s.Fits, r.Suggested, c)
		}
		got := s.Policy.Rules[0].Exempt
		if got.figures() != c.suggested || got.In != "class" || p.Rules[0].Exempt.Days != 365 {
			t.Errorf("of %d: the policy has %+v", c.most, got)
		}
		if diff := cmp.Diff([2][]string{c.lower, c.freed}, [2][]string{triedIDs(r.Freed), triedIDs(s.Freed)}); diff != "" {
			t.Errorf("of %d: %s", c.most, diff)
		}
	}
}

func triedIDs(commits []TriedCommit) (ids []string) {
	for _, c := range commits {
		ids = append(ids, c.ID)
	}
	return ids
}

// What is suggested holds, where the history is judged by it, just what was said, and no more than it may.
func TestSuggestionHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := world()
		in := rapid.SampledFrom([]string{"rule", "class", "all"}).Draw(t, "in")
		p.Rules = append(p.Rules, Rule{
			Name: "together", Classes: []string{"binary", "build", "ci"}, Approvals: 1,
			Exempt: Exempt{Days: 100, Commits: 3, Months: 2, In: in},
		})
		p.Rules = slices.Delete(p.Rules, 1, 2) // the one that tenure doesn't exempt from
		var landings []*Landing
		when := t0
		for i := range rapid.IntRange(0, 30).Draw(t, "landings") {
			when += int64(rapid.IntRange(0, 60).Draw(t, "days")) * day
			changes := []Change{source(), opaqueFile(), build()}[rapid.IntRange(0, 2).Draw(t, "from"):]
			who := rapid.SampledFrom([]string{"jia", "lasse", "con"}).Draw(t, "who")
			landings = append(landings, single(commit(fmt.Sprint(i), who, when, changes...)))
		}
		trial, b := tryLandings(p, landings)
		s := trial.Suggest(p, b, rapid.IntRange(0, 30).Draw(t, "most"))
		if s.Now != b.Held {
			t.Fatalf("now %d, the backtest counts %d", s.Now, b.Held)
		}
		_, by := tryLandings(s.Policy, landings)
		if by.Held != s.Held || s.Fits != (s.Held <= s.Most) {
			t.Fatalf("said are %d of %d, fits %v; the backtest counts %d", s.Held, s.Most, s.Fits, by.Held)
		}
		for i, r := range s.Rules {
			for j, step := range r.Steps {
				if j > 0 && step.Held < r.Steps[j-1].Held {
					t.Fatalf("rule %d: step %d holds less than the one before", i, j)
				}
			}
		}
	})
}
