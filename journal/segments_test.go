//go:build unix

package journal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// inSegments makes a journal of n records, three to a file.
func inSegments(t *testing.T, n int) (l *Log, files []string) {
	t.Helper()
	l, err := Open(filepath.Join(t.TempDir(), "journal"), 300)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		add(t, l, fmt.Sprintf(`{"n":%d}`, i+1))
	}
	segments, err := segmentsOf(l.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range segments {
		files = append(files, s.path)
	}
	return l, append(files, l.path)
}

func wantRecords(t *testing.T, path string, n int) {
	t.Helper()
	var want []string
	for i := range n {
		want = append(want, fmt.Sprintf(`{"n":%d}`, i+1))
	}
	if diff := cmp.Diff(want, records(t, path)); diff != "" {
		t.Error(diff)
	}
}

func TestJournalGoesOnOverSegments(t *testing.T) {
	l, files := inSegments(t, 8)
	var names []string
	for _, f := range files {
		names = append(names, filepath.Base(f))
	}
	if diff := cmp.Diff([]string{"journal.000000003", "journal.000000006", "journal"}, names); diff != "" {
		t.Fatal(diff)
	}
	wantRecords(t, l.path, 8)
	if first := string(contents(t, l.path)); !strings.Contains(first, `","first":true,"record":{"n":7}}`) {
		t.Errorf("%s", first)
	}
}

