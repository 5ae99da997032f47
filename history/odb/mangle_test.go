package odb

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

// mangled reads all objects of files of which one was changed: each is what it was, or refused. It says how many were
// refused.
func mangled(t *testing.T, dir string, want map[objectid.ID]string) (refused int) {
	t.Helper()
	db, err := Open(Options{Dirs: []string{dir}})
	if err != nil {
		if e := new(Error); !errors.As(err, &e) {
			t.Error(err)
		}
		return len(want)
	}
	for id, content := range want {
		kind, size, err := db.Stat(id)
		if err == nil && (kind < Commit || kind > Tag || size < 0) {
			t.Errorf("Stat: kind %v, size %d", kind, size)
		}
		_, got, err := db.Read(id, 1<<20)
		var broken *Error
		var large *SizeError
		switch {
		case err == nil && string(got) != content:
			t.Errorf("%s has another content", id)
		case err != nil && !errors.Is(err, ErrMissing) && !errors.As(err, &broken) && !errors.As(err, &large):
			t.Error(err)
		case err != nil:
			refused++
		}
	}
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	return refused
}

// Each file of a small repository is cut at each byte, and has each byte changed.
func TestMangledFiles(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	ids := make(map[objectid.ID]string)
	add := func(content string) {
		id := strings.TrimSpace(r.run(content, "hash-object", "-w", "--stdin"))
		ids[must(objectid.Parse(id))] = content
	}
	text := strings.Repeat("a line that makes the files similar\n", 3)
	pack := func(contents ...string) {
		ids := make(map[objectid.ID]string)
		for _, content := range contents {
			add(content)
			ids[nameOf(Blob, content)] = content
		}
		r.run(strings.Join(names(ids), "\n"), "pack-objects", "-q", r.objects()+"/pack/pack")
	}
	pack(text+"one", text+"two and more")
	pack(text+"three", text+"four, and more")
	add("alone")
	r.run("", "prune-packed")
	r.run("", "multi-pack-index", "write")
	if n := mangled(t, r.objects(), ids); n != 0 {
		t.Fatalf("%d are refused before anything is changed", n)
	}
	var files []string
	for _, pattern := range []string{"??/*", "pack/*.idx", "pack/*.pack", "pack/multi-pack-index"} {
		found, err := filepath.Glob(filepath.Join(r.objects(), pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		files = append(files, found...)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		for i := range content {
			if len(content) > 1000 && i > 100 && i < len(content)-200 && i%16 != 3 {
				continue // the fan-out is long
			}
			writeFile(t, file, content[:i])
			refused += mangled(t, r.objects(), ids)
			changed := []byte(string(content))
			changed[i] ^= byte(1 << (i % 8))
			writeFile(t, file, changed)
			refused += mangled(t, r.objects(), ids)
		}
		// Without a multi-pack-index the packs' own indexes serve.
		if spare := strings.HasSuffix(file, "multi-pack-index"); spare != (refused == 0) ||
			!spare && refused < len(content)/2 && refused < 100 {
			t.Errorf("%s: %d times something was refused", file, refused)
		}
		writeFile(t, file, content)
	}
}

func names(ids map[objectid.ID]string) (names []string) {
	for id := range ids {
		names = append(names, id.String())
	}
	return names
}

// A file that is cut short while it is mapped gives an error, where a Go program would end.
func TestCutShortWhileInUse(t *testing.T) {
	t.Parallel()
	base := whole(Blob, small)
	large := whole(Blob, strings.Repeat("large", 1000))
	for _, name := range []string{"pack/pack-a.pack", "pack/pack-a.idx"} {
		dir := objectsWith(t, packFiles(base, large))
		db := openDB(t, dir)
		if _, _, err := db.Read(base.id, math.MaxInt64); err != nil {
			t.Fatal(err)
		}
		if err := os.Truncate(filepath.Join(dir, name), 0); err != nil {
			t.Fatal(err)
		}
		_, _, err := db.Read(large.id, math.MaxInt64)
		if e := new(Error); !errors.As(err, &e) || e.File != filepath.Join(dir, name) {
			t.Errorf("%s: %v", name, err)
		}
		// The locks aren't held, and what is remembered is still good.
		if _, _, err := db.Read(large.id, math.MaxInt64); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

// TestCutShortWhileOpened: so does one that is cut short between the mapping and the first look.
func TestCutShortWhileOpened(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.grow("main", 1, 3)
	r.run("", "repack", "-a", "-d", "-q", "--write-midx")
	id := must(objectid.Parse(strings.TrimSpace(r.run("", "rev-parse", "main"))))
	for _, pattern := range []string{"pack-*.idx", "pack-*.pack", "multi-pack-index"} {
		path := must(filepath.Glob(filepath.Join(r.objects(), "pack", pattern)))[0]
		if err := os.Chmod(path, 0o600); err != nil {
			t.Fatal(err)
		}
		content := must(os.ReadFile(path))
		stop, stopped := make(chan struct{}), make(chan error)
		go func() {
			for {
				select {
				case <-stop:
					stopped <- nil
					return
				default:
				}
				if err := errors.Join(os.Truncate(path, 0), os.WriteFile(path, content, 0o600)); err != nil {
					stopped <- err
					return
				}
			}
		}()
		for range 1000 {
			db := must(Open(Options{Dirs: []string{r.objects()}}))
			kind, _, err := db.Read(id, math.MaxInt64)
			if damaged := new(Error); err == nil && kind != Commit || err != nil && !errors.As(err, &damaged) {
				t.Errorf("%s: %s, %v", pattern, kind, err)
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		close(stop)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
	}
}
