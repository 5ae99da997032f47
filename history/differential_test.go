package history

import (
	"compress/gzip"
	"context"
	"errors"
	"iter"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The two readers share all but the finding of objects and refs. So git is their oracle: rev-list says what is new
// where dates don't mislead it, and diff-tree what each commit changed. The oracle of the rule of merges is git's
// merge-tree, and what the random histories know of themselves.

type readers struct{ git, goGit Repo }

// both opens a repository with both readers.
func (r testRepo) both(t rapid.TB, change ...func(*Options)) readers {
	t.Helper()
	o := Options{Dir: r.dir, Env: os.Getenv, Inspect: fingerprint}
	for _, c := range change {
		c(&o)
	}
	git, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	goGit, err := OpenGoGit(o)
	if err != nil {
		t.Fatal(err)
	}
	return readers{git, goGit}
}

func (r readers) close(t rapid.TB) {
	t.Helper()
	if err := errors.Join(r.git.Close(), r.goGit.Close()); err != nil {
		t.Fatal(err)
	}
}

// agree fails unless both readers give the same landings of a range, and gives their commits.
func (r readers) agree(t rapid.TB, rng Range) (commits []Entry) {
	t.Helper()
	next, stop := iter.Pull2(r.goGit.Landings(context.Background(), rng))
	defer stop()
	n := 0
	for want, wantErr := range r.git.Landings(context.Background(), rng) {
		got, gotErr, ok := next()
		if !ok || (wantErr == nil) != (gotErr == nil) {
			t.Fatalf("%v: landing %d is %s, %v\nthe other reader has %s, %v",
				rng, n, want.Commit.ID, wantErr, got.Commit.ID, gotErr)
		}
		if wantErr != nil {
			t.Fatalf("%v: neither gets beyond landing %d: %v", rng, n, wantErr)
		}
		if diff := compare(want, got); diff != "" {
			t.Fatalf("%v: landing %d, %s (-git +go-git):\n%s", rng, n, want.Commit.ID, diff)
		}
		commits = append(append(commits, want.Brought...), want.Commit)
		n++
	}
	if extra, err, ok := next(); ok {
		t.Fatalf("%v: git ends after %d landings, go-git goes on with %s, %v", rng, n, extra.Commit.ID, err)
	}
	return commits
}

// TestReadersAgree compares them over every stream of testdata/history: all history of each ref,
// and each ref without each other.
func TestReadersAgree(t *testing.T) {
	streams, err := filepath.Glob(filepath.Join("..", "testdata", "history", "*.fi"))
	if err != nil || len(streams) < 2 {
		t.Fatal(streams, err)
	}
	for _, stream := range streams {
		t.Run(filepath.Base(stream), func(t *testing.T) {
			r := importedRepo(t, filepath.Base(stream))
			both := r.both(t)
			defer both.close(t)
			for _, tip := range r.tips() {
				if r.agree(t, both, Range{Tip: tip}) == 0 {
					t.Errorf("no commits for %s", tip)
				}
				r.agree(t, both, Range{Tip: tip, Counted: true})
				for _, known := range r.tips() {
					r.agree(t, both, Range{Tip: tip, Not: []ID{known}})
				}
			}
		})
	}
}

// TestReadersAgreeFromEveryCommit cuts the history of shapes.fi at every commit, and with two known
// commits at some.
func TestReadersAgreeFromEveryCommit(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	both := r.both(t)
	defer both.close(t)
	commits := strings.Fields(r.git("rev-list", "main"))
	for i, hex := range commits {
		cut := mustID(t, hex)
		both.agree(t, Range{Tip: r.id("main"), Not: []ID{cut}})
		one, two := mustID(t, commits[(i*7+3)%len(commits)]), mustID(t, commits[(i*5+1)%len(commits)])
		both.agree(t, Range{Tip: cut, Not: []ID{one, two}})
	}
}

// TestAttackOldDatesMakeNewAgain has git rev-list alone take for new what has long landed: it looks at commits
// by date, and gives up five commits after nothing new is left in sight (SLOP in git's revision.c). Behind a
// known commit that is dated long before its parents, or a chain of such, what it makes known is then never
// looked at. Both readers know better.
func TestAttackOldDatesMakeNewAgain(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	both := r.both(t)
	defer both.close(t)
	for _, test := range []struct {
		tip  ID
		want int // new commits
	}{
		{r.named("a theirs merge"), 0}, // the backdated commit reaches it
		{r.id("topic"), 4},             // itself, the merge of two sides that agree, and the sides
	} {
		rng := Range{Tip: test.tip, Not: []ID{r.id("oct-y"), r.named("brings an old state back")}}
		for _, repo := range []Repo{both.goGit, both.git} {
			n := 0
			for _, l := range landings(t, repo, rng) {
				n += 1 + len(l.Brought)
			}
			if n != test.want {
				t.Errorf("%s: %T finds %d new commits, want %d", test.tip, repo, n, test.want)
			}
		}
	}
}

// tips gives the commits that branches point to.
func (r testRepo) tips() []ID {
	var ids []ID
	for line := range strings.Lines(r.git("for-each-ref", "--format=%(objectname)", "refs/heads/")) {
		ids = append(ids, mustID(r.t, strings.TrimSpace(line)))
	}
	return ids
}

// TestReadersAgreeOnLargeHistories runs over the histories in the folder that
// COUNTERSIGN_HISTORIES names: bare repositories and gzipped fast-import streams. Without one it
// runs over the excerpt in testdata, in pushes of ten landings. The whole of git's history takes some 20 minutes.
func TestReadersAgreeOnLargeHistories(t *testing.T) {
	repos := []testRepo{importedRepo(t, "xz.fi")}
	if folder := os.Getenv("COUNTERSIGN_HISTORIES"); folder != "" {
		repos = largeHistories(t, folder)
	}
	for _, r := range repos {
		t.Run(filepath.Base(r.dir), func(t *testing.T) {
			both := r.both(t, func(o *Options) {
				o.Limits.Commits, o.Limits.Bytes, o.Limits.Merged = 10_000_000, math.MaxInt64, math.MaxInt64
			})
			defer both.close(t)
			for _, tip := range r.tips() {
				t.Logf("%s: %d commits", tip, r.agree(t, both, Range{Tip: tip}))
				r.agree(t, both, Range{Tip: tip, Counted: true})
				line, err := both.git.FirstParents(t.Context(), tip, func(ID) bool { return false })
				if err != nil {
					t.Fatal(err)
				}
				step := max(len(line)/20, 10)
				for i := step; i < len(line); i += step {
					r.agree(t, both, Range{Tip: line[i-step], Not: []ID{line[i]}})
				}
			}
		})
	}
}

// largeHistories gives the bare repositories of a folder, and imports its streams.
func largeHistories(t *testing.T, folder string) []testRepo {
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var repos []testRepo
	for _, e := range entries {
		path := filepath.Join(folder, e.Name())
		switch {
		case strings.HasSuffix(path, ".git"):
			repos = append(repos, testRepo{t: t, dir: path})
		case strings.HasSuffix(path, ".fi.gz"):
			r := newTestRepo(t)
			stream, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			unzipped, err := gzip.NewReader(stream)
			if err != nil {
				t.Fatal(path, err)
			}
			cmd := r.command("fast-import", "--quiet")
			cmd.Stdin = unzipped
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", path, err, out)
			}
			stream.Close()
			repos = append(repos, r)
		}
	}
	if len(repos) == 0 {
		t.Fatalf("%s holds neither *.git nor *.fi.gz", folder)
	}
	return repos
}

