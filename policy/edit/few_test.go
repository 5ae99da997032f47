package edit

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// same fails where few and all don't give the same lines, by their numbers, and says whether few gave any.
func same(t *testing.T, old, now []byte) bool {
	t.Helper()
	skipped := Line{Number: 8, At: 100}
	added, gone, ok := few(old, now, skipped)
	if !ok {
		return false
	}
	wantAdded, wantGone := all(old, now, skipped)
	if got, want := shown(added), shown(wantAdded); got != want {
		t.Fatalf("from %q to %q, %q is added, want %q", old, now, got, want)
	}
	if got, want := shown(gone), shown(wantGone); got != want {
		t.Fatalf("from %q to %q, %q is gone, want %q", old, now, got, want)
	}
	if places(added) != places(wantAdded) || places(gone) != places(wantGone) {
		t.Fatalf("from %q to %q, the lines begin elsewhere", old, now)
	}
	return true
}

// places says where lines begin.
func places(lines []Line) string {
	var all []int
	for _, l := range lines {
		all = append(all, l.At)
	}
	return fmt.Sprint(all)
}

// TestFew changes some lines of texts in which most lines stand several times.
func TestFew(t *testing.T) {
	few := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		line := func() string {
			return []string{"", "}", "a", "b", "ab", "\t}", "return", "if x {", "\r"}[r.IntN(9)] + "\n"
		}
		var old, now bytes.Buffer
		change := 1 + r.IntN(40)
		for range r.IntN(400) {
			l := line()
			switch r.IntN(change) {
			case 0:
				old.WriteString(l)
				now.WriteString(line())
			case 1:
				old.WriteString(l)
			case 2:
				now.WriteString(l)
			default:
				old.WriteString(l)
				now.WriteString(l)
			}
		}
		a, b := old.Bytes(), now.Bytes()
		if r.IntN(2) == 0 {
			a = bytes.TrimSuffix(a, lineFeed)
		}
		if len(a) > 0 && len(b) > 0 && same(t, a, b) {
			few++
		}
	}
	if few < 1500 {
		t.Errorf("%d of 3000 changes were few", few)
	}
}

func FuzzFew(f *testing.F) {
	f.Add([]byte("a\nb\n"), []byte("a\nc\nb\na"))
	f.Add([]byte("\n\nx\ny\n\n"), []byte("\ny\n\n\nx"))
	f.Add([]byte("}\na\n}\nb"), []byte("b\n}\n}\na\n"))
	f.Fuzz(func(t *testing.T, old, now []byte) {
		if len(old) > 0 && len(now) > 0 {
			same(t, old, now)
		}
	})
}
