package odb

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"math"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

// chainOf gives a pack in which each object is a delta to the one before, and adds a byte. The last is so many deltas
// away from the first.
func chainOf(deltas int) (files map[string][]byte, ids []objectid.ID) {
	entries := []packed{whole(Blob, "")}
	for i := range deltas {
		last := entries[i]
		back := int64(len(last.header) + len(deflate(last.data)))
		content := strings.Repeat("x", i+1)
		steps := [][]byte{addStep("x")}
		if i > 0 {
			steps = append(steps, copyStep(0, i))
		}
		delta := deltaOf(uint64(i), uint64(i+1), steps...)
		entries = append(entries, offsetTo(nameOf(Blob, content), back, delta))
	}
	for _, e := range entries {
		ids = append(ids, e.id)
	}
	return packFiles(entries...), ids
}

// A chain is too long whether parts of it are remembered or not.
func TestChainIsBounded(t *testing.T) {
	t.Parallel()
	files, ids := chainOf(maxChain + 1)
	dir := objectsWith(t, files)
	for _, first := range [][]objectid.ID{nil, {ids[2000], ids[4000]}} {
		db := openDB(t, dir)
		for _, id := range append(first, ids[maxChain]) {
			if _, _, err := db.Read(id, math.MaxInt64); err != nil {
				t.Error(err)
			}
		}
		for range 2 {
			_, _, err := db.Read(ids[maxChain+1], math.MaxInt64)
			if e := new(Error); !errors.As(err, &e) || !strings.Contains(err.Error(), "a chain of more than 4095 deltas") {
				t.Error(err)
			}
		}
	}
}

// What is put together for one object is bounded, whether parts of it are remembered or not.
func TestWorkIsBounded(t *testing.T) {
	t.Parallel()
	files, ids := chainOf(2)
	db := openDB(t, objectsWith(t, files))
	if _, _, err := db.Read(ids[0], math.MaxInt64); err != nil {
		t.Fatal(err)
	}
	for _, o := range db.cache.known {
		o.value.work = maxWork - 2
	}
	if _, _, err := db.Read(ids[1], math.MaxInt64); err != nil {
		t.Error(err)
	}
	_, _, err := db.Read(ids[2], math.MaxInt64)
	if e := new(Error); !errors.As(err, &e) || !strings.Contains(err.Error(), "make more than 8589934592 bytes") {
		t.Error(err)
	}
}

func TestCacheDropsWhatWasUsedLongestAgo(t *testing.T) {
	t.Parallel()
	c := newCache(maxCached, maxCachedOne, made.bytes)
	const full = maxCached / maxCachedOne // objects
	content := make([]byte, maxCachedOne-1000)
	c.put(nil, 0, made{Blob, content, 0, 0})
	for i := range 100 {
		if c.get(nil, 0) == nil {
			t.Fatalf("what is used is gone after %d", i)
		}
		c.put(nil, int64(i+1), made{Blob, content, 0, 0})
		if c.bytes > maxCached || len(c.known) > full || i > 10 && len(c.known) < full {
			t.Fatalf("%d objects of %d bytes", len(c.known), c.bytes)
		}
	}
	if c.get(nil, 100) == nil || c.get(nil, 1) != nil {
		t.Error("the oldest is there, or the newest isn't")
	}
	c.put(nil, 200, made{Blob, bytes.Repeat([]byte{1}, maxCachedOne+1), 0, 0})
	if c.get(nil, 200) != nil {
		t.Error("what is too large is there")
	}
}

// TestAttackAwkwardCopy: whoever may push can store an object that was there once more, in a way that can't be read
// here. Then a copy that can is read, wherever that is.
func TestAttackAwkwardCopy(t *testing.T) {
	t.Parallel()
	awkward, ids := chainOf(maxChain + 1)
	content := strings.Repeat("x", maxChain+1)
	good := whole(Blob, content)
	id := good.id
	if id != ids[maxChain+1] {
		t.Fatal("that isn't what the chain makes")
	}
	pack, index := buildPack(good)
	loose := map[string][]byte{
		id.String()[:2] + "/" + id.String()[2:]: deflate(fmt.Appendf(nil, "blob %d\x00%s", len(content), content)),
	}
	for name, files := range map[string]map[string][]byte{
		"packed": {"pack/pack-b.pack": pack, "pack/pack-b.idx": index}, "loose": loose,
	} {
		both := maps.Clone(files)
		maps.Copy(both, awkward)
		for where, dirs := range map[string][]string{
			"beside":    {objectsWith(t, both)},
			"elsewhere": {objectsWith(t, awkward), objectsWith(t, files)},
		} {
			db := openDB(t, dirs...)
			for range 2 {
				kind, got, err := db.Read(id, math.MaxInt64)
				if err != nil || kind != Blob || string(got) != content {
					t.Errorf("%s %s: %s of %d bytes, %v", name, where, kind, len(got), err)
				}
				if kind, size, err := db.Stat(id); err != nil || kind != Blob || size != int64(len(content)) {
					t.Errorf("%s %s: %s of %d bytes, %v", name, where, kind, size, err)
				}
			}
		}
	}
}

// TestCopyThatSaysItIsLarger: the size of an object is a claim, too. A copy that says more than it has hides no other.
func TestCopyThatSaysItIsLarger(t *testing.T) {
	t.Parallel()
	good := whole(Blob, small)
	claims := good
	claims.header = entryHeader(Blob, 1<<40)
	alone := objectsWith(t, packFiles(claims))
	for range 2 {
		_, content, err := openDB(t, alone, objectsWith(t, packFiles(good))).Read(good.id, 1<<20)
		if err != nil || string(content) != small {
			t.Errorf("%q, %v", content, err)
		}
	}
	var large *SizeError
	if _, _, err := openDB(t, alone).Read(good.id, 1<<20); !errors.As(err, &large) {
		t.Errorf("alone: %v", err)
	}
}
