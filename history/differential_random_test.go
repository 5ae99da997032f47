package history

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// randomCommit is a commit of a random history as the test itself knows it; parents are positions
// in the history, files are "mode content" by path.
type randomCommit struct {
	parents []int
	files   map[string]string
	date    int
}

type randomHistory []randomCommit

// randomPaths clash with one another: a file here is a folder there, and neighbours sort between.
var randomPaths = []string{"a", "a/b", "a/b/c", "a.b", "a0", "z/\xff", "z/\"\n\t\\", "z/y"}

var randomFiles = []string{
	"100644 one", "100644 two", "100644 three", "100755 one", "120000 one",
	"160000 1111111111111111111111111111111111111111",
	"160000 2222222222222222222222222222222222222222",
}

// drawHistory draws a history whose dates go forward, or go as they like.
func drawHistory(t *rapid.T, backwards bool) randomHistory {
	history := make(randomHistory, rapid.IntRange(1, 12).Draw(t, "commits"))
	for i := range history {
		c := randomCommit{files: map[string]string{}, date: i}
		if backwards {
			c.date = rapid.IntRange(0, 9).Draw(t, "date")
		}
		if i > 0 && rapid.IntRange(0, 9).Draw(t, "root") > 0 {
			c.parents = rapid.SliceOfNDistinct(rapid.IntRange(max(0, i-5), i-1), 1, min(3, min(i, 5)), rapid.ID).Draw(t,
				"parents")
		}
		// A merge takes each path as one of its parents has it, mostly as the first.
		for k, parent := range c.parents {
			for _, path := range slices.Sorted(maps.Keys(history[parent].files)) {
				if k == 0 || rapid.Bool().Draw(t, "take") {
					c.set(path, history[parent].files[path])
				}
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			path := rapid.SampledFrom(randomPaths).Draw(t, "path")
			if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
				delete(c.files, path)
			} else {
				c.set(path, rapid.SampledFrom(randomFiles).Draw(t, "file"))
			}
		}
		history[i] = c
	}
	return history
}

// set writes a file, over the folders or the file in its way.
func (c randomCommit) set(path, file string) {
	for other := range c.files {
		if strings.HasPrefix(other, path+"/") || strings.HasPrefix(path, other+"/") {
			delete(c.files, other)
		}
	}
	c.files[path] = file
}

// stream writes the history for git fast-import, a branch a commit.
func (h randomHistory) stream() []byte {
	var b strings.Builder
	for i, c := range h {
		fmt.Fprintf(&b, "reset refs/heads/c%d\n", i)
		fmt.Fprintf(&b, "commit refs/heads/c%d\nmark :%d\ncommitter C <c@x> %d +0000\ndata <<.\n%d\n.\n", i, i+1, c.date, i)
		for k, parent := range c.parents {
			fmt.Fprintf(&b, "%s :%d\n", []string{"from", "merge"}[min(k, 1)], parent+1)
		}
		b.WriteString("deleteall\n")
		for _, path := range slices.Sorted(maps.Keys(c.files)) {
			mode, content, _ := strings.Cut(c.files[path], " ")
			quoted := `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(path) + `"`
			if mode == "160000" {
				fmt.Fprintf(&b, "M %s %s %s\n", mode, content, quoted)
			} else {
				content = fmt.Sprintf("%x", sha256.Sum256([]byte(path+content))) // nothing looks like a rename
				fmt.Fprintf(&b, "M %s inline %s\ndata %d\n%s\n", mode, quoted, len(content), content)
			}
		}
		b.WriteString("\n")
	}
	return []byte(b.String())
}

// reach gives the positions that one of the tips reaches.
func (h randomHistory) reach(tips ...int) map[int]bool {
	reached := map[int]bool{}
	for len(tips) > 0 {
		at := tips[0]
		tips = tips[1:]
		if !reached[at] {
			reached[at] = true
			tips = append(tips, h[at].parents...)
		}
	}
	return reached
}

// expected gives landing positions, oldest first, and what each brings, as sets.
func (h randomHistory) expected(tip int, not []int) (line []int, brought []map[int]bool) {
	taken := h.reach(not...)
	for at := tip; !taken[at]; at = h[at].parents[0] {
		line = append([]int{at}, line...)
		if len(h[at].parents) == 0 {
			break
		}
	}
	for _, at := range line {
		new := map[int]bool{}
		for i := range h.reach(at) {
			if !taken[i] && i != at {
				new[i] = true
			}
			taken[i] = true
		}
		brought = append(brought, new)
	}
	return line, brought
}

// changed gives the paths of a commit that differ from each of the given parents, sorted; from
// nothing if there are none.
func (h randomHistory) changed(at int, parents ...int) []string {
	var changed []string
	for _, path := range randomPaths {
		differs := func(files map[string]string) bool { return files[path] != h[at].files[path] }
		if len(parents) == 0 && differs(nil) || len(parents) > 0 &&
			!slices.ContainsFunc(parents, func(p int) bool { return !differs(h[p].files) }) {
			changed = append(changed, path)
		}
	}
	slices.Sort(changed)
	return changed
}

// bases gives the best common ancestors of two commits.
func (h randomHistory) bases(a, b int) (bases []int) {
	byA, byB := h.reach(a), h.reach(b)
	for i := range h {
		better := func(other int) bool { return other != i && byA[other] && byB[other] && h.reach(other)[i] }
		if byA[i] && byB[i] && !slices.ContainsFunc(slices.Collect(maps.Keys(h.reach(a, b))), better) {
			bases = append(bases, i)
		}
	}
	return bases
}

