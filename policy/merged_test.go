package policy

import (
	"strings"
	"testing"
)

// TestMergedElsewhere: what git writes about where a merge was made, and what people make of it.
func TestMergedElsewhere(t *testing.T) {
	const main, trunk = "refs/heads/main", "refs/heads/trunk"
	for _, c := range []struct {
		title, ref string
		want       bool
	}{
		{"Merge branch 'x'", main, false},
		{"Merge branch 'x' into main", main, false},
		{"Merge branch 'x' into main\n", main, false},
		{"Merge branch 'x' into main\r\n", main, false},
		{"Merge branch 'x' into dev", main, true},
		{"Merge branch 'x' into dev\r\n", main, true},
		{"Merge branch 'x'\ninto dev", main, true},
		{"Merge branch 'x'\ninto\tmain\nBecause it is good", main, false},
		{"Merge branch '" + strings.Repeat("x", 5000) + "' into dev", main, true},
		{"Merge branch 'x' into HEAD", main, true},
		{"Merge branch 'x' into", main, true},
		{"Merge branch 'x' of /srv/go into main into dev", main, true},
		{"Merge branch 'x' into dev into main", main, true},
		{"Merge branch 'x' into main\u00a0", main, true},
		{"Merge branch 'x' into main\u2028", main, true},
		{"Merge branch 'x' into Main", main, true},
		{"Merge branch 'x' into 'main'", main, true},
		{"Merge branch 'x' (early part) into dev", main, true},
		{"Merge branch 'x' of example.org:project into dev", main, true},
		{"Merge branches 'a', 'b' and 'c' into dev", main, true},
		{"Merge branches 'a', 'b' and 'c' into main", main, false},
		{"Merge remote-tracking branch 'origin/x' into dev", main, true},
		{"Merge remote-tracking branches 'origin/x' and 'origin/y' into dev", main, true},
		{"Merge tag 'v1' into dev", main, true},
		{"Merge tags 'v1' and 'v2' of ../other into dev", main, true},
		{"Merge commit 'abc' into dev", main, true},
		{"Merge commits 'abc' and 'def' into dev", main, true},
		{"Merge HEAD, branch 'y' of ../other into dev", main, true},
		{"Merge ../other; branch 'x' of ../more into dev", main, true},
		{"Merge ../other into dev", main, true},
		{"Merge ../other into main", main, false},
		{"Merge pull request #1 from jia/x", main, false},
		{"merge jia's work", main, false},
		{"Merge", main, false},
		{"", main, false},
		// A branch that git always names, where the policy protects none that it leaves out.
		{"Merge branch 'x'", trunk, true},
		{"Merge branches 'a' and 'b'", trunk, true},
		{"Merge remote-tracking branch 'origin/x'", trunk, true},
		{"Merge tag 'v1'", trunk, true},
		{"Merge commit 'abc'", trunk, true},
		{"Merge HEAD, branch 'y' of ../other", trunk, true},
		{"Merge ../other", trunk, true},
		{"Merge", trunk, true},
		{"Merge branch 'x' into main", trunk, true},
		{"Merge branch 'x' into trunk", trunk, false},
		{"Merge jia's work on the build", trunk, false},
	} {
		p := world()
		p.Protect.Refs = []string{c.ref}
		p.index()
		merge := commit("m", "lasse", t0)
		merge.Parents = []string{"p", "c"}
		merge.Title = c.title
		landing := single(merge)
		landing.Ref, landing.Brought = c.ref, []Commit{commit("c", "jia", t0, build())}
		var want []Code
		if c.want {
			want = []Code{ApprovalMissing}
		}
		t.Run(c.title, func(t *testing.T) {
			findings := judged(p, new(Ledger), landing)
			wantCodes(t, findings, want...)
			if c.want && (len(findings[0].Discounted) != 1 ||
				!strings.Contains(findings[0].Discounted[0].Reason, "made on another branch")) {
				t.Errorf("discounted: %+v", findings[0].Discounted)
			}
		})
	}
}
