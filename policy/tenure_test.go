package policy

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// tenureIn gives the tenure in a class, or overall.
func tenureIn(p *Policy, l *Ledger, who, class string, at int64) TenureFigures {
	if class == "" {
		return l.Tenure(p, who, nil, at)
	}
	return l.Tenure(p, who, []string{class}, at)
}

func wantTenure(t *testing.T, p *Policy, l *Ledger, who, class string, at int64, want TenureFigures) {
	t.Helper()
	if got := tenureIn(p, l, who, class, at); got != want {
		t.Errorf("tenure of %s in %q at day %d: %+v, want %+v", who, class, (at-t0)/day, got, want)
	}
}

func TestTenureCountsDaysCommitsMonths(t *testing.T) {
	p, l := world(), new(Ledger)
	l.Credit(p, single(commit("a", "alice", t0, opaqueFile())))         // 2020-09-13
	l.Credit(p, single(commit("b", "alice", t0+day, source())))         // the same month
	l.Credit(p, single(commit("c", "alice", t0+30*day, opaqueFile())))  // October
	l.Credit(p, single(commit("d", "lasse", t0+100*day, opaqueFile()))) // somebody else, December
	at := t0 + 200*day
	wantTenure(t, p, l, "alice", "binary", at, TenureFigures{Days: 200, Commits: 2, Months: 2})
	wantTenure(t, p, l, "alice", "", at, TenureFigures{Days: 200, Commits: 3, Months: 2})
	wantTenure(t, p, l, "lasse", "binary", at, TenureFigures{Days: 100, Commits: 1, Months: 1})
	wantTenure(t, p, l, "jia", "", at, TenureFigures{})
}

func TestTenureSettles(t *testing.T) {
	p, l := world(), new(Ledger)
	l.Credit(p, single(commit("a", "alice", t0, opaqueFile())))
	settled := t0 + 14*day + 601 // and the clock's skew, and not in its last second
	wantTenure(t, p, l, "alice", "binary", settled-1, TenureFigures{})
	wantTenure(t, p, l, "alice", "binary", settled, TenureFigures{Days: 14, Commits: 1, Months: 1})
	l.Credit(p, single(commit("b", "alice", settled, opaqueFile())))
	wantTenure(t, p, l, "alice", "binary", settled, TenureFigures{Days: 14, Commits: 1, Months: 1})
	wantTenure(t, p, l, "alice", "binary", settled+14*day+600, TenureFigures{Days: 28, Commits: 1, Months: 1})
	wantTenure(t, p, l, "alice", "binary", settled+14*day+601, TenureFigures{Days: 28, Commits: 2, Months: 1})
}

func TestAttackBackdatedCommitsEarnNothing(t *testing.T) {
	p, l := world(), new(Ledger)
	l.Credit(p, single(commit("a", "alice", t0, source())))
	// jia's commits claim to be ten years old, and land on a tip of today.
	for _, id := range []string{"b", "c", "d"} {
		l.Credit(p, single(commit(id, "jia", t0-10*year, opaqueFile())))
	}
	wantTenure(t, p, l, "jia", "binary", t0+20*day, TenureFigures{Days: 20, Commits: 3, Months: 1})
	// From an old branch point, under a merge of today: the landing time is the merge's.
	m := mergeOf("jia", commit("e", "jia", t0-10*year, build()))
	l.Credit(p, m)
	wantTenure(t, p, l, "jia", "build", t0+20*day, TenureFigures{Days: 20, Commits: 1, Months: 1})
}

func TestAttackThousandCommitsInADay(t *testing.T) {
	p, l := world(), new(Ledger)
	for range 1000 {
		l.Credit(p, single(commit("x", "jia", t0, opaqueFile())))
	}
	wantTenure(t, p, l, "jia", "binary", t0+20*day, TenureFigures{Days: 20, Commits: 1000, Months: 1})
	wantCodes(t, judged(p, l, single(commit("c", "jia", t0+20*day, opaqueFile()))), ApprovalMissing)
}

func TestAttackTenureEarnedAndUsedInOnePush(t *testing.T) {
	p, l := world(), new(Ledger)
	p.Rules[0].Exempt = Exempt{Days: 0, Commits: 3, In: "class"}
	// A push's landings may be max-landing-age apart, which is never more than settling.
	for i := range int64(10) {
		l.Credit(p, single(commit("x", "jia", t0+i*day, opaqueFile())))
	}
	wantCodes(t, judged(p, l, single(commit("c", "jia", t0+16*day+600, opaqueFile()))), ApprovalMissing)
	wantCodes(t, judged(p, l, single(commit("c", "jia", t0+16*day+601, opaqueFile()))))
}

