package history

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// Every tip is asked about every commit at once, and git's own merge-base about each pair. The commits' dates
// are as odd as can be: what is newer by date may be older by descent.
func TestReachesWhateverTheDates(t *testing.T) {
	r := newTestRepo(t)
	rnd := rand.New(rand.NewPCG(1, 2))
	tree := r.feed(nil, "mktree")
	const many = 40
	var hexes []string
	for i := range many {
		args := []string{"commit-tree", tree, "-m", fmt.Sprint(i)}
		for range rnd.IntN(3) {
			if n := len(hexes); n > 0 {
				args = append(args, "-p", hexes[rnd.IntN(n)])
			}
		}
		cmd := r.command(args...)
		date := fmt.Sprintf("%d +0000", 1_000_000_000+rnd.IntN(1_000_000))
		cmd.Env = append(cmd.Environ(), "GIT_COMMITTER_DATE="+date, "GIT_AUTHOR_DATE="+date)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		hexes = append(hexes, strings.TrimSpace(string(out)))
	}
	r.git("update-ref", "refs/heads/main", hexes[many-1])
	r.git("tag", "-a", "-m", "a tag", "v1", hexes[many-1])
	blob := r.feed([]byte("no commit"), "hash-object", "-w", "--stdin")
	reached := make([][]bool, many)
	var ids []ID
	for i, tip := range hexes {
		below := strings.Fields(r.git("rev-list", tip))
		for _, id := range hexes {
			reached[i] = append(reached[i], slices.Contains(below, id))
		}
		ids = append(ids, mustID(t, tip))
	}
	graph := strings.Join(hexes[:many/2], "\n") // of the older half
	tips := append(slices.Clone(ids), r.id("v1"), mustID(t, blob))
	reached = append(reached, reached[many-1], make([]bool, many))
	eachReader(t, func(t *testing.T, open opener) {
		// Of all commits, of few, of one: each time a walk ends elsewhere.
		for _, few := range [][]int{nil, {many - 1}, {many / 2}, {0}, {3, many / 2, many - 2}, {many - 1, many - 1}} {
			repo := r.open(open)
			for n := range 4 { // what a reader remembers changes nothing, nor does a commit-graph
				if n == 2 {
					r.feed([]byte(graph), "commit-graph", "write", "--stdin-commits")
					repo = r.open(open)
				}
				asked := ids
				if few != nil {
					asked = nil
					for _, i := range few {
						asked = append(asked, ids[i])
					}
				}
				got, err := repo.Reaches(t.Context(), tips, asked)
				if err != nil {
					t.Fatal(err)
				}
				for i := range tips {
					for j, id := range asked {
						if want := reached[i][slices.Index(ids, id)]; got[i][j] != want {
							t.Errorf("of %v: tip %d reaches commit %d: %v, want %v", few, i, slices.Index(ids, id), got[i][j], want)
						}
					}
				}
			}
		}
	})
}
