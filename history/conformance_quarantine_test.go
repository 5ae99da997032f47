package history

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// hookScript is a pre-receive hook that says on descriptor 3 what it was told, waits for the end of
// descriptor 4, and refuses. Meanwhile the arrivals lie in the quarantine.
const hookScript = `#!/bin/sh
cat >/dev/null
printf '%s\n' "$GIT_OBJECT_DIRECTORY" "$GIT_ALTERNATE_OBJECT_DIRECTORIES" "$GIT_QUARANTINE_PATH" >&3
exec 3>&-
cat <&4
exit 1
`

// duringPush pushes from one repository to another, and runs test while the hook waits, with the
// variables the hook has.
func duringPush(t *testing.T, from, to testRepo, refspec string, test func(env func(string) string)) {
	t.Helper()
	to.write("hooks/pre-receive", hookScript)
	if err := os.Chmod(filepath.Join(to.dir, "hooks", "pre-receive"), 0o777); err != nil {
		t.Fatal(err)
	}
	told, tell, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	wait, release, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	push := from.command("push", "-q", to.dir, refspec)
	push.ExtraFiles = []*os.File{tell, wait}
	var stderr strings.Builder
	push.Stderr = &stderr
	if err := push.Start(); err != nil {
		t.Fatal(err)
	}
	tell.Close()
	wait.Close()
	defer func() {
		release.Close()
		told.Close()
		if err := push.Wait(); err == nil || !strings.Contains(stderr.String(), "pre-receive hook declined") {
			t.Errorf("push: %v\n%s", err, stderr.String())
		}
	}()
	env := map[string]string{}
	lines := bufio.NewScanner(told)
	for _, name := range []string{"GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH"} {
		lines.Scan()
		env[name] = lines.Text()
	}
	if env["GIT_QUARANTINE_PATH"] == "" {
		t.Errorf("there is no quarantine: %v", lines.Err())
		return
	}
	test(func(name string) string {
		if value, ok := env[name]; ok {
			return value
		}
		return os.Getenv(name)
	})
}

// TestQuarantine reads a push while it waits in the hook, as loose objects and as a pack; and the
// same repository beside it, which must not show the arrivals.
func TestQuarantine(t *testing.T) {
	for name, unpackLimit := range map[string]int{"loose": 10_000, "packed": 1} {
		t.Run(name, func(t *testing.T) {
			from := importedRepo(t, "shapes.fi")
			to := newTestRepo(t)
			from.git("push", "-q", to.dir, "cc:refs/heads/main")
			to.git("config", "receive.unpackLimit", strconv.Itoa(unpackLimit))
			r := Range{Tip: from.id("main"), Not: []ID{from.id("cc")}}
			want := landings(t, from.open(Open), r)
			if len(want) != 15 {
				t.Fatalf("%d landings, want 15", len(want))
			}
			duringPush(t, from, to, "main:refs/heads/main", func(env func(string) string) {
				loose, err := filepath.Glob(filepath.Join(env("GIT_OBJECT_DIRECTORY"), "??", "*"))
				if packed := len(loose) == 0; err != nil || packed != (name == "packed") {
					t.Fatalf("%d loose objects in quarantine, %v", len(loose), err)
				}
				eachReader(t, func(t *testing.T, open opener) {
					repo := to.open(open, func(o *Options) { o.Env = env })
					if diff := compare(want, landings(t, repo, r)); diff != "" {
						t.Error(diff)
					}
					old, err := repo.Refs(t.Context(), "refs/heads/main")
					if err != nil || len(old) != 1 || old[0].ID != r.Not[0] {
						t.Errorf("main is %v, %v; want its old value %s", old, err, r.Not[0])
					}
					if got, err := collect(t, to.open(open), r); !errors.Is(err, ErrUnreadable) {
						t.Errorf("%d landings of another's quarantine, %v", len(got), err)
					}
				})
			})
		})
	}
}

