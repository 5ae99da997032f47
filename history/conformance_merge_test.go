package history

import (
	"errors"
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
		fmt.Fprintf(&stream, "commit refs/heads/%s\nmark :%d\ncommitter C <c@x> %d +0000\ndata %d\n%s\n",
			l.name, i+1, i, len(l.name), l.name)
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
		{
			"a fix comes in by steps",
			[]line{base, {"half", "base", "H"}, {"fix", "half", "F"}, {"merge", "base fix", "F"}},
			false,
		},
		{"a fix comes in beside another branch", []line{
			base,
			{"fix", "base", "F"},
			{"arm", "base", "V"},
			{"merge", "base arm fix", "F"},
		}, false},
		{"nothing is brought", []line{base, {"arm", "base", "V"}, {"merge", "base arm", "V"}}, false},
		{
			"both sides fixed it alike",
			[]line{base, {"fix", "base", "F"}, {"too", "base", "F"}, {"merge", "fix too", "F"}},
			false,
		},
		{
			"the side itself took the line's state back in",
			[]line{base, {"line", "base", "L"}, {"fix", "base", "F"}, {"back", "fix line", "L"}, {"merge", "line back", "L"}},
			false,
		},

		{"an ours merge drops a fix", []line{base, {"fix", "base", "F"}, {"merge", "base fix", "V"}}, true},
		{"a theirs merge drops the line's fix", []line{
			base,
			{"fix", "base", "F"},
			{"arm", "base", "V"},
			{"merge", "fix arm", "V"},
		}, true},
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
			[]line{
				{"base", "", "A"},
				{"line", "base", "V"},
				{"arm", "base", "V"},
				{"fix", "base", "F"},
				{"merge", "line arm fix", "V"},
			},
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

// TestMergesPathByPath: what one side's change of the very path explains, or a merge of both sides' lines, is nobody's
// own, and all else is, in merges anywhere in a landing and whatever the repository's settings want of merges.
func TestMergesPathByPath(t *testing.T) {
	const nine = "1\n2\n3\n4\n5\n6\n7\n8\n9\n"
	begins, ends := strings.Replace(nine, "1", "one", 1), strings.Replace(nine, "9", "nine", 1)
	both := strings.Replace(begins, "9", "nine", 1)
	files := func(more ...string) map[string]string {
		m := map[string]string{"other": "other", ".gitattributes": "* merge=union\n"}
		for i := 0; i < len(more); i += 2 {
			m[more[i]] = more[i+1]
		}
		return m
	}
	long := strings.Repeat("a line of some length\n", maxMergedText/20)
	for _, test := range []struct {
		name               string
		base, ours, theirs map[string]string
		merged             map[string]string
		own, lines         []string // changes of its own, and of lines that it merged
	}{
		{"lines of both sides", files("f", nine), files("f", begins), files("f", ends), files("f", both), nil, []string{"f"}},
		{
			"lines of both sides and one more", files("f", nine), files("f", begins), files("f", ends), files("f", both+"more"),
			[]string{"f"},
			nil,
		},
		{
			"lines of one side where both changed it", files("f", nine), files("f", begins), files("f", ends),
			files("f", begins),
			[]string{"f"},
			nil,
		},
		{
			"lines of both sides in a file too long", files("f", nine+long), files("f", begins+long), files("f", ends+long),
			files("f", both+long),
			[]string{"f"},
			nil,
		},
		{
			"lines of both sides in a file that is no text", files("f", nine+"\x00"), files("f", begins+"\x00"),
			files("f", ends+"\x00"), files("f", both+"\x00"),
			[]string{"f"},
			nil,
		},
		{
			"neighbouring lines", files("f", "1\n2\n"), files("f", "one\n2\n"), files("f", "1\ntwo\n"), files("f", "one\ntwo\n"),
			[]string{"f"},
			nil,
		},
		{
			"two lines added at one place", files("f", nine), files("f", nine+"10\n"), files("f", nine+"ten\n"),
			files("f", nine+"10\nten\n"),
			[]string{"f"},
			nil,
		},
		{
			"one line added alike at one place", files("f", nine), files("f", begins+"10\n"), files("f", nine+"10\n"),
			files("f", begins+"10\n"), nil, nil,
		},
		{
			"a conflict, settled for one side", files("f", "1"), files("f", "2"), files("f", "3"), files("f", "2"),
			[]string{"f"},
			nil,
		},
		{
			"a conflict, both lines kept", files("f", "1\n"), files("f", "2\n"), files("f", "3\n"), files("f", "2\n3\n"),
			[]string{"f"},
			nil,
		},
		{"changed here, deleted there, kept", files("f", "1"), files("f", "2"), files(), files("f", "2"), []string{"f"}, nil},
		{"changed here, deleted there, deleted", files("f", "1"), files("f", "2"), files(), files(), []string{"f"}, nil},
		{
			"changed here, renamed there", files("f", nine), files("f", begins), files("g", nine), files("g", begins),
			[]string{"f", "g"},
			nil,
		},
		{"only renamed", files("f", nine), files("f", nine), files("g", nine), files("g", nine), nil, nil},
		{"a file in a folder's way", files(), files("f", "1"), files("f/g", "2"), files("f", "1"), []string{"f/g"}, nil},
		{
			"a file becomes a folder", files("f", "1"), files("f", "1", "h", "3"), files("f/g", "2"),
			files("f/g", "2", "h", "3"), nil, nil,
		},
		{"added alike", files(), files("f", "1"), files("f", "1"), files("f", "1"), nil, nil},
		{"added otherwise", files(), files("f", "1"), files("f", "2"), files("f", "2"), []string{"f"}, nil},
		{
			"in folders", files("a/b/f", "1", "a/c", "1"), files("a/b/f", "2", "a/c", "1"), files("a/b/f", "1", "a/c", "2"),
			files("a/b/f", "2", "a/c", "2"), nil, nil,
		},
		{
			"in folders, undone", files("a/b/f", "1", "a/c", "1"), files("a/b/f", "2", "a/c", "1"),
			files("a/b/f", "1", "a/c", "2"), files("a/b/f", "1", "a/c", "2"),
			[]string{"a/b/f"},
			nil,
		},
		{
			"the cherry-picked, gone on with", files("f", nine), files("f", both), files("f", begins), files("f", both), nil,
			nil,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newTestRepo(t)
			for _, setting := range []string{"merge.renames", "merge.directoryRenames", "merge.renormalize", "diff.renames"} {
				r.git("config", setting, "true")
			}
			r.git("config", "merge.default", "union")
			base := r.plant(test.base)
			ours, theirs := r.plant(test.ours, base), r.plant(test.theirs, base)
			merge := r.plant(test.merged, ours, theirs)
			for _, where := range []struct {
				tip ID
				of  func(Landing) Entry
			}{
				{merge, func(l Landing) Entry { return l.Commit }},
				{r.plant(test.merged, base, merge), func(l Landing) Entry { return l.Brought[len(l.Brought)-1] }},
			} {
				eachReader(t, func(t *testing.T, open opener) {
					got := landings(t, r.open(open), Range{Tip: where.tip, Not: []ID{base}})
					var own, lines []string
					for _, c := range where.of(got[len(got)-1]).Changes {
						if c.Merged {
							lines = append(lines, c.Path)
						} else {
							own = append(own, c.Path)
						}
					}
					if !slices.Equal(own, test.own) || !slices.Equal(lines, test.lines) {
						t.Errorf("the merge's own changes are %q and merged lines %q, want %q and %q", own, lines, test.own, test.lines)
					}
				})
			}
		})
	}
}

