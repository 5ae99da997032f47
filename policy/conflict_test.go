package policy

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// conflictWorld has maintainers of whom anybody may have introduced anybody who comes later.
func conflictWorld(t *rapid.T, n int) *Policy {
	p := &Policy{
		Signatures:    Signatures{Kinds: []string{"ssh"}},
		Introductions: Introductions{SiblingsApart: 30 * 24 * time.Hour},
	}
	for i := range n {
		by := append(names(p.Principals), founder, "")
		p.Principals = append(p.Principals, Principal{
			Name: fmt.Sprint("m", i), Role: Maintainer, IntroducedBy: rapid.SampledFrom(by).Draw(t, "by"),
			Introduced: time.Unix(t0+int64(rapid.IntRange(0, 4).Draw(t, "on"))*20*day, 0),
		})
	}
	p.index()
	return p
}

func TestWithoutConflictAreAsManyAsCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := conflictWorld(t, rapid.IntRange(1, 9).Draw(t, "n"))
		var people []*Principal
		for i := range p.Principals {
			people = append(people, &p.Principals[i])
		}
		need := rapid.IntRange(1, len(people)+1).Draw(t, "need")
		most, soonest := 0, len(people)
		for set := range 1 << len(people) {
			n, ok, second := 0, true, 0
			for i, a := range people {
				if set>>i&1 == 0 {
					continue
				}
				if n++; n == 2 {
					second = i
				}
				for k, b := range people[:i] {
					ok = ok && (set>>k&1 == 0 || p.conflict(a, b) == "")
				}
			}
			if ok {
				most = max(most, n)
			}
			if ok && n >= max(need, 2) {
				soonest = min(soonest, second)
			}
		}
		got, sure := p.withoutConflict(people, need)
		if len(got) < min(need, most) || !sure {
			t.Fatalf("%d of %d, %d needed: %v", len(got), most, need, sure)
		}
		for i, a := range got {
			for _, b := range got[:i] {
				if why := p.conflict(a, b); why != "" {
					t.Fatal(why)
				}
			}
		}
		if first := p.soonest(people, need); len(first) < min(need, most) {
			t.Fatalf("%d of %d, %d needed", len(first), most, need)
		} else if need >= 2 && len(first) >= need {
			at := make([]int, len(first))
			for i, q := range first {
				at[i] = slices.Index(people, q)
			}
			if slices.Sort(at); at[1] != soonest {
				t.Fatalf("%v, and the second could be %d", at, soonest)
			}
		}
	})
}

func TestSearchForAQuorumEnds(t *testing.T) {
	p := &Policy{Introductions: Introductions{SiblingsApart: time.Hour}}
	for i := range 200 { // a hundred pairs
		if i%2 == 0 {
			p.Principals = append(p.Principals, Principal{Name: fmt.Sprint("m", i), IntroducedBy: founder})
		} else {
			p.Principals = append(p.Principals, Principal{Name: fmt.Sprint("m", i), IntroducedBy: fmt.Sprint("m", i-1)})
		}
	}
	p.index()
	var people []*Principal
	for i := range p.Principals {
		people = append(people, &p.Principals[i])
	}
	if got, sure := p.withoutConflict(people, 100); len(got) != 100 || !sure {
		t.Errorf("%d, %v", len(got), sure)
	}
	if got, sure := p.withoutConflict(people, 101); len(got) != 100 || sure {
		t.Errorf("%d, %v", len(got), sure)
	}
}

// One signature more never makes a quorum less.
func TestAttackThirdSignatureUnmakesAQuorum(t *testing.T) {
	p := world()
	p.Quorum.Maintainers = 2
	p.Principals[3].IntroducedBy = "alice" // as jia was, long before
	p.Principals[2].Introduced, p.Principals[3].Introduced = unix(t0-2*year), unix(t0-year)
	p.Introductions.SiblingsApart = 180 * 24 * time.Hour
	got := p.independent([]Signature{good("alice"), good("jia"), good("pup")})
	if !slices.Equal(got, []string{"jia", "pup"}) {
		t.Errorf("%q stand behind it", got)
	}
	if got := p.independent([]Signature{good("alice"), good("jia"), good("jia")}); len(got) != 1 {
		t.Errorf("%q stand behind it", got)
	}

	_, landing := amends(after(commit("c", "pup", t0, policyChange())), "c")
	landing.Commit = commit("m", "alice", t0+week)
	landing.Commit.Parents = []string{"p", "c"}
	wantCodes(t, judged(p, new(Ledger), landing), QuorumMissing)
	landing.Approvals = []Approval{approval("c", "jia")}
	wantCodes(t, judged(p, new(Ledger), landing))
	p.Quorum.CoolDown = 7 * 24 * time.Hour // since the first of them
	wantCodes(t, judged(p, new(Ledger), landing))
}

