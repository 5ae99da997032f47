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

// A repack takes nothing away from a reader: neither what it has opened nor what it hasn't.
func TestRepackedMeanwhile(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		prepare func(r testRepo)
	}{
		{"packs", func(testRepo) {}},
		{"a multi-pack-index", func(r testRepo) { r.run("", "multi-pack-index", "write") }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := newRepo(t)
			r.grow("main", 0, 3)
			r.run("", "repack", "-dq")
			r.grow("second", 1, 3)
			r.run("", "repack", "-dq")
			test.prepare(r)
			db := openDB(t, r.objects())
			var ids []objectid.ID
			for name := range strings.FieldsSeq(r.run("", "rev-list", "--objects", "--all", "--no-object-names")) {
				ids = append(ids, must(objectid.Parse(name)))
			}
			read := func() {
				t.Helper()
				for _, id := range ids {
					if _, _, err := db.Read(id, math.MaxInt64); err != nil {
						t.Error(err)
					}
				}
			}
			if _, _, err := db.Read(ids[0], math.MaxInt64); err != nil {
				t.Error(err)
			}
			r.run("", "repack", "-adfq")
			read()
			r.run("new", "hash-object", "-w", "--stdin")
			ids = append(ids, nameOf(Blob, "new"))
			read()
			r.run("", "repack", "-adfq")
			read()
		})
	}
}

// A multi-pack-index that leaves out an object takes nothing away: the packs themselves are asked before an object is
// missing.
func TestMultiPackIndexThatLeavesOut(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	base, other := whole(Blob, small), whole(Blob, "other")
	write := func(entries ...packed) {
		for name, content := range packFiles(entries...) {
			writeFile(t, filepath.Join(r.objects(), name), content)
		}
	}
	write(base)
	r.run("", "multi-pack-index", "write")
	write(base, other)
	db := openDB(t, r.objects())
	for _, id := range []objectid.ID{other.id, base.id} {
		if _, _, err := db.Read(id, math.MaxInt64); err != nil {
			t.Error(err)
		}
	}
}

// A multi-pack-index may name packs that are gone.
func TestMultiPackIndexOverARemovedPack(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	r.grow("main", 0, 3)
	r.run("", "repack", "-dq")
	packs, err := filepath.Glob(r.objects() + "/pack/*.pack")
	if err != nil || len(packs) != 1 {
		t.Fatal(packs, err)
	}
	r.grow("second", 1, 3)
	r.run("", "repack", "-dq")
	r.run("", "multi-pack-index", "write")
	old := must(objectid.Parse(strings.TrimSpace(r.run("", "rev-parse", "main"))))
	other := must(objectid.Parse(strings.TrimSpace(r.run("", "rev-parse", "second"))))
	for _, suffix := range []string{".pack", ".idx"} {
		if err := os.Remove(strings.TrimSuffix(packs[0], ".pack") + suffix); err != nil {
			t.Fatal(err)
		}
	}
	db := openDB(t, r.objects())
	if _, _, err := db.Read(old, math.MaxInt64); !errors.Is(err, ErrMissing) {
		t.Error(err)
	}
	if _, _, err := db.Read(other, math.MaxInt64); err != nil {
		t.Error(err)
	}
}

// What the gate reads in must be complete: git index-pack --fix-thin adds the bases that a push leaves out. Git itself
// doesn't read a pack that lacks them.
func TestThinPackIsRefused(t *testing.T) {
	t.Parallel()
	r := newRepo(t)
	id := must(objectid.Parse(strings.TrimSpace(r.run(small, "hash-object", "-w", "--stdin"))))
	made := nameOf(Blob, small[:4])
	for name, content := range packFiles(nameTo(made, id, deltaOf(uint64(len(small)), 4, copyStep(0, 4)))) {
		writeFile(t, filepath.Join(r.objects(), name), content)
	}
	out := r.run(made.String()+"\n", "cat-file", "--batch-check")
	if !strings.Contains(out, "missing") {
		t.Errorf("git reads it: %s", out)
	}
	_, _, err := openDB(t, r.objects()).Read(made, math.MaxInt64)
	if e := new(Error); !errors.As(err, &e) || !strings.Contains(err.Error(), "isn't in the pack") {
		t.Error(err)
	}
}
