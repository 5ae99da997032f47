package gate

import (
	"context"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"countersign/history"
	"countersign/policy"
)

// A pull request is judged as the push of the merge that the service makes of it then; and where no journal is at
// hand, never accepted where that would be refused.
func TestRandomPullRequestsAreJudgedAsThePushOfTheirMerge(t *testing.T) {
	t.Parallel()
	for name, inTree := range map[string]bool{"policy in the tree": true, "policy on the server": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkFew(t, 16, func(t *rapid.T) {
				h := drawHistory(t, 14, inTree)
				defer h.remove()
				h.goGit = false
				for _, m := range rapid.SliceOfN(drawMove(h.attackers), 1, 6).Draw(t, "moves") {
					h.play(m, func(updates ...refUpdate) { h.push(updates...) })
				}
				h.wait(rapid.IntRange(0, 100).Draw(t, "hours until the button is pressed"))
				for n := range 4 {
					if side := h.newest(n); !h.tip().reach()[side] {
						h.pressed(side)
					}
				}
			})
		})
	}
}

// pressed compares what is said of a pull request with what is said when the service pushes its merge.
func (h *randomHistory) pressed(side *randomCommit) {
	h.t.Helper()
	ctx := context.Background()
	base, head := mustID(h.tip().id), mustID(side.id)
	var asked policy.Decision
	h.with(func(g *Gate) (err error) {
		asked, err = g.JudgePull(ctx, PullRequest{Ref: mainRef, Base: base, Head: head, Now: h.clock})
		return err
	})
	h.flush()
	tried, err := history.TryMerge(ctx, history.Options{Dir: h.dir, Env: os.Getenv}, base, head, h.clock.Unix())
	if err != nil {
		h.t.Fatal(err)
	}
	defer tried.Close()
	if len(tried.Conflicts) > 0 {
		if asked.Verdict != policy.Refused {
			h.t.Fatalf("accepted with conflicts: %q", tried.Conflicts)
		}
		return
	}
	merge := &randomCommit{
		parents: []*randomCommit{h.tip(), side}, signer: "bot", author: "bot", committer: "bot", when: h.clock.Unix(),
	}
	merge.id = h.object("commit", commitBytes(merge, h.adopt(tried), "Merge pull request\n"))
	pushed := h.judge(refUpdate{name: mainRef, to: merge.id, commit: merge})
	one, other := told(asked, tried.ID.String(), side.id), told(pushed, merge.id, side.id)
	if asked.Verdict != pushed.Verdict || !slices.Equal(one, other) {
		h.t.Fatalf("the request: %s %q\nthe push: %s %q", asked.Verdict, one, pushed.Verdict, other)
	}
	blind := h.blind(ctx, PullRequest{Ref: mainRef, Base: base, Head: head, Service: "bot", Now: h.clock})
	if blind.Verdict == policy.Accepted && pushed.Verdict != policy.Accepted {
		h.t.Fatalf("accepted without a journal, and refused with it: %q", other)
	}
}

// adopt copies the objects of a merge into the repository, and gives its tree.
func (h *randomHistory) adopt(m *history.TriedMerge) (tree string) {
	h.t.Helper()
	repo, err := history.Open(history.Options{Dir: h.dir, Env: m.Env})
	if err != nil {
		h.t.Fatal(err)
	}
	defer repo.Close()
	c, err := repo.Commit(context.Background(), m.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	from := m.Env("GIT_OBJECT_DIRECTORY")
	if err := filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		h.write(filepath.Join("objects", name), string(text))
		return err
	}); err != nil {
		h.t.Fatal(err)
	}
	return c.Tree.String()
}

// told gives what is found, of the merge as of the head that it merges, sorted.
func told(d policy.Decision, merge, head string) []string {
	var all []string
	for _, f := range d.Findings {
		if f.Commit == merge {
			f.Commit = head
		}
		all = append(all, essence(f))
	}
	slices.Sort(all)
	return all
}

// blind judges a pull request where no journal is at hand, as in CI.
func (h *randomHistory) blind(ctx context.Context, r PullRequest) policy.Decision {
	h.t.Helper()
	g, err := Open(Options{
		Dir: h.dir, Getenv: os.Getenv, Record: func(string, policy.Journal) (Recorder, error) { return h.journal, nil },
		Records: func(string, policy.Journal) iter.Seq2[[]byte, error] {
			return func(yield func([]byte, error) bool) { yield(nil, fs.ErrNotExist) }
		},
	})
	if err != nil {
		h.t.Fatal(err)
	}
	defer g.Close()
	d, err := g.JudgePull(ctx, r)
	if err != nil {
		h.t.Fatal(err)
	}
	return d
}
