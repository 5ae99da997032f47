package history

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRefsThatGitLeavesOut: git for-each-ref passes over them, and ends with success. What else is asked for can be
// read.
func TestRefsThatGitLeavesOut(t *testing.T) {
	for name, test := range map[string]struct {
		damage func(t *testing.T, path string)
		says   string
	}{
		"an empty file": {func(t *testing.T, path string) { mustWrite(t, path, "") }, "refs/withdrawals/a/b"},
		"half of an id": {func(t *testing.T, path string) { mustWrite(t, path, "0123456789") }, "refs/withdrawals/a/b"},
		"a damaged file": {
			func(t *testing.T, path string) { mustWrite(t, path, strings.Repeat("\x00", 41)) }, "refs/withdrawals/a/b",
		},
		"a folder that can't be read": {func(t *testing.T, path string) {
			folder := filepath.Dir(path)
			if err := errors.Join(os.RemoveAll(folder), os.Symlink(filepath.Base(folder), folder)); err != nil {
				t.Fatal(err)
			}
		}, "refs/withdrawals/a"},
	} {
		t.Run(name, func(t *testing.T) {
			eachReader(t, func(t *testing.T, open opener) {
				r := importedRepo(t, "shapes.fi")
				r.git("update-ref", "refs/withdrawals/a/b", "main")
				r.git("update-ref", "refs/withdrawals/c", "main")
				test.damage(t, filepath.Join(r.dir, "refs", "withdrawals", "a", "b"))
				repo := r.open(open)
				for _, patterns := range [][]string{
					nil, {"refs/heads/", "refs/withdrawals/"}, {"refs/withdrawals/a/"}, {"refs/withdrawals/a/b"},
				} {
					if refs, err := repo.Refs(t.Context(), patterns...); !errors.Is(err, ErrUnreadable) ||
						!strings.Contains(err.Error(), test.says) {
						t.Errorf("%q: %v, %v; want ErrUnreadable, and %q", patterns, refs, err, test.says)
					}
				}
			})
			r := importedRepo(t, "shapes.fi")
			r.git("update-ref", "refs/withdrawals/a/b", "main")
			test.damage(t, filepath.Join(r.dir, "refs", "withdrawals", "a", "b"))
			if refs, err := r.open(Open).Refs(t.Context(), "refs/heads/main"); err != nil || len(refs) != 1 {
				t.Errorf("refs/heads/main: %v, %v", refs, err)
			}
		})
	}
}

func mustWrite(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRefsElsewhere: git 2.54 and newer can keep refs outside of the Git directory, where this reader doesn't look.
func TestRefsElsewhere(t *testing.T) {
	for config, isHere := range map[string]bool{
		"": true, "[extensions]\n\trefStorage = files\n": true, "[Extensions]\n\tREFSTORAGE=\"reftable\" ; here\n": true,
		"# refStorage is elsewhere\n":                            true,
		"[extensions]\n\trefStorage = files:///srv/refs\n":       false,
		"[extensions] refstorage = \"reftable:///srv/refs\"\n":   false,
		"[extensions]\n\trefStorage = files\\\n:///srv/refs\n":   false,
		"[extensions \"a\"]\n\tx = 1 # refstorage\n":             false,
		"[extensions]\n\trefStorage = files # files:///x\n":      true,
		"[extensions]\n\trefStorage = files\"://\"/srv/refs\n":   false,
		"[a]\n\tb = 1\n[extensions] # c\n\trefstorage=reftable ": true,
	} {
		dir := t.TempDir()
		mustWrite(t, filepath.Join(dir, "config"), config)
		if _, err := refsAreHere(dir, func(string) string { return "" }); (err == nil) != isHere {
			t.Errorf("%q: %v", config, err)
		}
	}
	r := newTestRepo(t)
	repo, err := Open(Options{Dir: r.dir, Env: func(name string) string {
		return map[string]string{"GIT_REFERENCE_BACKEND": "files:///srv/refs"}[name]
	}})
	if err == nil {
		repo.Close()
	}
	if !errors.Is(err, ErrUnreadable) {
		t.Errorf("with GIT_REFERENCE_BACKEND: %v", err)
	}
}

// TestWhatGitSays: it is passed on as it was said, and no limit is named that wasn't reached.
func TestWhatGitSays(t *testing.T) {
	r := importedRepo(t, "shapes.fi")
	const lines = "\nauthor a <a> 0 +0000\ncommitter a <a> 0 +0000\n\n"
	id := r.loose("commit", []byte("tree "+r.id("main^{tree}").String()+lines)).String()
	r.git("update-ref", "refs/heads/main", id)
	file := filepath.Join(r.dir, "objects", id[:2], id[2:])
	if err := errors.Join(os.Remove(file), os.Mkdir(file, 0o777)); err != nil {
		t.Fatal(err)
	}
	if _, err := r.open(Open).Resolve(t.Context(), "main"); !errors.Is(err, ErrUnreadable) || errors.Is(err, ErrLimit) {
		t.Errorf("a folder in an object's place: %v", err)
	}
	r = newTestRepo(t)
	mustWrite(t, filepath.Join(r.dir, "config"), "[core]\nrepositoryFormatVersion = 1\n[extensions]\nwarpDrive = on\n")
	if _, err := r.open(Open).Refs(t.Context()); err == nil || !strings.Contains(err.Error(), "warpdrive") {
		t.Errorf("an unknown extension: %v", err)
	}
}
