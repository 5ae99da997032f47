package history

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// random gives a history of some commits as [lineages] reads it: their parents are any of those before, and their dates
// say nothing. The last is the tip.
func random(r *rand.Rand, commits int) []node {
	nodes := make([]node, commits)
	for i := range nodes {
		id := ID{}
		text := []byte("0000000000000000000000000000000000000000")
		for at, n := len(text)-1, i+1; n > 0; at, n = at-1, n/10 {
			text[at] = byte('0' + n%10)
		}
		id, err := ParseID(string(text))
		if err != nil {
			panic(err)
		}
		nodes[i].id = id
		near := 1 + r.IntN(12) // how far below its parents lie
		for range []int{0, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3}[r.IntN(12)] {
			if p := nodes[:i]; i > 0 {
				nodes[i].parents = append(nodes[i].parents, p[max(0, i-1-r.IntN(near))].id)
			}
		}
		slices.SortFunc(nodes[i].parents, ID.Compare)
		nodes[i].parents = slices.Compact(nodes[i].parents)
		r.Shuffle(len(nodes[i].parents), func(a, b int) {
			nodes[i].parents[a], nodes[i].parents[b] = nodes[i].parents[b], nodes[i].parents[a]
		})
	}
	return nodes
}

// TestCourse compares what it gives for each two commits of random histories with what they all reach.
func TestCourse(t *testing.T) {
	several, none, beyond := 0, 0, 0
	for seed := range uint64(400) {
		r := rand.New(rand.NewPCG(seed, 3))
		all := random(r, 2+r.IntN(40))
		reach := make(map[ID]map[ID]bool)
		for _, n := range all {
			reach[n.id] = map[ID]bool{n.id: true}
			for _, p := range n.parents {
				for id := range reach[p] {
					reach[n.id][id] = true
				}
			}
		}
		tip := all[len(all)-1].id
		old := map[ID]bool{}
		if r.IntN(3) == 0 { // some have landed before
			old = reach[all[r.IntN(len(all))].id]
		}
		var nodes []node
		for _, n := range all {
			if reach[tip][n.id] && !old[n.id] {
				nodes = append(nodes, n)
			}
		}
		c, err := planLandings(tip, nodes)
		if err != nil {
			if len(nodes) > 0 {
				t.Fatal(err)
			}
			continue
		}
		for _, a := range nodes {
			for _, b := range nodes {
				got, ok := c.bases(a.id, b.id)
				if !ok {
					beyond++
					continue
				}
				var want []ID
				for id := range reach[a.id] {
					if reach[b.id][id] {
						want = append(want, id)
					}
				}
				best := slices.DeleteFunc(slices.Clone(want), func(id ID) bool {
					return slices.ContainsFunc(want, func(above ID) bool { return above != id && reach[above][id] })
				})
				slices.SortFunc(best, ID.Compare)
				if !slices.Equal(got, best) {
					t.Fatalf("seed %d: %s and %s meet in %v, want %v", seed, a.id, b.id, got, best)
				}
				if len(best) > 1 {
					several++
				}
				if len(best) == 0 {
					none++
				}
			}
		}
		if _, ok := c.bases(tip, ID{}); ok {
			t.Fatal("a commit that isn't there meets the tip")
		}
	}
	if several < 300 || none < 1000 || beyond < 1000 {
		t.Errorf("%d met in several places, %d in none, %d outside", several, none, beyond)
	}
}

// TestLongArm: a side branch of any length is looked at no further than a bound.
func TestLongArm(t *testing.T) {
	for _, length := range []int{longArm, longArm + 1} {
		all := random(rand.New(rand.NewPCG(1, 4)), length+2)
		for i := range all {
			if all[i].parents = nil; i > 0 {
				all[i].parents = []ID{all[i-1].id}
			}
		}
		tip := &all[length+1]
		tip.parents = []ID{all[0].id, all[length].id}
		c, err := planLandings(tip.id, all)
		if err != nil {
			t.Fatal(err)
		}
		found, ok := c.bases(all[length].id, all[0].id)
		if want := length <= longArm; ok != want || ok && (len(found) != 1 || found[0] != all[0].id) {
			t.Errorf("a branch of %d commits and where it began meet in %v, %t; want %t", length, found, ok, want)
		}
	}
}
