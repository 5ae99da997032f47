//go:build unix

package regular

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestRead(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for _, err := range []error{
		os.WriteFile(at("three"), []byte("abc"), 0o600),
		os.Mkdir(at("folder"), 0o700),
		syscall.Mkfifo(at("pipe"), 0o600),
		os.Symlink("three", at("link")),
		os.Symlink("pipe", at("link-to-pipe")),
		os.Symlink(os.DevNull, at("device")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	for name, want := range map[string]error{
		"three": nil, "link": nil, "folder": ErrNot, "pipe": ErrNot, "link-to-pipe": ErrNot, "device": ErrNot,
		"nowhere": fs.ErrNotExist,
	} {
		content, err := Read(at(name), 3)
		if !errors.Is(err, want) || (string(content) == "abc") != (want == nil) {
			t.Errorf("%s: %q, %v", name, content, err)
		}
	}
	if content, err := Read(at("three"), 2); err == nil {
		t.Errorf("more than two bytes: %q", content)
	}
}