// TestAttackRenameCarriesIntoAnotherPath: a copy of the file under another name, on a branch with a root of its own,
// is merged, deleted here and changed there; git's next merge follows the "rename" and carries the change into the
// file. It is the merge's own.
func TestAttackRenameCarriesIntoAnotherPath(t *testing.T) {
	const text, worse = "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\nworse\n"
	r := newTestRepo(t)
	main := r.plant(map[string]string{"Makefile": text})
	side := r.plant(map[string]string{"notes": text})
	merged := r.plant(map[string]string{"Makefile": text, "notes": text}, main, side)
	gone := r.plant(map[string]string{"Makefile": text}, merged)
	changed := r.plant(map[string]string{"notes": worse}, side)
	carried := r.plant(map[string]string{"Makefile": worse}, gone, changed)
	out := strings.Fields(r.git("merge-tree", "--write-tree", gone.String(), changed.String()))
	if tree := strings.TrimSpace(r.git("rev-parse", carried.String()+"^{tree}")); out[0] != tree {
		t.Fatalf("git merges to %s, not to %s: this is no test of its renames", out, tree)
	}
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open)
		got := landings(t, repo, Range{Tip: carried, Not: []ID{main}})
		last := got[len(got)-1].Commit
		if own := paths(last.Changes); !slices.Equal(own, []string{"Makefile", "notes"}) {
			t.Errorf("the merge's own changes are %q", own)
		}
		differs, known, err := repo.Remerge(t.Context(), carried)
		if _, git := repo.(*reader).names.(*gitNames); err != nil || known != git || len(differs) != 0 {
			t.Errorf("Remerge: %q, %v, %v", differs, known, err)
		}
	})
}

