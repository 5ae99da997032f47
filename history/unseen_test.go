package history

import (
	"os"
	"path/filepath"
	"testing"
)

// TestUnseen: where blobs may be missing, Inspect is told which are, and everything else is as it is.
func TestUnseen(t *testing.T) {
	r := newTestRepo(t)
	old := r.feed([]byte("old\n"), "hash-object", "-w", "--stdin")
	now := r.feed([]byte("new\n"), "hash-object", "-w", "--stdin")
	first := r.git("commit-tree", "-m", "one", r.feed([]byte("100644 blob "+old+"\tfile\n"), "mktree"))
	second := r.git("commit-tree", "-m", "two", "-p", first, r.feed([]byte("100644 blob "+now+"\tfile\n"), "mktree"))
	read := func(t *testing.T, open opener, unseen bool) (saw []Landed, err error) {
		repo := r.open(open, func(o *Options) {
			o.Inspect = func(l Landed) uint32 {
				saw = append(saw, l)
				return 7
			}
		})
		rng := Range{Tip: mustID(t, second), Not: []ID{mustID(t, first)}, Landed: true, Unseen: unseen}
		for l, failed := range repo.Landings(t.Context(), rng) {
			if failed == nil && l.Commit.Changes[0].Traits != 7 {
				t.Errorf("%+v", l.Commit.Changes)
			}
			err = failed
		}
		return saw, err
	}
	without := func(id string) func() {
		file := filepath.Join(r.dir, "objects", id[:2], id[2:])
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		return func() {
			if err := os.WriteFile(file, content, 0o400); err != nil {
				t.Fatal(err)
			}
		}
	}
	eachReader(t, func(t *testing.T, open opener) {
		for name, c := range map[string]struct {
			gone    string
			missing bool
			before  int
		}{"what lands": {now, true, 1}, "what stood there": {old, false, 0}} {
			back := without(c.gone)
			if _, err := read(t, open, false); err == nil {
				t.Errorf("%s is missing: no error", name)
			}
			saw, err := read(t, open, true)
			if err != nil || len(saw) != 1 || saw[0].Missing != c.missing || len(saw[0].Before) != c.before {
				t.Errorf("%s is missing: inspected %+v, %v", name, saw, err)
			}
			back()
		}
	})
}
