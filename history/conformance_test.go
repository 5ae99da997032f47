package history

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// What every reader must do, whatever it is made of. Expected values are written by hand from
// testdata/history/shapes.fi, or come from another git command than the readers use.

// shapeLandings are the landings of shapes.fi's main, oldest first, by subject: what each brings,
// and what a merge changes by itself (see Entry).
var shapeLandings = []struct {
	landing string
	brings  []string
	own     []string // of merges
}{
	{landing: "a root commit with files, a nested one, a program, a link and a binary"},
	{landing: "modify one file, leave the rest"},
	{landing: "an empty commit"},
	{landing: "a file becomes a program and a program a file, content unchanged"},
	{landing: "paths that need quoting, in every way"},
	{landing: "the same paths modified and deleted"},
	{landing: "type changes: link to file, file to link, file to submodule"},
	{landing: "a submodule moves to another commit"},
	{landing: "a submodule becomes a folder, another one goes"},
	{landing: "a file becomes a folder with files; neighbours sort between them"},
	{landing: "swap: the file a is now the folder a"},
	{landing: "and back"},
	{landing: "a rename, a copy and a rename of a folder"},
	{landing: "nearly everything deleted at once"},
	{landing: "the line goes on meanwhile"},
	{
		landing: "a clean merge that brings side2 and with it side1",
		brings: []string{
			"side1: first", "side1: second, dated before everything", "side2: first",
			"side2: merges side1 by itself",
		},
	},
	{landing: "merge --no-ff: nothing of its own", brings: []string{"side3: one commit on the tip"}},
	{landing: "the line goes on"},
	{
		landing: "an octopus merge of three arms; shared is the first arm's, plus a path of its own",
		brings:  []string{"octopus arm x", "octopus arm y", "octopus arm z"},
		own:     []string{"arm/own", "shared"}, // shared drops what y and z made of it
	},
	{landing: "criss-cross: b"},
	// Both sides added cross/both; that the merge keeps its own is the merge's decision.
	{landing: "criss-cross: b merges a, keeps b", brings: []string{"criss-cross: a"}, own: []string{"cross/both"}},
	{
		landing: "criss-cross: the end, resolved to neither", brings: []string{"criss-cross: a merges b, keeps a"},
		own: []string{"cross/both"},
	},
	{
		landing: "two histories with nothing in common merged; README is the first's, shared is both's",
		brings:  []string{"a second root", "second root: goes on"},
		own:     []string{"README"},
	},
	{landing: "the line goes on"},
	{
		landing: "an ours merge: keeps its first parent's tree, the fix is gone",
		brings:  []string{"a fix that the next merge silently drops"},
		own:     []string{"shared", "src/main.c", "src/new.c"},
	},
	{landing: "a fix on the line"},
	{
		landing: "a theirs merge: has its second parent's tree, the line's fix is gone",
		brings:  []string{"a branch from before that fix"},
		own:     []string{"line", "src/main.c"},
	},
	{landing: "a harmless commit on the line"},
	{
		landing: "an evil merge: a new file, a changed file, a mode and a deletion that no parent has",
		brings:  []string{"a harmless side branch"},
		own:     []string{"README", "cross/a", "cross/b", "src/backdoor.c", "src/main.c"},
	},
	{landing: "a branch that will take the line in"},
	{landing: "a foxtrot merge: the old line is its second parent", brings: []string{"the line goes on"}},
	{landing: "brings an old state back by itself, with an old date"},
	{landing: "both sides make the same change"},
	{landing: "merge of two sides that agree", brings: []string{"both sides make the same change"}},
	{landing: "the tip"},
}

func TestLandingsOfEveryShape(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	eachReader(t, func(t *testing.T, open opener) {
		got := landings(t, r.open(open), Range{Tip: r.id("main")})
		if len(got) != len(shapeLandings) {
			t.Fatalf("%d landings, want %d", len(got), len(shapeLandings))
		}
		for i, want := range shapeLandings {
			l := got[i]
			var brought []string
			for _, b := range l.Brought {
				brought = append(brought, subject(b.Commit))
			}
			slices.Sort(brought)
			if subject(l.Commit.Commit) != want.landing || !slices.Equal(brought, want.brings) {
				t.Errorf("landing %d is %q and brings %q\nwant %q, %q", i, subject(l.Commit.Commit), brought, want.landing,
					want.brings)
			}
			if own := paths(l.Commit.Changes); len(l.Commit.Parents) > 1 && !slices.Equal(own, want.own) {
				t.Errorf("%q changes %q by itself, want %q", want.landing, own, want.own)
			}
			checkOrder(t, l)
		}
	})
}

