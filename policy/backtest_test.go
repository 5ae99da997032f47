package policy

import (
	"testing"
)

func TestBacktestCounts(t *testing.T) {
	p, l := world(), new(Ledger)
	var b Backtest
	for _, landing := range []*Landing{
		single(commit("a", "jia", t0, build())), mergeOf("lasse", commit("b", "jia", t0, source())),
	} {
		b.Add(p, landing, t0, judged(p, l, landing))
	}
	b.Sort()
	if b.Commits != 3 || b.Merges != 1 || b.Landings != 2 || b.Held != 1 || b.NonMerges() != 2 || len(b.List) != 1 {
		t.Errorf("%+v", b)
	}
	if want := (BacktestCount{Name: "build", Commits: 1, Held: 1}); *b.Classes[0] != want {
		t.Errorf("classes %+v, want %+v", *b.Classes[0], want)
	}
	if want := (BacktestCount{Name: "jia", Commits: 2, Held: 1}); *b.Signers[0] != want {
		t.Errorf("signers %+v, want %+v", *b.Signers[0], want)
	}
	if only := p.OnlyRules([]string{"hidden", "nonsense"}); len(only.Rules) != 1 || len(p.Rules) != 3 {
		t.Errorf("only %+v", only)
	}
}
