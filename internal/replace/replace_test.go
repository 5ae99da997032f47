package replace

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

func TestFile(t *testing.T) {
	t.Parallel()
	for _, promise := range []Promise{Whole, OnDisk} {
		for _, mode := range []fs.FileMode{0o600, 0o644, 0o666} {
			name := filepath.Join(t.TempDir(), "file")
			for _, text := range []string{"one", "", "two"} {
				if err := File(name, []byte(text), mode, promise); err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(name)
				if err != nil || string(got) != text {
					t.Errorf("%q, %v: want %q", got, err, text)
				}
			}
			if at, err := os.Stat(name); err != nil || at.Mode() != mode {
				t.Errorf("mode %v, %v: want %v", at.Mode(), err, mode)
			}
			alone(t, name)
		}
	}
}

// alone says that nothing lies beside a file.
func alone(t *testing.T, name string) {
	t.Helper()
	if all, err := os.ReadDir(filepath.Dir(name)); err != nil || len(all) != 1 {
		t.Errorf("beside %s lie %v, %v", name, all, err)
	}
}

// What can't take its place leaves nothing behind, and what stands there as it is.
func TestFileFails(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "folder")
	if err := os.MkdirAll(filepath.Join(name, "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := File(name, []byte("x"), 0o600, OnDisk); err == nil {
		t.Error("a folder was replaced")
	}
	alone(t, name)
	if _, err := os.Stat(filepath.Join(name, "below")); err != nil {
		t.Error(err)
	}
	if err := File(filepath.Join(name, "gone", "x"), nil, 0o600, Whole); err == nil {
		t.Error("a file was made in a folder that isn't there")
	}
}

// A link is replaced, and what it leads to stays.
func TestLinkIsReplaced(t *testing.T) {
	t.Parallel()
	dir, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
	if err := os.WriteFile(other, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "link")
	if err := os.Symlink(other, name); err != nil {
		t.Fatal(err)
	}
	if err := File(name, []byte("new"), 0o600, Whole); err != nil {
		t.Fatal(err)
	}
	if at, err := os.Lstat(name); err != nil || !at.Mode().IsRegular() {
		t.Errorf("%v, %v: want a file", at, err)
	}
	if got, err := os.ReadFile(other); err != nil || string(got) != "old" {
		t.Errorf("%q, %v", got, err)
	}
}

// Of several at once one wins, whole.
func TestFileAtOnce(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "file")
	texts := make(map[string]bool)
	var all sync.WaitGroup
	for i := range 20 {
		text := fmt.Sprintf("%0*d", 1000*(i+1), i)
		texts[text] = true
		all.Go(func() {
			if err := File(name, []byte(text), 0o600, Whole); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got, err := os.ReadFile(name); err != nil || !texts[string(got)] {
		t.Errorf("%d bytes that nobody wrote, %v", len(got), err)
	}
	alone(t, name)
}