// TestQuarantineOverAlternates has the objects of main in a chain of alternates, by an absolute and
// a relative path, whose names need quoting in the environment.
func TestQuarantineOverAlternates(t *testing.T) {
	base := importedRepo(t, "shapes.fi")
	root := tempDir(t)
	old := testRepo{t: t, dir: filepath.Join(root, `with:colon "quotes"`, "old.git")}
	middle := testRepo{t: t, dir: filepath.Join(root, "middle:", "middle.git")}
	to := testRepo{t: t, dir: filepath.Join(root, "to:\ttab", "to.git")}
	for _, r := range []testRepo{old, middle, to} {
		r.git("init", "-q", "--bare", "--initial-branch=main", r.dir)
	}
	base.git("push", "-q", old.dir, "cc:refs/heads/main")
	middle.write("objects/info/alternates", "# a comment\n\n"+`"`+strings.ReplaceAll(old.dir, `"`, `\"`)+`/objects"`+"\n")
	to.write("objects/info/alternates", "../../../middle:/middle.git/objects\n/not/there\n")
	to.git("update-ref", "refs/heads/main", base.git("rev-parse", "cc"))

	r := Range{Tip: base.id("main"), Not: []ID{base.id("cc")}}
	want := landings(t, base.open(Open), r)
	duringPush(t, base, to, "main:refs/heads/main", func(env func(string) string) {
		if list := env("GIT_ALTERNATE_OBJECT_DIRECTORIES"); !strings.HasPrefix(list, `"`) {
			t.Errorf("git didn't quote %s", list)
		}
		eachReader(t, func(t *testing.T, open opener) {
			repo := to.open(open, func(o *Options) { o.Env = env })
			if diff := compare(want, landings(t, repo, r)); diff != "" {
				t.Error(diff)
			}
		})
	})
}

// TestReplaceRefsChangeNothing: a replaced commit, tree or blob is read as it was signed.
func TestReplaceRefsChangeNothing(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	want := landings(t, r.open(OpenGoGit), Range{Tip: r.id("main")})
	octopus := r.named("an octopus merge").String()
	r.git("replace", octopus, r.git("rev-parse", octopus+"~3"))
	r.git("replace", "--graft", r.named("a harmless commit on the line").String())
	r.git("replace", "main:src/backdoor.c", "main:README")
	r.git("replace", "main^{tree}", "main~1^{tree}")
	if n := strings.Count(r.git("rev-list", "main"), "\n") + 1; n == 52 {
		t.Fatal("git doesn't honour the replacements either")
	}
	eachReader(t, func(t *testing.T, open opener) {
		if diff := compare(want, landings(t, r.open(open), Range{Tip: r.id("main")})); diff != "" {
			t.Error(diff)
		}
	})
}

// TestHistoryWithHolesIsUnreadable: what isn't there is never "root", "new" or "unchanged".
func TestHistoryWithHolesIsUnreadable(t *testing.T) {
	origin := importedRepo(t, "shapes.fi")
	for name, hole := range map[string]string{
		"a commit": "main~3", "an old commit": "cc~1", "the tip's tree": "main^{tree}", "a folder": "main:src",
		"a blob":                    "main:end",
		"what the evil merge added": "main:src/backdoor.c", "a root": "other~1",
	} {
		t.Run(name, func(t *testing.T) {
			r := importedRepo(t, "shapes.fi")
			id := origin.git("rev-parse", hole)
			pack := filepath.Join(r.dir, "moved.pack")
			packs, err := filepath.Glob(filepath.Join(r.dir, "objects", "pack", "*.pack"))
			if err != nil || len(packs) > 1 {
				t.Fatal(packs, err)
			}
			if len(packs) == 1 { // make them loose
				if err := os.Rename(packs[0], pack); err != nil {
					t.Fatal(err)
				}
				content, err := os.ReadFile(pack)
				if err != nil {
					t.Fatal(err)
				}
				r.feed(content, "unpack-objects", "-q")
			}
			if err := os.Remove(filepath.Join(r.dir, "objects", id[:2], id[2:])); err != nil {
				t.Fatal(err)
			}
			eachReader(t, func(t *testing.T, open opener) {
				if got, err := collect(t, r.open(open), Range{Tip: origin.id("main")}); !errors.Is(err, ErrUnreadable) {
					t.Errorf("%d landings, %v; want ErrUnreadable", len(got), err)
				}
			})
		})
	}
}