func TestAttackAuthorIsAMaintainerSignerIsNot(t *testing.T) {
	p, l := world(), new(Ledger)
	earn(p, l, "alice", t0, 20, opaqueFile())
	at := l.Last() + 20*day
	c := commit("c", "jia", at, opaqueFile())
	c.Author = Identity{Name: "alice", Email: "alice@example.org", When: at}
	before := tenureIn(p, l, "alice", "binary", at+30*day)
	wantCodes(t, judged(p, l, single(c)), ApprovalMissing) // judged by jia's tenure
	l.Credit(p, single(c))
	if after := tenureIn(p, l, "alice", "binary", at+30*day); after != before {
		t.Errorf("alice earned by a commit that jia signed in her name: %+v, was %+v", after, before)
	}
	// What jia signed is jia's, as if the author line were.
	wantTenure(t, p, l, "jia", "binary", at+30*day, TenureFigures{Days: 30, Commits: 1, Months: 1})
}

func TestAuthorEarnsWhenATenuredMaintainerSigns(t *testing.T) {
	p, l := world(), new(Ledger)
	patch := commit("c", "alice", t0, opaqueFile())
	patch.Author = by("con")
	l.Credit(p, single(patch)) // alice herself is new: the author earns nothing
	wantTenure(t, p, l, "con", "binary", t0+20*day, TenureFigures{})
	wantTenure(t, p, l, "alice", "binary", t0+20*day, TenureFigures{Days: 20, Commits: 1, Months: 1})
	earn(p, l, "alice", t0+day, 6, source())
	at := l.Last() + day
	patch.Committer.When = at
	l.Credit(p, single(patch))
	wantTenure(t, p, l, "con", "binary", at+20*day, TenureFigures{Days: 20, Commits: 1, Months: 1})
	// A stranger's authorship takes nothing from who signed.
	patch.Author = Identity{Name: "x", Email: "x@elsewhere.example", When: at}
	l.Credit(p, single(patch))
	days := int((at + 20*day - t0) / day)
	wantTenure(t, p, l, "alice", "binary", at+20*day, TenureFigures{Days: days, Commits: 3, Months: 2})
}

// Who signs the landing earns what it brings, too; whoever has no say of their own earns nothing.
func TestWhoLandsEarns(t *testing.T) {
	for name, c := range map[string]struct {
		lander, signer, author string
		earn                   string
	}{
		"a merge of another's topic":     {"alice", "con", "con", "alice con"},
		"a merge of one's own":           {"alice", "alice", "alice", "alice"},
		"a patch, applied and merged":    {"alice", "lasse", "con", "alice con lasse"},
		"nobody's signature":             {"alice", "", "con", "alice con"},
		"nobody's, of a stranger":        {"alice", "", "", "alice"},
		"a service's merge":              {"bot", "con", "con", "con"},
		"a new contributor lands it":     {"con", "jia", "jia", "con jia"},
		"a new contributor, for another": {"con", "", "jia", "con"},
	} {
		p, l := world(), new(Ledger)
		earn(p, l, "alice", t0-year, 6, source())
		brought := commit("c", "con", t0, opaqueFile())
		if brought.Signature = good(c.signer); c.signer == "" {
			brought.Signature = Signature{Status: StatusMissing}
		}
		brought.Author = by("x")
		if c.author != "" {
			brought.Author = by(c.author)
		}
		l.Credit(p, mergeOf(c.lander, brought))
		var earned []string
		for _, q := range p.Principals {
			if tenureIn(p, l, q.Name, "binary", t0+30*day).Commits == 1 {
				earned = append(earned, q.Name)
			}
		}
		slices.Sort(earned)
		if got := strings.Join(earned, " "); got != c.earn {
			t.Errorf("%s: earned by %q, want %q", name, got, c.earn)
		}
	}
}