// checkOrder fails unless parents come before children.
func checkOrder(t *testing.T, l Landing) {
	t.Helper()
	seen := map[ID]bool{l.Commit.ID: true}
	for i := len(l.Brought) - 1; i >= 0; i-- {
		for _, parent := range l.Brought[i].Parents {
			if seen[parent] {
				t.Errorf("%s comes after its child", parent)
			}
		}
		seen[l.Brought[i].ID] = true
	}
}

// TestChangesAreGits asks git diff-tree about every commit. Where merges are judged, their changes follow a
// rule of our own.
func TestChangesAreGits(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	eachReader(t, func(t *testing.T, open opener) {
		var commits []Entry
		for _, l := range landings(t, r.open(open), Range{Tip: r.id("main"), Counted: true}) {
			commits = append(append(commits, l.Brought...), l.Commit)
		}
		changes := r.changes(commits, true)
		for _, e := range commits {
			if diff := compare(changes[e.ID], e.Changes); diff != "" {
				t.Errorf("%q (-git +reader):\n%s", subject(e.Commit), diff)
			}
		}
	})
}

func TestPathsAreRawBytes(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	want := []string{
		"odd/ leading and trailing ", "odd/#hash", "odd/$(touch x)", "odd/-dash", "odd/Makefile", "odd/back\\slash",
		"odd/bad-\xff\xfe-utf8", "odd/esc\x1b[31m", "odd/makefile", "odd/new\nline", "odd/quote\"d", "odd/tab\there",
		"odd/été",
	}
	tip := r.named("paths that need quoting")
	eachReader(t, func(t *testing.T, open opener) {
		got := landings(t, r.open(open), Range{Tip: tip, Not: []ID{r.id(tip.String() + "^")}})
		if len(got) != 1 || !slices.Equal(paths(got[0].Commit.Changes), want) {
			t.Errorf("got %q, want %q", paths(got[0].Commit.Changes), want)
		}
	})
}

// TestWhatIsNew: new is what the refs named in Not don't reach, whatever else reaches it.
func TestWhatIsNew(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	main, octopus, line := r.id("main"), r.named("an octopus merge"), r.id("oct-x")
	for _, test := range []struct {
		name string
		r    Range
		want int // commits in all
	}{
		{"everything", Range{Tip: main}, 52},
		{"nothing", Range{Tip: main, Not: []ID{main}}, 0},
		{"an ancestor of what is known", Range{Tip: line, Not: []ID{main}}, 0},
		{"first-parent parent known", Range{Tip: octopus, Not: []ID{r.id(octopus.String() + "^1")}}, 4},
		{"all parents known", Range{Tip: octopus, Not: []ID{
			r.id("oct-x"), r.id("oct-y"), r.id("oct-z"),
			r.id(octopus.String() + "^1"),
		}}, 1},
		{"the line known through another parent", Range{Tip: octopus, Not: []ID{line}}, 4},
		{"from an unrelated root", Range{Tip: r.id("other"), Not: []ID{line}}, 2},
		{"known by an unrelated root", Range{Tip: line, Not: []ID{r.id("other")}}, 23},
		{"a branch of its own", Range{Tip: r.id("topic"), Not: []ID{main}}, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			args := []string{"rev-list", test.r.Tip.String(), "--not"}
			for _, id := range test.r.Not {
				args = append(args, id.String())
			}
			want := strings.Fields(r.git(args...))
			if len(want) != test.want {
				t.Fatalf("git finds %d commits, want %d", len(want), test.want)
			}
			slices.Sort(want)
			eachReader(t, func(t *testing.T, open opener) {
				var got []string
				for _, l := range landings(t, r.open(open), test.r) {
					for _, e := range append(l.Brought, l.Commit) {
						got = append(got, e.ID.String())
					}
				}
				if slices.Sort(got); !slices.Equal(got, want) {
					t.Errorf("got %d commits, want %d\n%q\n%q", len(got), len(want), got, want)
				}
			})
		})
	}
}

