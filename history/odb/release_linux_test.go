package odb

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// resident gives how much of a file that is mapped is in the memory of this process, as /proc/self/smaps has it.
func resident(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(text), path+"\n")
	_, rest, _ = strings.Cut(rest, "\nRss:")
	size, _, _ := strings.Cut(rest, "\n")
	if !found {
		t.Fatalf("%s isn't mapped", path)
	}
	return strings.TrimSpace(size)
}

// TestRelease: a pack of which much was read leaves the memory, and is read on.
func TestRelease(t *testing.T) {
	t.Parallel()
	one, other := whole(Blob, strings.Repeat("one", 1000)), whole(Blob, strings.Repeat("other", 1000))
	dir := objectsWith(t, packFiles(one, other))
	db := openDB(t, dir)
	read := func(e packed) {
		t.Helper()
		if _, got, err := db.Read(e.id, math.MaxInt64); err != nil || len(got) == 0 {
			t.Errorf("%d bytes, %v", len(got), err)
		}
	}
	read(one)
	path := filepath.Join(dir, "pack", "pack-a.pack")
	if got := resident(t, path); got == "0 kB" {
		t.Errorf("after it was read, %s are in memory", got)
	}
	p := db.dirs[0].byName["pack-a"]
	p.touch(maxTouched - 3*around)
	if got := resident(t, path); got == "0 kB" {
		t.Error("it left the memory before much of it was read")
	}
	p.touch(2 * around)
	if got := resident(t, path); got != "0 kB" {
		t.Errorf("%s are left in memory", got)
	}
	read(other)
}
