package odb

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"math"
	"os"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

// testdata/shattered has the first blocks of https://shattered.io/static/shattered-1.pdf, for which there are others of
// the same SHA-1.
func TestCollisionIsRefused(t *testing.T) {
	t.Parallel()
	content := must(os.ReadFile("testdata/shattered"))
	sum := sha1.Sum(content)
	r := newReading(openDB(t))
	r.hash.Write(content)
	err := r.checkHash(must(objectid.FromBytes(sum[:])))
	if err == nil || !strings.Contains(err.Error(), "made to collide") {
		t.Error(err)
	}
}

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
		o.work = maxWork - 2
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
	c := newCache()
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
