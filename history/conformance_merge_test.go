package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A merge that undoes, in silence, what it brings: the second rule of Entry. Each attack has its way
// of making the undoing look like somebody else's work. In each, "file" says V where it is
// vulnerable and F where it is fixed; the other files only keep the commits apart.

// line is a commit of such a history: its parents by name, and what "file" says in it.
type line struct {
	name    string
	parents string
	file    string
}

func (r testRepo) build(lines []line) map[string]ID {
	r.t.Helper()
	var stream strings.Builder
	marks := map[string]int{}
	for i, l := range lines {
		marks[l.name] = i + 1
		fmt.Fprintf(&stream, "reset refs/heads/%s\n", l.name)
		fmt.Fprintf(&stream, "commit refs/heads/%s\nmark :%d\ncommitter C <c@x> %d +0000\ndata %d\n%s\n", l.name, i+1, i, len(l.name), l.name)
		for k, parent := range strings.Fields(l.parents) {
			fmt.Fprintf(&stream, "%s :%d\n", []string{"from", "merge"}[min(k, 1)], marks[parent])
		}
		stream.WriteString("deleteall\nM 100644 inline other\ndata 0\n\n")
		if l.file != "" {
			fmt.Fprintf(&stream, "M 100644 inline file\ndata 1\n%s\n", l.file)
		}
		stream.WriteString("\n")
	}
	r.feed([]byte(stream.String()), "fast-import", "--quiet")
	ids := map[string]ID{}
	for _, l := range lines {
		ids[l.name] = r.id(l.name)
	}
	return ids
}

func TestMergesOwnChanges(t *testing.T) {
	base := line{"base", "", "V"}
	for _, test := range []struct {
		name  string
		lines []line // the last is the merge; the first of its parents is known
		own   bool   // "file" is among the merge's own changes
	}{
		{"a fix comes in", []line{base, {"fix", "base", "F"}, {"merge", "base fix", "F"}}, false},
		{"a fix comes in by steps", []line{base, {"half", "base", "H"}, {"fix", "half", "F"}, {"merge", "base fix", "F"}}, false},
		{"a fix comes in beside another branch", []line{base, {"fix", "base", "F"}, {"arm", "base", "V"}, {"merge", "base arm fix", "F"}}, false},
		{"nothing is brought", []line{base, {"arm", "base", "V"}, {"merge", "base arm", "V"}}, false},
		{"both sides fixed it alike", []line{base, {"fix", "base", "F"}, {"too", "base", "F"}, {"merge", "fix too", "F"}}, false},
		{"the side itself took the line's state back in", []line{base, {"line", "base", "L"}, {"fix", "base", "F"}, {"back", "fix line", "L"}, {"merge", "line back", "L"}}, false},

		{"an ours merge drops a fix", []line{base, {"fix", "base", "F"}, {"merge", "base fix", "V"}}, true},
		{"a theirs merge drops the line's fix", []line{base, {"fix", "base", "F"}, {"arm", "base", "V"}, {"merge", "fix arm", "V"}}, true},
		{"an evil merge", []line{base, {"fix", "base", "F"}, {"merge", "base fix", "E"}}, true},
		{"an evil merge deletes", []line{base, {"fix", "base", "F"}, {"merge", "base fix", ""}}, true},
		{"an ours merge drops a deletion", []line{base, {"gone", "base", ""}, {"merge", "base gone", "V"}}, true},
		{"an ours merge drops an addition", []line{{"base", "", ""}, {"new", "base", "F"}, {"merge", "base new", ""}}, true},
		{
			"an ours merge drops a fix that was undone and made again",
			[]line{base, {"fix", "base", "F"}, {"undone", "fix", "V"}, {"again", "undone", "F"}, {"merge", "base again", "V"}},
			true,
		},
		{
			"an ours merge drops a fix that was made, unmade and made on two branches",
			[]line{base, {"fix", "base", "F"}, {"away", "fix", "V"}, {"again", "away", "F"}, {"merge", "base again away", "V"}},
			true,
		},
		{
			"an octopus drops a fix behind a parent that has the merge's tree",
			[]line{base, {"arm", "base", "V"}, {"fix", "base", "F"}, {"merge", "base arm fix", "V"}},
			true,
		},
		{
			"an octopus drops a fix, and another arm makes the vulnerable state anew",
			[]line{{"base", "", "A"}, {"line", "base", "V"}, {"arm", "base", "V"}, {"fix", "base", "F"}, {"merge", "line arm fix", "V"}},
			true,
		},
		{
			"a merge takes a state in the middle, from before the fix",
			[]line{{"base", "", "A"}, {"bug", "base", "V"}, {"fix", "bug", "F"}, {"merge", "base fix", "V"}},
			true,
		},
		{
			"a merge takes a state in the middle from a branch left there",
			[]line{{"base", "", "A"}, {"bug", "base", "V"}, {"fix", "bug", "F"}, {"merge", "base bug fix", "V"}},
			true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newTestRepo(t)
			ids := r.build(test.lines)
			merge := test.lines[len(test.lines)-1]
			first, _, _ := strings.Cut(merge.parents, " ")
			eachReader(t, func(t *testing.T, open opener) {
				got := landings(t, r.open(open), Range{Tip: ids["merge"], Not: []ID{ids[first]}})
				if len(got) != 1 || slices.Contains(paths(got[0].Commit.Changes), "file") != test.own {
					t.Errorf("the merge's own changes are %q; is file among them? want %v", paths(got[0].Commit.Changes), test.own)
				}
			})
		})
	}
}