func TestObjects(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	commit, tag, tree := r.id("main"), r.id("v1"), r.id("main^{tree}")
	blob, absent := r.id("main:README"), mustID(t, strings.Repeat("12", 20))
	eachReader(t, func(t *testing.T, open opener) {
		repo, ctx := r.open(open), context.Background()
		for id, want := range map[ID]string{commit: "commit", tag: "tag", tree: "tree", blob: "blob"} {
			if got, err := repo.Kind(ctx, id); got != want || err != nil {
				t.Errorf("Kind(%s) = %q, %v; want %q", id, got, err, want)
			}
		}
		c, err := repo.Commit(ctx, commit)
		if raw, _ := r.command("cat-file", "commit", "main").Output(); err != nil || string(c.Raw) != string(raw) ||
			c.Tree != tree {
			t.Errorf("Commit = %q, %v, want %q", c.Raw, err, raw)
		}
		g, err := repo.Tag(ctx, tag)
		if err != nil || g.Name != "v1" || g.Target != r.named("an octopus merge") || g.TargetType != "commit" {
			t.Errorf("Tag = %+v, %v", g, err)
		}
		for name, err := range map[string]error{
			"Commit of a tag":     second(repo.Commit(ctx, tag)),
			"Commit of a tree":    second(repo.Commit(ctx, tree)),
			"Tag of a commit":     second(repo.Tag(ctx, commit)),
			"Tag of a blob":       second(repo.Tag(ctx, blob)),
			"Commit of nothing":   second(repo.Commit(ctx, absent)),
			"Tag of nothing":      second(repo.Tag(ctx, absent)),
			"Kind of nothing":     second(repo.Kind(ctx, absent)),
			"Commit of no id":     second(repo.Commit(ctx, ID{})),
			"Reaches to nothing":  second(repo.Reaches(ctx, []ID{commit}, []ID{absent})),
			"Reaches of nothing":  second(repo.Reaches(ctx, []ID{absent}, []ID{commit})),
			"Reaches to a tree":   second(repo.Reaches(ctx, []ID{commit}, []ID{tree})),
			"the line of nothing": second(repo.FirstParents(ctx, absent, func(ID) bool { return false })),
			"landings of nothing": second(collect(t, repo, Range{Tip: absent})),
			"landings but absent": second(collect(t, repo, Range{Tip: commit, Not: []ID{absent}})),
			"landings of a tree":  second(collect(t, repo, Range{Tip: tree})),
		} {
			if !errors.Is(err, ErrUnreadable) {
				t.Errorf("%s: %v, want ErrUnreadable", name, err)
			}
		}
		// A reader survives its refusals.
		if _, err := repo.Commit(ctx, commit); err != nil {
			t.Error(err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

func TestLimits(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	for _, test := range []struct {
		name   string
		limits Limits
		ok     bool
	}{
		{"all at their default", Limits{}, true},
		{"commits", Limits{Commits: 52}, true},
		{"commits, one too many", Limits{Commits: 51}, false},
		{"object", Limits{Object: 200}, false},
		{"changes", Limits{Changes: 23}, true},
		{"changes, one too many", Limits{Changes: 22}, false},
		{"parents", Limits{Parents: 4}, true},
		{"parents, one too many", Limits{Parents: 3}, false},
		{"blob", Limits{Blob: 23}, true},
		{"blob, a byte too many", Limits{Blob: 22}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachReader(t, func(t *testing.T, open opener) {
				repo := r.open(open, func(o *Options) { o.Limits = test.limits })
				_, err := collect(t, repo, Range{Tip: r.id("main")})
				var limit *LimitError
				switch {
				case test.ok && err == nil:
				case test.ok || !errors.As(err, &limit) || !errors.Is(err, ErrLimit):
					t.Error(err)
				case !strings.HasPrefix(test.name, limit.Limit) || limit.Limit == "":
					t.Errorf("%v: of the limit %q", err, limit.Limit)
				}
			})
		})
	}
}

// TestInspect: what is inspected is the first bytes and the whole size, of every blob left behind.
func TestInspect(t *testing.T) {
	r := newTestRepo(t)
	blob := r.feed([]byte(strings.Repeat("0123456789", 10_000)), "hash-object", "-w", "--stdin")
	tree := r.feed([]byte("100644 blob "+blob+"\tbig\n120000 blob "+blob+"\tlink\n160000 commit "+strings.Repeat("12",
		20)+"\tsub\n"), "mktree", "--missing")
	tip := mustID(t, r.git("commit-tree", "-m", "big", tree))
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open, func(o *Options) {
			o.Limits.Inspect = 12
			o.Inspect = func(l Landed) uint32 {
				if string(l.Head) != "012345678901" || l.Size != 100_000 || l.Before != nil || l.Path == "sub" {
					t.Errorf("inspected %+v", l)
				}
				return 77
			}
		})
		got := landings(t, repo, Range{Tip: tip})[0].Commit.Changes
		none := []Side{{}}
		want := []Change{
			{Path: "big", Old: none, New: Side{ModeFile, mustID(t, blob)}, Size: 100_000, Traits: 77},
			{Path: "link", Old: none, New: Side{ModeSymlink, mustID(t, blob)}, Size: 100_000, Traits: 77},
			{Path: "sub", Old: none, New: Side{ModeSubmodule, mustID(t, strings.Repeat("12", 20))}},
		}
		if diff := compare(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// TestInspectPanics: what inspects may panic, and whoever asked for the landings can recover from that.
func TestInspectPanics(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open, func(o *Options) { o.Inspect = func(Landed) uint32 { panic("odd bytes") } })
		defer func() {
			if got := recover(); got != "odd bytes" {
				t.Errorf("%v", got)
			}
		}()
		landings(t, repo, Range{Tip: r.id("main")})
	})
}

// TestWatched: the id of what has one name at the top comes with each commit, whatever the commit changed, and whether
// its tree was seen before.
func TestWatched(t *testing.T) {
	r := newTestRepo(t)
	blob := r.feed([]byte("x"), "hash-object", "-w", "--stdin")
	tree := func(lines ...string) string { return r.feed([]byte(strings.Join(lines, "\n")+"\n"), "mktree") }
	file := "100644 blob " + blob + "\t"
	folder := tree(file + "policy.toml")
	other := tree(file+"another", file+"policy.toml")
	in := func(name, id string) string { return "040000 tree " + id + "\t" + name }
	commit := func(tree string, parents ...string) string {
		args := []string{"commit-tree", "-m", "x", tree}
		for _, p := range parents {
			args = append(args, "-p", p)
		}
		return r.git(args...)
	}
	root := commit(tree(file + "README"))
	with := commit(tree(in(".watched", folder), file+"README"), root)
	deeper := commit(tree(in("a", tree(in(".watched", folder)))), with)
	twin := commit(tree(in(".WATCHED", folder)), deeper)
	noFolder := commit(tree(file+".watched"), twin)
	again := commit(tree(in(".watched", folder), file+"README"), noFolder)
	side := commit(tree(in(".watched", other)), root)
	merge := commit(tree(in(".watched", other)), again, side)
	asFolder := commit(folder, merge) // a root tree that was a folder before
	r.git("update-ref", "refs/heads/main", asFolder)
	want := map[string]string{noFolder: blob, with: folder, again: folder, side: other, merge: other}
	eachReader(t, func(t *testing.T, open opener) {
		repo := r.open(open, func(o *Options) { o.Watch = ".watched" })
		n := 0
		for _, l := range landings(t, repo, Range{Tip: r.id("main")}) {
			for _, e := range append(slices.Clone(l.Brought), l.Commit) {
				n++
				var id ID
				if w := want[e.ID.String()]; w != "" {
					id = mustID(t, w)
				}
				if e.Watched != id {
					t.Errorf("commit %s watches %s, want %s", e.ID, e.Watched, id)
				}
			}
		}
		if n != 9 {
			t.Errorf("%d commits, want 9", n)
		}
	})
}

func TestRepoOfAWorkTree(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	work := tempDir(t) + "/work"
	r.git("worktree", "add", "-q", work, "topic")
	r.git("update-ref", "refs/worktree/mine", "main") // the main worktree's own
	in := testRepo{t: t, dir: work}
	in.git("update-ref", "refs/worktree/theirs", "main")
	if err := os.MkdirAll(work+"/some/folder", 0o777); err != nil {
		t.Fatal(err)
	}
	eachReader(t, func(t *testing.T, open opener) {
		for _, dir := range []string{r.dir, r.dir + "/refs", work, work + "/some/folder"} {
			repo := testRepo{t: t, dir: dir}.open(open)
			if repo.Dir() != r.dir {
				t.Errorf("%s: Dir = %s, want %s", dir, repo.Dir(), r.dir)
			}
			if got := landings(t, repo, Range{Tip: r.id("topic"), Not: []ID{r.id("main")}}); len(got) != 1 {
				t.Errorf("%s: %d landings, want 1", dir, len(got))
			}
		}
		head, err := in.open(open).Resolve(t.Context(), "HEAD")
		if err != nil || head != r.id("topic") {
			t.Errorf("HEAD = %s, %v", head, err)
		}
	})
}
