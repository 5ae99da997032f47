package history

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// countingStore counts the objects that are read.
type countingStore struct {
	store
	read int
}

func (s *countingStore) head(id ID, kind string, keep int64, b bound) ([]byte, int64, error) {
	s.read++
	return s.store.head(id, kind, keep, b)
}

// TestWalksFollowThePush: with a commit-graph, what a walk reads doesn't grow with the repository, nor with what is
// excluded, in whatever order that is.
func TestWalksFollowThePush(t *testing.T) {
	r := importedRepo(t, "xz.fi")
	main := r.id("refs/heads/main")
	r.git("commit-graph", "write", "--reachable")
	var not []ID
	for _, hex := range strings.Fields(r.git("rev-list", "main")) {
		not = append(not, mustID(t, hex))
	}
	slices.Reverse(not)
	tree := r.git("rev-parse", "main^{tree}")
	one := mustID(t, r.git("commit-tree", tree, "-p", "main", "-m", "one"))
	two := mustID(t, r.git("commit-tree", tree, "-p", one.String(), "-m", "two"))
	root := mustID(t, r.git("commit-tree", tree, "-m", "another root"))
	beside := mustID(t, r.git("commit-tree", tree, "-p", "main~3", "-m", "beside"))
	repo := r.open(OpenGoGit).(*reader)
	count := &countingStore{store: repo.store}
	repo.store = count
	for _, test := range []struct {
		tip  ID
		want int // new commits
	}{{two, 2}, {root, 1}, {beside, 1}, {main, 0}} {
		count.read, repo.known, repo.kept = 0, linkStore{}, nil
		nodes, err := repo.newCommits(t.Context(), test.tip, not, 10)
		if err != nil || len(nodes) != test.want || count.read > 3 {
			t.Errorf("%d new commits, %d objects read, %v; want %d commits", len(nodes), count.read, err, test.want)
		}
		count.read, repo.known, repo.kept = 0, linkStore{}, nil
		if _, err := repo.Reaches(t.Context(), append(not, main), []ID{test.tip}); err != nil || count.read > 3 {
			t.Errorf("%d objects read, %v", count.read, err)
		}
	}
}

// TestAttackLyingGraph: whatever levels and parents a commit-graph makes up, what is new is found.
func TestAttackLyingGraph(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	r.git("commit-graph", "write", "--reachable")
	path := filepath.Join(r.dir, "objects", "info", "commit-graph")
	sound, err := os.ReadFile(path)
	if err != nil || os.Chmod(path, 0o666) != nil {
		t.Fatal(err)
	}
	data := strings.Index(string(sound), "CDAT")
	at := 0
	for _, b := range sound[data+4 : data+12] {
		at = at<<8 | int(b)
	}
	const row = 20 + 16
	rnd := rand.New(rand.NewPCG(3, 4))
	commits := strings.Fields(r.git("rev-list", "--all"))
	for n := range 40 {
		lying := slices.Clone(sound)
		for i := range commits {
			lying[at+i*row+20+8+3] = byte(rnd.IntN(256)) &^ 3
			if n%2 == 0 { // and parents
				copy(lying[at+i*row+20:], []byte{0, 0, 0, byte(rnd.IntN(len(commits)))})
			}
			lying[at+i*row+20+8+rnd.IntN(3)] ^= byte(n)
		}
		if err := os.WriteFile(path, lying, 0o666); err != nil {
			t.Fatal(err)
		}
		repo := r.open(OpenGoGit).(*reader)
		tip, not := commits[rnd.IntN(len(commits))], commits[rnd.IntN(len(commits))]
		nodes, err := repo.newCommits(t.Context(), mustID(t, tip), []ID{mustID(t, not)}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		isNew := r.git("-c", "core.commitGraph=false", "rev-list", tip, "--not", not)
		for hex := range strings.FieldsSeq(isNew) {
			if !slices.ContainsFunc(nodes, func(n node) bool { return n.id.String() == hex }) {
				t.Errorf("%s..%s: %s isn't new", not, tip, hex)
			}
		}
	}
}

// What has landed may look new at first, where a tip is dated before all that it stands on. However much that is, it
// isn't counted as new.
func TestOldTipDoesNotHideWhatLanded(t *testing.T) {
	r := newTestRepo(t)
	var stream strings.Builder
	const landed = 300
	for i := range landed {
		fmt.Fprintf(&stream, "commit refs/heads/main\ncommitter A <a@x> %d +0000\ndata 1\nm\n", 1_500_000_000+60*i)
	}
	stream.WriteString("commit refs/heads/main\ncommitter A <a@x> 0 +0000\ndata 1\nm\n")
	r.feed([]byte(stream.String()), "fast-import", "--quiet")
	side := mustID(t, r.git("commit-tree", r.git("rev-parse", "main^{tree}"), "-p", "main~1", "-m", "side"))
	repo := r.open(Open).(*reader)
	nodes, err := repo.newCommits(t.Context(), side, []ID{r.id("refs/heads/main")}, landed/10)
	if err != nil || len(nodes) != 1 || nodes[0].id != side {
		t.Errorf("%d new commits, %v; want the one beside", len(nodes), err)
	}
}

// TestTopicsFarBelow: what it takes to find where a merge's parents meet doesn't grow with what lies between.
func TestTopicsFarBelow(t *testing.T) {
	r := importedRepo(t, "xz.fi")
	tree := r.git("rev-parse", "main^{tree}")
	tip := r.git("rev-parse", "main")
	for _, below := range []string{"main~40", "main~90", "main~150"} {
		topic := r.git("commit-tree", tree, "-p", below, "-m", "topic")
		tip = r.git("commit-tree", tree, "-p", tip, "-p", topic, "-m", "merge")
	}
	l := r.open(Open).(*reader).lineages
	nodes, err := l.newCommits(t.Context(), mustID(t, tip), []ID{r.id("main")}, 10)
	if err != nil || len(nodes) != 6 {
		t.Fatal(nodes, err)
	}
	c, err := planLandings(mustID(t, tip), nodes)
	if err != nil {
		t.Fatal(err)
	}
	m := &meeting{lineages: l, course: c}
	for _, n := range nodes {
		if len(n.parents) < 2 {
			continue
		}
		a, b := n.parents[0], n.parents[1]
		got, err := m.bases(t.Context(), a, b)
		want := r.git("merge-base", "--all", a.String(), b.String())
		if err != nil || len(got) != 1 || got[0].String() != want {
			t.Errorf("%v, %v; want %s", got, err, want)
		}
		if _, met, err := paint(t.Context(), a, b, m.linked); err != nil || len(met) > len(nodes)+4 {
			t.Errorf("%d commits looked at, %v", len(met), err)
		}
	}
}
