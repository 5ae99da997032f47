package history

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestMergesAgreeWithGit compares the rule of merges with git-merge-tree(1): whether a merge of two parents is just
// what git makes of them. It counts where they differ, and wants one of the reasons of docs/agreement.md for each. It
// runs over the merges of shapes.fi, or over those of the repositories in COUNTERSIGN_HISTORIES: all of them, or one in
// COUNTERSIGN_EVERY.
func TestMergesAgreeWithGit(t *testing.T) {
	repos, every := []testRepo{importedRepo(t, "shapes.fi")}, 1
	if folder := os.Getenv("COUNTERSIGN_HISTORIES"); folder != "" {
		repos = largeHistories(t, folder)
	}
	if n := os.Getenv("COUNTERSIGN_EVERY"); n != "" {
		var err error
		if every, err = strconv.Atoi(n); err != nil || every < 1 {
			t.Fatalf("COUNTERSIGN_EVERY is %q", n)
		}
	}
	for _, r := range repos {
		t.Run(filepath.Base(r.dir), func(t *testing.T) {
			r.t = t
			repo := r.open(Open, func(o *Options) { o.Inspect = nil })
			c := mergeCheck{testRepo: r, repo: repo, scratch: t.TempDir(), counts: make(map[string]int)}
			merges := strings.Split(r.git("log", "--all", "--min-parents=2", "--max-parents=2", "--format=%H %T %P"), "\n")
			for i := 0; i < len(merges); i += every {
				var m merge
				for k, hex := range strings.Fields(merges[i]) {
					m[k] = mustID(t, hex)
				}
				c.check(m)
			}
			t.Logf("%d of %d merges of two parents: %v", c.n, len(merges), c.counts)
		})
	}
}

// mergeCheck compares merges of a repository, and counts the reasons of what differs.
type mergeCheck struct {
	testRepo
	repo    Repo
	scratch string // where git may write what it merges
	n       int
	counts  map[string]int
}

// merge is a merge commit, its tree and its two parents.
type merge [4]ID

func (m merge) tree() string { return m[1].String() }

func (c *mergeCheck) check(m merge) {
	c.t.Helper()
	var own []string
	for _, l := range landings(c.t, c.repo, Range{Tip: m[0], Not: m[2:], Landed: true}) {
		for _, change := range l.Commit.Changes {
			if !change.Merged {
				own = append(own, change.Path)
			}
		}
	}
	made, conflicts := c.mergeTree(m)
	if made == "" {
		c.counts["what git needs isn't here"]++
		return
	}
	c.n++
	gits := !conflicts && made == m.tree()
	if gits == (own == nil) {
		c.counts["alike"]++
		return
	}
	reason := c.reason(m, own, conflicts)
	c.counts[reason]++
	if c.t.Logf("%s: %s", m[0], reason); reason == "" {
		c.t.Errorf("%s: git makes it: %t, and the reader finds %q", m[0], gits, own)
	}
}

// reason says why git makes a merge in which the reader finds own changes, or, where there are none, the reverse; ""
// where it isn't known.
func (c *mergeCheck) reason(m merge, own []string, conflicts bool) (reason string) {
	out, err := c.command("merge-base", "--all", m[2].String(), m[3].String()).Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1 where there is none
		c.t.Fatalf("git merge-base: %v", err)
	}
	bases := strings.Fields(string(out))
	switch {
	case own == nil && conflicts:
		return "reverse: git leaves a conflict"
	case own == nil:
		return ""
	case len(bases) == 0:
		return "no common ancestor"
	case len(bases) > 1:
		return "several common ancestors"
	}
	changed := func(side ID, filter string) []string {
		return strings.Split(c.git("diff-tree", "-r", "-z", "-M", "--name-status", filter, bases[0], side.String()), "\x00")
	}
	reason = "lines that touch"
	for _, path := range own {
		switch {
		case slices.Contains(changed(m[2], "--no-renames"), path) && slices.Contains(changed(m[3], "--no-renames"), path):
		case slices.Contains(changed(m[2], "--diff-filter=R"), path), slices.Contains(changed(m[3], "--diff-filter=R"), path):
			reason = "a rename"
		default:
			return ""
		}
	}
	return reason
}

// mergeTree has git merge the parents, and gives the tree and whether conflicts are left; "" where an object is
// missing, as in a copy without large files.
func (c *mergeCheck) mergeTree(m merge) (tree string, conflicts bool) {
	cmd := c.command("merge-tree", "--write-tree", "--no-messages", "--allow-unrelated-histories",
		m[2].String(), m[3].String())
	cmd.Env = append(cmd.Env, "GIT_OBJECT_DIRECTORY="+c.scratch,
		"GIT_ALTERNATE_OBJECT_DIRECTORIES="+filepath.Join(c.dir, "objects"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && bytes.Contains(stderr.Bytes(), []byte("unable to read ")) {
		return "", false
	}
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) {
		c.t.Fatalf("git merge-tree: %v\n%s", err, stderr.Bytes())
	}
	tree, _, _ = strings.Cut(string(out), "\n")
	return tree, err != nil
}
