package kept

import (
	"bytes"
	"maps"
	"os"
	"path/filepath"
	"testing"
)

// What is kept is given of the same commits, in the same order; and nothing of others, or of a file that isn't wholly
// what was written.
func TestReached(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	from := []string{"a1", "b2"}
	if got := Open(dir).Reached(from); len(got) != 0 {
		t.Errorf("of no file: %v", got)
	}
	Open(dir).KeepReached(from, map[string]bool{"old": true})
	want := map[string]bool{"c3": true, "d4": false}
	Open(dir).KeepReached(from, want)
	if got := Open(dir).Reached(from); !maps.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for _, other := range [][]string{nil, {"a1"}, {"a1", "b2", "c3"}} {
		if got := Open(dir).Reached(other); len(got) != 0 {
			t.Errorf("of %q: %v", other, got)
		}
	}
	file := filepath.Join(dir, "countersign", "tenure", "reached")
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := [][]byte{append(bytes.Clone(whole), "e5\n"...)}
	for i := range whole {
		changed := bytes.Clone(whole)
		changed[i] ^= 1
		spoilt = append(spoilt, whole[:i], changed)
	}
	spoilt = append(spoilt, summed(bytes.Replace(whole, []byte("reached 1"), []byte("reached 0"), 1)))
	for _, text := range spoilt {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := Open(dir).Reached(from); len(got) != 0 {
			t.Errorf("of %q: %v", text, got)
		}
	}
}

// From no commit nothing is reached, and an empty file says no more.
func TestReachedFromNone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if got := Open(dir).Reached(nil); len(got) != 0 {
		t.Errorf("got %v", got)
	}
	Open(dir).KeepReached(nil, map[string]bool{"c3": false})
	if got := Open(dir).Reached(nil); len(got) != 1 || got["c3"] {
		t.Errorf("got %v", got)
	}
}