// TestMergeOfModeAndContent: one side made the file executable, the other changed it.
func TestMergeOfModeAndContent(t *testing.T) {
	const name = "f"
	for _, test := range []struct {
		merged string // mode and content
		own    bool
	}{{"100755 new", false}, {"100644 new", true}, {"100755 old", true}} {
		r := newTestRepo(t)
		commit := func(mode, text string, parents ...ID) ID {
			var s strings.Builder
			s.WriteString("commit refs/heads/planted\ncommitter C <c@x> 0 +0000\ndata 0\n")
			for i, parent := range parents {
				fmt.Fprintf(&s, "%s %s\n", []string{"from", "merge"}[min(i, 1)], parent)
			}
			fmt.Fprintf(&s, "deleteall\nM %s inline %s\ndata %d\n%s\n", mode, name, len(text), text)
			r.feed([]byte(s.String()), "fast-import", "--quiet", "--force")
			return r.id("planted")
		}
		base := commit("100644", "old")
		exec, changed := commit("100755", "old", base), commit("100644", "new", base)
		mode, text, _ := strings.Cut(test.merged, " ")
		merge := commit(mode, text, exec, changed)
		eachReader(t, func(t *testing.T, open opener) {
			got := landings(t, r.open(open), Range{Tip: merge, Not: []ID{exec}})
			if own := len(got[0].Commit.Changes) > 0; own != test.own {
				t.Errorf("%s: the merge's own: %v", test.merged, own)
			}
		})
	}
}

// TestMergeOfCrissCross: where two commits have several best common ancestors, what changed since either of them
// counts as changed, and lines aren't merged.
func TestMergeOfCrissCross(t *testing.T) {
	r := newTestRepo(t)
	ids := r.build([]line{
		{"base", "", "V"},
		{"a", "base", "F"},
		{"b", "base", "V"},
		{"left", "a b", "F"},
		{"right", "b a", "F"},
		{"merge", "left right", "F"},
		{"undone", "right", "V"},
		{"takes", "left undone", "V"},
	})
	bases, err := r.open(Open).(*reader).Bases(t.Context(), ids["left"], ids["right"])
	if err != nil || len(bases) != 2 {
		t.Fatalf("common ancestors: %v, %v", bases, err)
	}
	eachReader(t, func(t *testing.T, open opener) {
		for name, want := range map[string]bool{"merge": false, "takes": true} {
			got := landings(t, r.open(open), Range{Tip: ids[name], Not: []ID{ids["left"]}})
			if own := slices.Contains(paths(got[0].Commit.Changes), "file"); own != want {
				t.Errorf("%s: file is the merge's own: %v", name, own)
			}
		}
	})
}

// TestAttackMergesOfManyLines: a merge beyond the bound of one merge has the file as its own change, whatever comes
// with it. Merges beyond the bound of all that are pushed are too much at once, and have no other verdict; those that
// were let in before have no such bound.
func TestAttackMergesOfManyLines(t *testing.T) {
	r := newTestRepo(t)
	merge := func(lines int) (base, merged ID) {
		text := func(first, last string) map[string]string {
			return map[string]string{"file": first + strings.Repeat("\n", lines) + last + "\n"}
		}
		base = r.plant(text("", ""))
		return base, r.plant(text("ours", "theirs"), r.plant(text("ours", ""), base), r.plant(text("", "theirs"), base))
	}
	base, small := merge(1000)
	other, large := merge(maxMergedLines/4 + 1)
	for _, test := range []struct {
		merge  ID
		most   int64
		landed bool
		own    bool
		err    error
	}{
		{small, 4200, false, false, nil},
		{small, 3999, false, false, ErrLimit},
		{small, 1, true, false, nil},
		{large, 1 << 40, false, true, nil},
		{large, 1, true, true, nil},
	} {
		both := r.both(t, func(o *Options) { o.Limits.Merged = test.most })
		for _, repo := range []Repo{both.git, both.goGit} {
			for l, err := range repo.Landings(t.Context(), Range{Tip: test.merge, Not: []ID{base, other}, Landed: test.landed}) {
				if len(l.Commit.Parents) < 2 && err == nil {
					continue
				}
				if own := slices.ContainsFunc(l.Commit.Changes, func(c Change) bool { return !c.Merged }); own != test.own ||
					!errors.Is(err, test.err) {
					t.Errorf("%T, at most %d: its own: %v, %v", repo, test.most, own, err)
				}
			}
		}
	}
	both := r.both(t, func(o *Options) { o.Limits.Merged = 7999 })
	for _, repo := range []Repo{both.git, both.goGit} { // together
		for i, want := range []error{nil, ErrLimit} {
			var got error
			for _, err := range repo.Landings(t.Context(), Range{Tip: small, Not: []ID{base}}) {
				got = err
			}
			if !errors.Is(got, want) {
				t.Errorf("%T, walk %d: %v", repo, i, got)
			}
		}
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