// TestNoSuchFolder: a mistyped name is no part of the repository around it.
func TestNoSuchFolder(t *testing.T) {
	r := newTestRepo(t)
	for name, open := range map[string]func(Options) (Repo, error){"git": Open, "go-git": OpenGoGit} {
		if repo, err := open(Options{Dir: filepath.Join(r.dir, "none"), Env: os.Getenv}); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%s: %v", name, err)
			repo.Close()
		}
	}
}

// TestTreeLikeARepository: a tree that has all of a Git directory is not taken for one; what is called .git is.
func TestTreeLikeARepository(t *testing.T) {
	eachReader(t, func(t *testing.T, open opener) {
		work := newTestRepo(t)
		work.dir = filepath.Join(filepath.Dir(work.dir), "work")
		work.git("init", "-q", work.dir)
		work.git("init", "-q", "--bare", filepath.Join(work.dir, "copy.git"))
		for _, name := range []string{"HEAD", "config", "objects", "refs"} {
			if err := os.Rename(filepath.Join(work.dir, "copy.git", name), filepath.Join(work.dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		if !IsGitDir(work.dir) {
			t.Fatal("the tree isn't like a repository")
		}
		if got, want := work.open(open).Dir(), filepath.Join(work.dir, ".git"); got != want {
			t.Errorf("the repository is %s, not %s", got, want)
		}
	})
}

// TestGitFile: a file called .git names the repository, or is an error; no repository around it is taken instead.
func TestGitFile(t *testing.T) {
	eachReader(t, func(t *testing.T, open opener) {
		r := newTestRepo(t)
		work := testRepo{t, filepath.Join(r.dir, "work")}
		work.write(".git", "gitdir: ../../repo.git\n")
		if got := work.open(open).Dir(); got != r.dir {
			t.Errorf("the repository is %s, not %s", got, r.dir)
		}
		work.write(".git", "gitdir: ../../gone.git\n")
		if repo, err := open(Options{Dir: work.dir, Env: os.Getenv}); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%v", err)
			repo.Close()
		}
	})
}

// TestMalformedThatLanded: of a malformed commit that was let in both readers say the same.
func TestMalformedThatLanded(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	tree, parent := r.git("rev-parse", "main^{tree}"), r.git("rev-parse", "main~1")
	raw := "tree " + tree + "\nparent " + parent + "\nauthor nobody\ncommitter nobody\n\nx\n"
	tip := mustID(t, r.feed([]byte(raw), "hash-object", "-t", "commit", "-w", "--stdin", "--literally"))
	both := r.both(t)
	for _, rng := range []Range{{Landed: true}, {Counted: true}} {
		rng.Tip, rng.Not = tip, []ID{mustID(t, parent)}
		var said [2]Entry
		for i, repo := range []Repo{both.git, both.goGit} {
			all := landings(t, repo, rng)
			if len(all) != 1 || !errors.Is(all[0].Commit.Malformed, ErrMalformed) {
				t.Fatalf("%T: %+v", repo, all)
			}
			said[i] = all[0].Commit
			said[i].Malformed = nil
		}
		if diff := compare(said[0], said[1]); diff != "" {
			t.Errorf("%+v:\n%s", rng, diff)
		}
	}
}