// Alice brought in jia and a year later lasse; jia brought in kim a month after lasse came, lasse mallory a month
// after that, and kim zoe much later.
func TestConflictsByLines(t *testing.T) {
	on := func(y, m int) time.Time { return time.Date(y, time.Month(m), 1, 0, 0, 0, 0, time.UTC) }
	p := &Policy{Introductions: Introductions{SiblingsApart: 180 * 24 * time.Hour}, Principals: []Principal{
		{Name: "alice", IntroducedBy: founder},
		{Name: "bob", IntroducedBy: founder},
		{Name: "jia", IntroducedBy: "alice", Introduced: on(2024, 1)},
		{Name: "lasse", IntroducedBy: "alice", Introduced: on(2025, 1)},
		{Name: "kim", IntroducedBy: "jia", Introduced: on(2025, 2)},
		{Name: "mallory", IntroducedBy: "lasse", Introduced: on(2025, 3)},
		{Name: "zoe", IntroducedBy: "kim", Introduced: on(2026, 6)},
		{Name: "late", IntroducedBy: "alice", Introduced: on(2027, 6)},
	}}
	p.index()
	for _, c := range []struct{ a, b, want string }{
		{"alice", "bob", ""},
		{"jia", "alice", "jia was introduced by alice"},
		{"kim", "alice", "kim was introduced by alice through jia"},
		{"jia", "lasse", ""},
		{"kim", "lasse", "kim and lasse both come from alice by introductions, and came in within 180 days"},
		{"kim", "mallory", "kim and mallory both come from alice by introductions, and came in within 180 days"},
		{
			"zoe", "mallory",
			"zoe and mallory both come from alice by introductions, through kim and mallory, who came in within 180 days",
		},
		{"zoe", "late", ""},
		{"kim", "late", ""},
		{"kim", "bob", ""},
		{"kim", "kim", ""},
	} {
		a, b := p.Principal(c.a), p.Principal(c.b)
		got := p.conflict(a, b)
		if back := p.conflict(b, a); got != c.want || (back == "") != (got == "") {
			t.Errorf("%s and %s: %q, and the other way %q; want %q", c.a, c.b, got, back, c.want)
		}
	}
}

// What is told of many is what is told of two, in rings that have no beginning, too.
func TestKinshipIsConflict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := conflictWorld(t, rapid.IntRange(1, 14).Draw(t, "n"))
		p.Introductions.Across = rapid.Bool().Draw(t, "across")
		for i := range p.Principals {
			if q := &p.Principals[i]; rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
				q.IntroducedBy = rapid.SampledFrom(names(p.Principals)).Draw(t, "anybody")
			} else if rapid.IntRange(0, 2).Draw(t, "line") > 0 && i > 0 {
				q.IntroducedBy = p.Principals[i-1].Name
			}
			if rapid.IntRange(0, 5).Draw(t, "undated") == 0 {
				p.Principals[i].Introduced = time.Time{}
			}
		}
		kin := p.kinship()
		for range 2 { // with what it has kept
			for i := range p.Principals {
				for j := range p.Principals {
					a, b := &p.Principals[i], &p.Principals[j]
					if got, why := kin.conflict(i, j), p.conflict(a, b); got != (why != "") {
						t.Fatalf("%s and %s: %v, %q: %+v", a.Name, b.Name, got, why, p.Principals)
					}
				}
			}
		}
	})
}

// Who could stand second is counted for everybody as it is for each alone.
func TestApproversAreCountedForEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := conflictWorld(t, rapid.IntRange(1, 12).Draw(t, "n"))
		for i := range p.Principals {
			p.Principals[i].Role = rapid.SampledFrom([]Role{Maintainer, Contributor, Reviewer, Service}).Draw(t, "role")
		}
		p.Introductions.Across = rapid.Bool().Draw(t, "across")
		enough := rapid.IntRange(1, 5).Draw(t, "enough")
		could, most := p.countApprovers(p.approvers(), enough), 0
		var lonely []string
		for i := range p.Principals {
			signer, n := &p.Principals[i], 0
			for k := range p.Principals {
				q := &p.Principals[k]
				if q != signer && p.Powerless(q.Name, true) == "" && p.conflict(signer, q) == "" {
					n++
				}
			}
			if got := could(signer); got != min(n, enough) {
				t.Fatalf("%d for %+v, want %d: %+v", got, signer, min(n, enough), p.Principals)
			}
			if signer.Role != Maintainer && signer.Role != Contributor {
				continue
			}
			if most = max(most, n); n == 0 {
				lonely = append(lonely, signer.Name)
			}
		}
		if got := p.mostApprovers(false, enough); got != min(most, enough) {
			t.Fatalf("%d at most, want %d", got, min(most, enough))
		}
		if got := p.Lonely(); !slices.Equal(got, lonely) {
			t.Fatalf("lonely are %v, want %v", got, lonely)
		}
	})
}
