package review

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/policy"
)

func list(t *testing.T) List {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "countersign"), 0o750); err != nil {
		t.Fatal(err)
	}
	return In(dir)
}

// waits checks which pushes wait, in any order, and that the reminder names each.
func waits(t *testing.T, l List, want ...string) {
	t.Helper()
	got, err := l.Waiting()
	if slices.Sort(got); err != nil || !slices.Equal(got, want) {
		t.Errorf("waiting are %q, %v; want %q", got, err, want)
	}
	note := l.Remind()
	if strings.HasPrefix(note, policy.ExceptionNote) != (want != nil) {
		t.Errorf("the reminder of %q is %q", want, note)
	}
	for _, reference := range want {
		if !strings.Contains(note, reference) {
			t.Errorf("the reminder %q lacks %s", note, reference)
		}
	}
}

// A push that passed by an exception waits until it is reviewed, and no other does.
func TestList(t *testing.T) {
	t.Parallel()
	l := list(t)
	waits(t, l)
	for reference, note := range map[string]string{
		"1111": policy.ExceptionNote + "rule x", "2222": "a warning", "3333": policy.ExceptionNote + "rule y",
	} {
		if err := l.Keep(policy.Decision{Reference: reference, Notes: []string{"first", note}}); err != nil {
			t.Fatal(err)
		}
	}
	waits(t, l, "1111", "3333")
	if err := l.Done("1111"); err != nil {
		t.Fatal(err)
	}
	waits(t, l, "3333")
}

// What is written at once is all there.
func TestWrittenAtOnce(t *testing.T) {
	t.Parallel()
	l := list(t)
	var want []string
	var all sync.WaitGroup
	for c := 'a'; c <= 'z'; c++ {
		reference := strings.Repeat(string(c), 8)
		want = append(want, reference)
		all.Go(func() {
			if err := l.Keep(policy.Decision{Reference: reference, Notes: []string{policy.ExceptionNote}}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	waits(t, l, want...)
}

// A list that can't be read doesn't pass for an empty one, and what can't be written is an error.
func TestUnreadable(t *testing.T) {
	t.Parallel()
	l := list(t)
	if err := os.Mkdir(string(l), 0o750); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Waiting(); err == nil {
		t.Error("a folder is read as a list")
	}
	if note := l.Remind(); !strings.Contains(note, "the list can't be read") {
		t.Errorf("the reminder is %q", note)
	}
	if err := l.Keep(policy.Decision{Notes: []string{policy.ExceptionNote}}); err == nil {
		t.Error("a push that isn't on the list is taken for kept")
	}
	if err := l.Done("1111"); err == nil {
		t.Error("a push that is still on the list is taken for reviewed")
	}
}