// A crash leaves any part of the new file's first line, or no new file.
func TestAttackCrashWhileANewFileBegins(t *testing.T) {
	l, files := inSegments(t, 7)
	line := contents(t, l.path)
	for cut := -1; cut <= len(line); cut++ {
		os.Remove(l.path)
		if cut >= 0 {
			if err := os.WriteFile(l.path, line[:cut], 0o640); err != nil {
				t.Fatal(err)
			}
		}
		n := 6
		if cut >= len(line)-1 {
			n = 7
		}
		add(t, l, fmt.Sprintf(`{"n":%d}`, n+1))
		wantRecords(t, l.path, n+1)
		for _, f := range files[:2] { // nothing else was touched
			if _, err := os.Stat(f); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func TestAppendWritesNothingAfterOtherThingsBehindASegment(t *testing.T) {
	l, _ := inSegments(t, 7)
	for _, other := range []string{"[core]\n", "\n", `{"v":1,"seq":1,"prev":"`} {
		if err := os.WriteFile(l.path, []byte(other), 0o640); err != nil {
			t.Fatal(err)
		}
		if err := l.Append(t.Context(), []byte(`{}`)); err == nil || string(contents(t, l.path)) != other {
			t.Errorf("%q: error %v", other, err)
		}
	}
}

// A torn end is repaired before the file becomes a segment.
func TestTornEndIsNoEndOfASegment(t *testing.T) {
	l, _ := inSegments(t, 6)
	tear(t, l.path, `{"v":1,"seq":7,"prev`)
	add(t, l, `{"n":7}`, `{"n":8}`)
	wantRecords(t, l.path, 8)
	if _, err := os.Stat(segmentName(l.path, 7)); err != nil {
		t.Error(err)
	}
}

func TestSegmentOverwritesNothing(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"file":     func(p string) error { return os.WriteFile(p, []byte("kept"), 0o600) },
		"link":     func(p string) error { return os.Symlink("elsewhere", p) },
		"folder":   func(p string) error { return os.Mkdir(p, 0o700) },
		"hard one": func(p string) error { return os.Link(filepath.Join(filepath.Dir(p), "journal"), p) },
	} {
		t.Run(name, func(t *testing.T) {
			l, _ := inSegments(t, 3)
			there := segmentName(l.path, 3)
			if err := make(there); err != nil {
				t.Fatal(err)
			}
			before, err := os.Lstat(there)
			if err != nil {
				t.Fatal(err)
			}
			add(t, l, `{"n":4}`)
			after, err := os.Lstat(there)
			if err != nil || !os.SameFile(before, after) {
				t.Errorf("it was replaced (%v)", err)
			}
			if _, err := Check(l.path); err == nil && name != "hard one" {
				t.Error("no word about it")
			}
		})
	}
}

func TestNewFileHasTheSegmentsMode(t *testing.T) {
	l, _ := inSegments(t, 3)
	if err := os.Chmod(l.path, 0o660); err != nil {
		t.Fatal(err)
	}
	add(t, l, `{"n":4}`)
	if at, err := os.Stat(l.path); err != nil || at.Mode().Perm() != 0o660 {
		t.Errorf("mode %s, %v", at.Mode(), err)
	}
	if stray, _ := filepath.Glob(l.path + ".*.new"); stray != nil {
		t.Errorf("%v is left", stray)
	}
}

func TestFileInAFolderThatCantBeWrittenGoesOnGrowing(t *testing.T) {
	l, _ := inSegments(t, 3)
	before := contents(t, l.path)
	if makeSegment(filepath.Join(filepath.Dir(l.path), "missing", "journal"), 3) {
		t.Error("a file that can't be renamed was")
	}
	l.rotate = 0
	add(t, l, `{"n":4}`)
	if after := contents(t, l.path); !slices.Equal(before, after[:len(before)]) {
		t.Error("it was changed")
	}
}

// The chain holds over files as it does in one; the fault names the file.
func TestCheckNamesTheSegment(t *testing.T) {
	swap := func(t *testing.T, a, b string) {
		t.Helper()
		if err := errors.Join(os.Rename(a, a+".x"), os.Rename(b, a), os.Rename(a+".x", b)); err != nil {
			t.Fatal(err)
		}
	}
	for name, tc := range map[string]struct {
		do     func(t *testing.T, files []string)
		file   int // of the fault; -1 for none
		damage Damage
	}{
		"untouched":             {func(*testing.T, []string) {}, -1, ""},
		"oldest moved away":     {func(_ *testing.T, f []string) { os.Remove(f[0]) }, -1, ""},
		"two moved away":        {func(_ *testing.T, f []string) { os.Remove(f[0]); os.Remove(f[1]) }, -1, ""},
		"missing":               {func(_ *testing.T, f []string) { os.Remove(f[1]) }, 2, Removed},
		"newest missing":        {func(_ *testing.T, f []string) { os.Remove(f[2]) }, 3, Removed},
		"swapped":               {func(t *testing.T, f []string) { swap(t, f[0], f[1]) }, 0, Changed},
		"later two swapped":     {func(t *testing.T, f []string) { swap(t, f[1], f[2]) }, 1, Removed},
		"swapped with the last": {func(t *testing.T, f []string) { swap(t, f[2], f[3]) }, 2, Removed},
		"renamed":               {func(_ *testing.T, f []string) { os.Rename(f[1], segmentName(f[3], 5)) }, 1, Changed},
		"changed": {func(t *testing.T, f []string) {
			b := strings.Replace(string(contents(t, f[1])), `"n":5`, `"n":0`, 1)
			os.WriteFile(f[1], []byte(b), 0o600)
		}, 1, Changed},
		"last line cut": {func(t *testing.T, f []string) {
			b := contents(t, f[0])
			os.WriteFile(f[0], b[:len(b)-20], 0o600)
		}, 0, Changed},
		"last newline cut": {func(t *testing.T, f []string) {
			b := contents(t, f[0])
			os.WriteFile(f[0], b[:len(b)-1], 0o600)
		}, 0, Changed},
		"empty": {func(_ *testing.T, f []string) { os.WriteFile(f[1], nil, 0o600) }, 1, Changed},
		"first lines cut": {func(t *testing.T, f []string) {
			os.Remove(f[0])
			lines := strings.SplitAfter(string(contents(t, f[1])), "\n")
			os.WriteFile(f[1], []byte(strings.Join(lines[1:], "")), 0o600)
		}, 1, Removed},
		"two in one": {func(t *testing.T, f []string) {
			os.WriteFile(f[1], append(contents(t, f[0]), contents(t, f[1])...), 0o600)
			os.Remove(f[0])
		}, 1, Changed},
	} {
		t.Run(name, func(t *testing.T) {
			l, files := inSegments(t, 11)
			tc.do(t, files)
			_, err := Check(l.path)
			var fault *Fault
			switch {
			case tc.file < 0 && err != nil:
				t.Error(err)
			case tc.file < 0:
			case !errors.As(err, &fault):
				t.Errorf("error %v", err)
			case fault.Damage != tc.damage || !strings.HasPrefix(fault.File, files[tc.file]) && name != "renamed":
				t.Errorf("%v; want %s in %s", fault, tc.damage, filepath.Base(files[tc.file]))
			}
		})
	}
}

func TestReadRefusesSegmentsThatAreNoFiles(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"link":   func(p string) error { return os.Symlink("journal", p) },
		"folder": func(p string) error { return os.Mkdir(p, 0o700) },
	} {
		l, files := inSegments(t, 7)
		os.Remove(files[0])
		if err := make(files[0]); err != nil {
			t.Fatal(err)
		}
		if _, err := Check(l.path); err == nil || errors.Is(err, os.ErrNotExist) || errors.As(err, new(*Fault)) {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

// Whoever finds no file begins one. That another process begins one first, and makes it a segment at once, holds
// nobody up for longer than a lock does.
func TestAttackRenamedWhileBegun(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	l := open(t, filepath.Join(dir, "journal"))
	var all sync.WaitGroup
	defer all.Wait()
	done := make(chan struct{})
	defer close(done)
	all.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				_ = os.Rename(l.path, filepath.Join(dir, "elsewhere"))
			}
		}
	})
	begun := make(chan error)
	for range 2 {
		all.Go(func() {
			for range 2_000 {
				f, err := l.tryLock()
				if err == nil {
					err = f.Close()
				}
				if err != nil && !errors.Is(err, errLocked) {
					begun <- err
					return
				}
			}
			begun <- nil
		})
	}
	for range 2 {
		if err := <-begun; err != nil {
			t.Error(err)
		}
	}
}