// own gives what a merge answers for: what isn't one side's while the others left it alone since they parted. No
// two lines of these files can be merged.
func (h randomHistory) own(at int) (own []string) {
	parents := h[at].parents
	changed := func(path string, j, k int) bool {
		bases := h.bases(j, k)
		return len(bases) == 0 && h[j].files[path] != "" ||
			slices.ContainsFunc(bases, func(b int) bool { return h[b].files[path] != h[j].files[path] })
	}
	for _, path := range randomPaths {
		has := func(p int) string { return h[p].files[path] }
		merged := has(at)
		settled := slices.ContainsFunc(parents, func(k int) bool {
			return has(k) == merged && !slices.ContainsFunc(parents,
				func(j int) bool { return has(j) != merged && changed(path, j, k) })
		})
		if !settled {
			own = append(own, path)
		}
	}
	slices.Sort(own)
	return own
}

// TestReadersAgreeOnRandomHistories: with each other, and with what the test knows of the history
// it made. Where dates go backwards, git may take a known commit for a new one (see
// TestKnownTipDatedBackwards), so there the test's own knowledge is the only judge.
func TestReadersAgreeOnRandomHistories(t *testing.T) {
	r := newTestRepo(t)
	rapid.Check(t, func(rt *rapid.T) {
		backwards := rapid.Bool().Draw(rt, "backwards")
		h := drawHistory(rt, backwards)
		tip := len(h) - 1
		not := rapid.SliceOfN(rapid.IntRange(0, max(0, tip-1)), 0, 2).Draw(rt, "not")
		if tip == 0 {
			not = nil
		}
		r.feed(h.stream(), "fast-import", "--quiet", "--force")
		if rapid.Bool().Draw(rt, "graph") {
			r.git("commit-graph", "write", "--reachable")
		}
		ids := make([]ID, len(h))
		for i, line := range strings.Fields(r.git(append([]string{"rev-parse"}, h.branches()...)...)) {
			ids[i] = mustID(t, line)
		}
		rng := Range{Tip: ids[tip]}
		for _, at := range not {
			rng.Not = append(rng.Not, ids[at])
		}
		repos := r.both(rt)
		defer repos.close(rt)
		if known := rapid.IntRange(0, len(rng.Not)).Draw(rt, "walked"); known > 0 { // git's reader as after a long walk
			reader := repos.git.(*reader)
			reader.excluded.walked(rng.Not[:known], longWalk+1)
			reader.counting().excluded.walked(rng.Not[:known], longWalk+1)
		}
		repos.agree(rt, rng)
		for _, counted := range []bool{false, true} {
			rng.Counted = counted
			h.check(rt, ids, tip, not, repos.goGit, rng)
			h.check(rt, ids, tip, not, repos.git, rng)
		}
	})
}

// check compares a reader's answer with what the history is known to be.
func (h randomHistory) check(t *rapid.T, ids []ID, tip int, not []int, repo Repo, r Range) {
	line, brought := h.expected(tip, not)
	n := 0
	for l, err := range repo.Landings(context.Background(), r) {
		if err != nil {
			t.Fatal(err)
		}
		if n == len(line) || l.Commit.ID != ids[line[n]] || len(l.Brought) != len(brought[n]) {
			t.Fatalf("landing %d is %s and brings %d; want the line %v to bring %v",
				n, l.Commit.ID, len(l.Brought), line, brought)
		}
		seen := map[int]bool{}
		for _, b := range l.Brought {
			at := slices.Index(ids, b.ID)
			if !brought[n][at] || seen[at] {
				t.Fatalf("landing %d brings %d; want each once of %v", n, at, brought[n])
			}
			seen[at] = true
			for _, parent := range h[at].parents {
				if brought[n][parent] && !seen[parent] {
					t.Fatalf("%d comes before its parent %d", at, parent)
				}
			}
			h.checkChanges(t, at, b.Changes, r.Counted)
		}
		h.checkChanges(t, line[n], l.Commit.Changes, r.Counted)
		n++
	}
	if n != len(line) {
		t.Fatalf("%d landings, want %v", n, line)
	}
}

// checkChanges wants what differs from every parent, in the order of path bytes, and each side as it is; of a
// merge that is judged what is its own.
func (h randomHistory) checkChanges(t *rapid.T, at int, got []Change, counted bool) {
	parents := h[at].parents
	want := h.changed(at, parents...)
	judged := len(parents) > 1 && !counted
	if judged {
		want = h.own(at)
		got = slices.DeleteFunc(slices.Clone(got), func(c Change) bool { return c.Merged && !slices.Contains(want, c.Path) })
	}
	if !slices.Equal(paths(got), want) {
		t.Fatalf("%d changes %q, want %q", at, paths(got), want)
	}
	for _, c := range got {
		modes := func(files map[string]string) string { return strings.Fields(files[c.Path] + " 0")[0] }
		var old []string
		for _, parent := range parents {
			old = append(old, modes(h[parent].files))
		}
		if len(parents) == 0 {
			old = []string{"0"}
		}
		sides := make([]string, len(c.Old))
		for i, side := range c.Old {
			sides[i] = fmt.Sprintf("%o", side.Mode)
		}
		if !slices.Equal(sides, old) || fmt.Sprintf("%o", c.New.Mode) != modes(h[at].files) {
			t.Fatalf("%d changes %q from %q to %o, want from %q to %q", at, c.Path, sides, c.New.Mode, old, h[at].files[c.Path])
		}
	}
}

func (h randomHistory) branches() []string {
	var names []string
	for i := range h {
		names = append(names, fmt.Sprintf("refs/heads/c%d", i))
	}
	return names
}
