package odb

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

// TestBesideWhatCantBeOpened: an object is read wherever it can be. Where it might be in what can't be opened, it isn't
// missing.
func TestBesideWhatCantBeOpened(t *testing.T) {
	t.Parallel()
	for _, damaged := range []string{"pack/pack-b.idx", "pack/pack-b.pack", "pack/multi-pack-index"} {
		for how, damage := range map[string]func(path string) error{
			"empty":    func(path string) error { return os.WriteFile(path, nil, 0o600) },
			"no index": func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("x", 4000)), 0o600) },
			"a circle": func(path string) error { return os.Symlink(filepath.Base(path), path) },
			"a folder": func(path string) error { return os.Mkdir(path, 0o777) },
		} {
			t.Run(damaged+"/"+how, func(t *testing.T) {
				t.Parallel()
				packed, loose := whole(Blob, small), whole(Blob, "loose")
				files := packFiles(packed)
				for name, content := range packFiles(whole(Blob, "other")) {
					files[strings.ReplaceAll(name, "pack-a", "pack-b")] = content
				}
				name := loose.id.String()
				files[name[:2]+"/"+name[2:]] = deflate([]byte("blob 5\x00loose"))
				delete(files, damaged)
				dir := objectsWith(t, files)
				if err := damage(filepath.Join(dir, damaged)); err != nil {
					t.Fatal(err)
				}
				db := openDB(t, dir)
				for range 2 {
					for _, o := range []struct {
						id      objectid.ID
						content string
					}{{packed.id, small}, {loose.id, "loose"}} {
						if _, content, err := db.Read(o.id, math.MaxInt64); err != nil || string(content) != o.content {
							t.Errorf("%q, %v", content, err)
						}
					}
				}
				_, _, err := db.Read(fakeName(7), math.MaxInt64)
				if isMidx := strings.HasSuffix(damaged, "multi-pack-index"); errors.Is(err, ErrMissing) != isMidx {
					t.Errorf("an object that may be there: %v", err)
				}
			})
		}
	}
}

// TestPacksAreCounted: so many that the process couldn't map them are an error, which says what ends it.
func TestPacksAreCounted(t *testing.T) {
	t.Parallel()
	dir := objectsWith(t, packFiles(whole(Blob, small)))
	for i := range maxPacks {
		writeFile(t, filepath.Join(dir, "pack", fmt.Sprint("pack-", i, ".idx")), nil)
	}
	db, err := Open(Options{Dirs: []string{dir}})
	if err == nil {
		db.Close()
	}
	if err == nil || !strings.Contains(err.Error(), "git gc") {
		t.Error(err)
	}
}
