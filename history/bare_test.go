package history

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestBareIsNamed: a commit that stands under another's name is refused where only commits are read, too.
func TestBareIsNamed(t *testing.T) {
	r := newTestRepo(t)
	tree := r.feed(nil, "mktree")
	one, two := r.git("commit-tree", "-m", "one", tree), r.git("commit-tree", "-m", "two", tree)
	file := func(id string) string { return filepath.Join(r.dir, "objects", id[:2], id[2:]) }
	if err := os.Rename(file(one), file(two)); err != nil {
		t.Fatal(err)
	}
	eachReader(t, func(t *testing.T, open opener) {
		rng := Range{Tip: mustID(t, two), Counted: true, Landed: true, Bare: true}
		if all, err := collect(t, r.open(open), rng); !errors.Is(err, ErrUnreadable) {
			t.Errorf("%d landings, %v", len(all), err)
		}
	})
}
