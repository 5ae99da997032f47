package policy

import (
	"strings"
	"testing"
)

func TestJudgeWanted(t *testing.T) {
	p := refWorld()
	for name, c := range map[string]struct {
		change func(*BranchByPattern)
		wanted bool
		says   string
	}{
		"by nobody":              {func(*BranchByPattern) {}, false, "was here before"},
		"by nobody, seen by one": {func(b *BranchByPattern) { b.Blind = true }, false, "an update hook can't tell"},
		"by who brings it":       {func(b *BranchByPattern) { b.Bringer = "con" }, true, ""},
		"by a service":           {func(b *BranchByPattern) { b.Bringer = "bot" }, false, "was here before"},
		"by a stranger":          {func(b *BranchByPattern) { b.Pusher = "nobody" }, false, "was here before"},
		"by who pushes it":       {func(b *BranchByPattern) { b.Pusher = "con" }, true, ""},
		"by a maintainer's word": {func(b *BranchByPattern) { b.Words = *moveOf("lasse") }, true, ""},
		"by a contributor's":     {func(b *BranchByPattern) { b.Words = *moveOf("con") }, false, "was here before"},
	} {
		b := BranchByPattern{Name: "refs/heads/release/1", Ref: "refs/heads/release/1", New: aNew}
		c.change(&b)
		out := p.JudgeWanted(b)
		if out.Passes() != c.wanted {
			t.Errorf("%s: %+v", name, out)
		}
		if !c.wanted && (len(out.Findings) != 1 || out.Findings[0].Code != RefUnwanted ||
			!strings.Contains(out.Findings[0].Detail, c.says)) {
			t.Errorf("%s: %+v", name, out.Findings)
		}
	}
}