func TestShallowCloneIsUnreadable(t *testing.T) {
	origin := importedRepo(t, "shapes.fi")
	r := testRepo{t: t, dir: filepath.Join(tempDir(t), "shallow.git")}
	r.git("clone", "-q", "--bare", "--depth=3", "file://"+origin.dir, r.dir)
	eachReader(t, func(t *testing.T, open opener) {
		repo, err := open(Options{Dir: r.dir, Env: os.Getenv})
		if err == nil {
			defer repo.Close()
			_, err = collect(t, repo, Range{Tip: origin.id("main")})
			if line, err := repo.FirstParents(t.Context(), origin.id("main"), func(ID) bool { return false }); !errors.Is(err,
				ErrUnreadable) {
				t.Errorf("the first-parent line ends after %d, %v; want ErrUnreadable", len(line), err)
			}
		}
		if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "shallow") {
			t.Errorf("%v; want ErrUnreadable, and the word shallow", err)
		}
	})
}

// TestTwiceTheSameEntry: a checkout shows the second of two entries of one name, go-git's own
// comparison finds nothing; a tree that can be read in two ways is refused.
func TestTwiceTheSameEntry(t *testing.T) {
	r := newTestRepo(t)
	one, two := r.feed([]byte("one"), "hash-object", "-w", "--stdin"),
		r.feed([]byte("two"), "hash-object", "-w", "--stdin")
	entry := func(mode, name, id string) string {
		sum := mustID(t, id).Bytes()
		return mode + " " + name + "\x00" + string(sum[:20])
	}
	for name, entries := range map[string][]string{
		"the same file twice": {entry("100644", "f", one), entry("100644", "f", two)},
		"a file and a folder": {
			entry("100644", "f", one),
			entry("40000", "f", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
		},
		"not sorted":               {entry("100644", "g", one), entry("100644", "f", two)},
		"a slash":                  {entry("100644", "a/b", one)},
		"dot dot":                  {entry("100644", "..", one)},
		"dot git":                  {entry("100644", ".git", one)},
		"no name":                  {entry("100644", "", one)},
		"an odd mode":              {entry("100600", "f", one)},
		"a mode with leading zero": {entry("0100644", "f", one)},
		"cut short":                {"100644 f\x00" + one[:10]},
	} {
		t.Run(name, func(t *testing.T) {
			r.git("hash-object", "-w", "-t", "tree", "--stdin") // the empty tree
			tree := r.feed([]byte(strings.Join(entries, "")), "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
			commit := r.feed([]byte("tree "+tree+"\nauthor A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nm\n"),
				"hash-object", "-w", "-t", "commit", "--stdin")
			eachReader(t, func(t *testing.T, open opener) {
				got, err := collect(t, r.open(open), Range{Tip: mustID(t, commit)})
				if !errors.Is(err, ErrUnreadable) {
					t.Errorf("%d landings, %v; want ErrUnreadable", len(got), err)
				}
			})
		})
	}
}

// TestOldModeIsAFile: git wrote 100664 once. A checkout makes the same of it as of 100644, so it is
// read as that, and one is no change to the other.
func TestOldModeIsAFile(t *testing.T) {
	r := newTestRepo(t)
	blob := r.feed([]byte("one"), "hash-object", "-w", "--stdin")
	sum := mustID(t, blob).Bytes()
	var tips []string
	parent := ""
	for _, mode := range []string{"100664", "100644", "100755"} {
		tree := r.feed([]byte(mode+" f\x00"+string(sum[:20])), "hash-object", "-w", "-t", "tree", "--literally", "--stdin")
		commit := "tree " + tree + "\n" + parent + "author A <a@x> 1 +0000\ncommitter A <a@x> 1 +0000\n\nm\n"
		tips = append(tips, r.feed([]byte(commit), "hash-object", "-w", "-t", "commit", "--stdin"))
		parent = "parent " + tips[len(tips)-1] + "\n"
	}
	eachReader(t, func(t *testing.T, open opener) {
		var modes []Mode
		for _, l := range landings(t, r.open(open), Range{Tip: mustID(t, tips[2])}) {
			for _, c := range l.Commit.Changes {
				modes = append(modes, c.Old[0].Mode, c.New.Mode)
			}
		}
		want := []Mode{ModeAbsent, ModeFile, ModeFile, ModeExec}
		if !slices.Equal(modes, want) {
			t.Errorf("%o, want %o", modes, want)
		}
	})
}