// Two who land for each other earn no more days or months than each alone, and what they land in one push counts for
// nothing in it.
func TestAttackTwoLandForEachOther(t *testing.T) {
	p, l := world(), new(Ledger)
	p.Rules[0].Exempt = Exempt{Days: 365, Commits: 10, Months: 6, In: "rule"}
	for range 10 {
		l.Credit(p, mergeOf("con", commit("a", "jia", t0, opaqueFile())))
		l.Credit(p, mergeOf("jia", commit("b", "con", t0, opaqueFile())))
	}
	at := t0 + 30*day
	for _, who := range []string{"con", "jia"} {
		wantTenure(t, p, l, who, "binary", at, TenureFigures{Days: 30, Commits: 20, Months: 1})
		wantCodes(t, judged(p, l, single(commit("c", who, at, opaqueFile()))), ApprovalMissing)
	}
}

// Harmless changes are the cheapest to make: they make nobody known for the build.
func TestAttackHarmlessChangesEarnNothing(t *testing.T) {
	p, l := world(), new(Ledger)
	bump := Change{Path: "go.mod", OldMode: fileMode, NewMode: fileMode, Traits: harmlessTrait}
	last := earn(p, l, "jia", t0, 60, bump)
	wantTenure(t, p, l, "jia", "lockfile", last+year, TenureFigures{})
	if got := l.Tenure(p, "jia", nil, last+year); got.Commits != 60 {
		t.Errorf("overall %+v", got)
	}
	// Shown under another name by a link, it isn't harmless.
	bump.Also = []string{"Makefile"}
	earn(p, l, "jia", last, 1, bump)
	if got := tenureIn(p, l, "jia", "build", last+year); got.Commits != 1 {
		t.Errorf("in build %+v", got)
	}
}

// Tenure in several classes together is that of the commits that touched any of them, each once.
func TestTenureInSeveralClasses(t *testing.T) {
	p, l := world(), new(Ledger)
	l.Credit(p, single(commit("a", "alice", t0, build(), opaqueFile())))
	l.Credit(p, single(commit("b", "alice", t0+day, build())))
	l.Credit(p, single(commit("c", "alice", t0+40*day, opaqueFile())))
	l.Credit(p, single(commit("d", "alice", t0+80*day, source())))
	at := t0 + 200*day
	for _, c := range []struct {
		classes []string
		want    TenureFigures
	}{
		{[]string{"build"}, TenureFigures{200, 2, 1}},
		{[]string{"binary"}, TenureFigures{200, 2, 2}},
		{[]string{"build", "binary"}, TenureFigures{200, 3, 2}},
		{[]string{"ci"}, TenureFigures{}},
		{nil, TenureFigures{200, 4, 3}},
	} {
		if got := l.Tenure(p, "alice", c.classes, at); got != c.want {
			t.Errorf("in %q: %+v, want %+v", c.classes, got, c.want)
		}
	}
}

func TestServiceEarnsNothing(t *testing.T) {
	p, l := world(), new(Ledger)
	l.Credit(p, single(commit("c", "bot", t0, source())))
	wantTenure(t, p, l, "bot", "", t0+20*day, TenureFigures{})
}

func TestSinceStartsOverallTenureOnly(t *testing.T) {
	p, l := world(), new(Ledger)
	p.Principal("lasse").Since = unix(t0 - year)
	l.Credit(p, single(commit("c", "lasse", t0, opaqueFile())))
	wantTenure(t, p, l, "lasse", "", t0+20*day, TenureFigures{Days: 385, Commits: 1, Months: 1})
	wantTenure(t, p, l, "lasse", "binary", t0+20*day, TenureFigures{Days: 20, Commits: 1, Months: 1})
}

func TestLedgerSurvivesStorage(t *testing.T) {
	p, l := world(), new(Ledger)
	last := earn(p, l, "alice", t0, 5, opaqueFile())
	l.Credit(p, single(commit("c", "jia", last+day, build())))
	b, err := json.Marshal(l)
	if err != nil {
		t.Fatal(err)
	}
	var back Ledger
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	for _, at := range []int64{last, last + day, last + 15*day, last + year} {
		for _, who := range []string{"alice", "jia"} {
			for _, class := range []string{"", "binary", "build"} {
				if diff := cmp.Diff(tenureIn(p, l, who, class, at), tenureIn(p, &back, who, class, at)); diff != "" {
					t.Errorf("%s %s: %s", who, class, diff)
				}
			}
		}
	}
	if l.Last() != back.Last() {
		t.Errorf("last landing %d, was %d", back.Last(), l.Last())
	}
}
