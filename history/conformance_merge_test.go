package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// A merge that undoes, in silence, what it brings: see Entry. Each attack has its way
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

// TestMergesAreMadeAnew: what git merge gives by itself is nobody's own, and all else is, in merges anywhere in
// a landing. The go-git reader, which merges no lines and finds no renames, errs to the merge's own.
func TestMergesAreMadeAnew(t *testing.T) {
	const nine = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
	begins, ends := strings.Replace(nine, "1", "one", 1), strings.Replace(nine, "9", "nine", 1)
	both := strings.Replace(begins, "9", "nine", 1)
	files := func(more ...string) map[string]string {
		m := map[string]string{"other": "other"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	for _, test := range []struct {
		name               string
		base, ours, theirs map[string]string
		merged             map[string]string
		git, goGit         []string
	}{
		{"lines of both sides", files("f", nine), files("f", begins), files("f", ends), files("f", both), nil, []string{"f"}},
		{"lines of both sides and one more", files("f", nine), files("f", begins), files("f", ends), files("f", both+"more"), []string{"f"}, []string{"f"}},
		{"lines of one side where both changed it", files("f", nine), files("f", begins), files("f", ends), files("f", begins), []string{"f"}, []string{"f"}},
		{"a conflict, settled for one side", files("f", "1"), files("f", "2"), files("f", "3"), files("f", "2"), []string{"f"}, []string{"f"}},
		{"a conflict, left as it is", files("f", "1\n"), files("f", "2\n"), files("f", "3\n"), files("f", "<<<<<<< "), []string{"f"}, []string{"f"}},
		{"changed here, deleted there, kept", files("f", "1"), files("f", "2"), files(), files("f", "2"), []string{"f"}, []string{"f"}},
		{"changed here, deleted there, deleted", files("f", "1"), files("f", "2"), files(), files(), []string{"f"}, []string{"f"}},
		{"changed here, renamed there", files("f", nine), files("f", begins), files("g", nine), files("g", begins), nil, []string{"f", "g"}},
		{"a file in a folder's way", files(), files("f", "1"), files("f/g", "2"), files("f", "1"), []string{"f", "f/g"}, []string{"f/g"}},
		{"added alike", files(), files("f", "1"), files("f", "1"), files("f", "1"), nil, nil},
		{"added otherwise", files(), files("f", "1"), files("f", "2"), files("f", "2"), []string{"f"}, []string{"f"}},
		{"the cherry-picked, gone on with", files("f", nine), files("f", both), files("f", begins), files("f", both), nil, []string{"f"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newTestRepo(t)
			base := r.plant(test.base)
			ours, theirs := r.plant(test.ours, base), r.plant(test.theirs, base)
			if test.name == "a conflict, left as it is" {
				out, _ := r.command("merge-tree", "--write-tree", ours.String(), theirs.String()).Output()
				tree, _, _ := strings.Cut(string(out), "\n")
				test.merged = files("f", r.git("cat-file", "blob", tree+":f")+"\n")
			}
			merge := r.plant(test.merged, ours, theirs)
			for _, where := range []struct {
				tip ID
				of  func(Landing) Entry
			}{
				{merge, func(l Landing) Entry { return l.Commit }},
				{r.plant(test.merged, base, merge), func(l Landing) Entry { return l.Brought[len(l.Brought)-1] }},
			} {
				eachReader(t, func(t *testing.T, open opener) {
					repo := r.open(open)
					got := landings(t, repo, Range{Tip: where.tip, Not: []ID{base}})
					want := test.git
					if _, git := repo.(*gitRepo); !git {
						want = test.goGit
					}
					if own := paths(where.of(got[len(got)-1]).Changes); !slices.Equal(own, want) {
						t.Errorf("the merge's own changes are %q, want %q", own, want)
					}
				})
			}
		})
	}
}

// plant makes a commit of files and gives its id.
func (r testRepo) plant(files map[string]string, parents ...ID) ID {
	r.t.Helper()
	var stream strings.Builder
	stream.WriteString("commit refs/heads/planted\nmark :1\ncommitter C <c@x> 0 +0000\ndata 0\n")
	for i, parent := range parents {
		fmt.Fprintf(&stream, "%s %s\n", []string{"from", "merge"}[min(i, 1)], parent)
	}
	stream.WriteString("deleteall\n")
	for path, content := range files {
		fmt.Fprintf(&stream, "M 100644 inline %s\ndata %d\n%s\n", path, len(content), content)
	}
	if len(parents) == 0 {
		r.command("update-ref", "-d", "refs/heads/planted").Run()
	}
	r.feed([]byte(stream.String()), "fast-import", "--quiet", "--force")
	return r.id("planted")
}
