package shared

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// What is made gets the mode that its folder asks for.
func TestModeFollowsTheFolder(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ above, folder, file fs.FileMode }{
		{0o750, 0o750, 0o640},
		{0o755, 0o750, 0o640},
		{0o770, 0o770 | fs.ModeSetgid, 0o660},
		{0o775, 0o775 | fs.ModeSetgid, 0o664},
	} {
		above := filepath.Join(t.TempDir(), "countersign")
		if err := os.Mkdir(above, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(above, c.above); err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(above, "a", "b")
		for range 2 { // it may be there
			if err := MakeFolder(dir); err != nil {
				t.Fatal(err)
			}
		}
		f, err := Create(filepath.Join(dir, "made"), os.O_EXCL)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		replaced := filepath.Join(dir, "replaced")
		for _, text := range []string{"one", "two"} {
			if err := Replace(replaced, []byte(text)); err != nil {
				t.Fatal(err)
			}
			if got, err := os.ReadFile(replaced); err != nil || string(got) != text {
				t.Errorf("%q, %v: want %q", got, err, text)
			}
		}
		for name, want := range map[string]fs.FileMode{filepath.Dir(dir): c.folder, dir: c.folder, f.Name(): c.file} {
			if c.above&0o020 == 0 {
				want &^= fs.ModeSetgid
			}
			at, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if got := at.Mode() & (fs.ModePerm | fs.ModeSetgid); got != want {
				t.Errorf("below a folder of mode %o: %s has mode %v, want %v", c.above, name, got, want)
			}
		}
		if left, err := filepath.Glob(filepath.Join(dir, ".new-*")); err != nil || left != nil {
			t.Errorf("left behind: %q, %v", left, err)
		}
	}
}

// What can't be put in its place leaves nothing behind.
func TestReplaceOfAFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "there"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := Replace(filepath.Join(dir, "there"), nil); err == nil {
		t.Error("a folder was replaced by a file")
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".new-*")); err != nil || left != nil {
		t.Errorf("left behind: %q, %v", left, err)
	}
}
