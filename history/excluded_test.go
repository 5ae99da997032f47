package history

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestManyBranchesAreOneWalk: what many branches have beside the same excluded commits is found in steps that don't
// grow with branches times commits, where no commit-graph helps and the branches part all over the history.
func TestManyBranchesAreOneWalk(t *testing.T) {
	r := newTestRepo(t)
	const landed, branches = 2 * longWalk, 40
	var stream strings.Builder
	commit := func(name string, when int, more string) {
		fmt.Fprintf(&stream, "commit refs/heads/%s\n%scommitter A <a@x> %d +0000\ndata 1\nm\n", name, more, when)
	}
	for i := range landed {
		commit("main", i, fmt.Sprintf("mark :%d\n", i+1))
	}
	for i := range branches {
		stream.WriteString("reset refs/heads/adopted" + fmt.Sprintf("%d\nfrom :%d\n", i, 1+i*landed/branches))
		commit(fmt.Sprint("adopted", i), landed+i, "")
		stream.WriteString("reset refs/heads/own" + fmt.Sprintf("%d\nfrom refs/heads/adopted%d\n", i, i))
		commit(fmt.Sprint("own", i), landed+i, "")
	}
	r.feed([]byte(stream.String()), "fast-import", "--quiet")
	not := []ID{r.id("main")}
	for i := range branches {
		not = append(not, r.id(fmt.Sprint("adopted", i)))
	}
	l := r.open(Open).(*reader).lineages
	check := func(branch int, beside ...ID) {
		t.Helper()
		own := r.id(fmt.Sprint("own", branch))
		nodes, err := l.newCommits(t.Context(), own, slices.Concat(not, beside), 10)
		if err != nil || len(nodes) != 1 || nodes[0].id != own || nodes[0].parents[0] != not[1+branch] {
			t.Fatalf("branch %d: %v, %v", branch, nodes, err)
		}
	}
	check(0)
	once := l.steps.Load()
	if once < landed {
		t.Fatalf("the first took %d steps: a branch of this shape is no long walk", once)
	}
	for i := 1; i < branches; i++ {
		check(i, r.id(fmt.Sprint("own", i-1))) // one more is excluded each time
	}
	if steps := l.steps.Load(); steps > 3*once {
		t.Errorf("%d steps for %d branches, %d for the first", steps, branches, once)
	}
}
