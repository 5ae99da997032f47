package odb

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"testing"

	"countersign/internal/objectid"
)

// None of the fuzz targets may panic, or give an object that hasn't the name that was asked for.

// checkAll asks for each object of a directory in all ways.
func checkAll(t *testing.T, dir string, ids ...objectid.ID) {
	t.Helper()
	db, err := Open(Options{Dirs: []string{dir}})
	if err != nil {
		return
	}
	defer db.Close()
	for _, id := range ids {
		kind, content, err := db.Read(id, 1<<20)
		if err == nil && nameOf(kind, string(content)) != id {
			t.Errorf("%s has the content %q", id, content)
		}
		headKind, first, size, headErr := db.Head(id, 3, 1<<20)
		if (err == nil) != (headErr == nil) || !errors.Is(headErr, ErrMissing) == errors.Is(err, ErrMissing) {
			t.Errorf("Read: %v, Head: %v", err, headErr)
		}
		if err == nil && (headKind != kind || size != int64(len(content)) || !bytes.HasPrefix(content, first)) {
			t.Errorf("Head gives %v, %d, %q, Read %v, %q", headKind, size, first, kind, content)
		}
		// What Stat gives may be of a copy that Read passed over.
		if _, _, statErr := db.Stat(id); err == nil && statErr != nil {
			t.Errorf("Stat: %v", statErr)
		}
	}
}

// fuzzed is a pack of three objects, one a delta.
func fuzzed() (pack, index []byte, ids []objectid.ID) {
	base, other := whole(Blob, small), whole(Commit, "tree")
	back := int64(len(base.header) + len(deflate(base.data)))
	delta := offsetTo(nameOf(Blob, small[:4]+"new"), back, deltaOf(uint64(len(small)), 7, copyStep(0, 4), addStep("new")))
	pack, index = buildPack(base, delta, other)
	return pack, index, []objectid.ID{base.id, delta.id, other.id}
}

func FuzzIndex(f *testing.F) {
	pack, index, ids := fuzzed()
	f.Add(index)
	version1 := append([]byte(nil), index[8:8+fanoutSize]...)
	for i := range ids {
		version1 = append(append(version1, 0, 0, 0, 12), index[8+fanoutSize+20*i:][:20]...)
	}
	f.Add(append(version1, index[len(index)-40:]...))
	f.Add(buildIndex(pack[len(pack)-20:], []place{{ids[0], 12}, {ids[1], 1 << 40}, {ids[2], 1 << 31}}))
	f.Fuzz(func(t *testing.T, index []byte) {
		files := map[string][]byte{"pack/a.pack": pack, "pack/a.idx": index}
		checkAll(t, objectsWith(t, files), ids...)
	})
}

// FuzzEntry reads a pack whose second object is fuzzed: what stands before the compressed bytes, and what these hold.
func FuzzEntry(f *testing.F) {
	_, _, ids := fuzzed()
	base := whole(Blob, small)
	back := int64(len(base.header) + len(deflate(base.data)))
	good := offsetTo(ids[1], back, deltaOf(uint64(len(small)), 7, copyStep(0, 4), addStep("new")))
	byName := nameTo(ids[1], base.id, good.data)
	f.Add(good.header, good.data)
	f.Add(byName.header, byName.data)
	f.Add(entryHeader(Tag, 3), []byte("tag"))
	f.Add(nameTo(ids[1], ids[1], good.data).header, good.data)
	f.Add(entryHeader(Blob, math.MaxInt64), []byte(nil))
	f.Fuzz(func(t *testing.T, header, data []byte) {
		checkAll(t, objectsWith(t, packFiles(base, packed{ids[1], header, data}, whole(Commit, "tree"))), ids...)
	})
}

// FuzzDelta compares a delta with what makes the same of it in the simplest way.
func FuzzDelta(f *testing.F) {
	base := []byte(small)
	f.Add(deltaOf(uint64(len(small)), 7, copyStep(0, 4), addStep("new")))
	f.Add(deltaOf(uint64(len(small)), 0))
	f.Add(deltaOf(uint64(len(small)), 3, copyStep(0, 51)))
	f.Add(deltaOf(uint64(len(small)), 1<<30, bytes.Repeat(copyStep(0, 51), 100)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var d delta
		var s stream
		c := newCollector(1 << 20)
		err := s.begin(bytes.NewReader(deflate(data)), int64(len(data)))
		if err == nil {
			err = d.begin(&s, nil)
		}
		if err == nil {
			c.size = d.size
			err = d.apply(base, c.add)
		}
		want, ok := simpleDelta(data, base)
		if ok != (err == nil) || ok && !bytes.Equal(want, c.content) {
			t.Errorf("%q, %v, want %q, %v", c.content, err, want, ok)
		}
		if int64(len(c.content)) > d.size {
			t.Errorf("%d bytes, %d were announced", len(c.content), d.size)
		}
	})
}

// simpleDelta applies a delta byte by byte, as gitformat-pack(5) says it.
func simpleDelta(delta, base []byte) (made []byte, ok bool) {
	next := func() (c byte) {
		if ok = ok && len(delta) > 0; ok {
			c, delta = delta[0], delta[1:]
		}
		return c
	}
	number := func() (n uint64) {
		for shift := 0; ok; shift += 7 {
			c := next()
			if ok = ok && (shift < 63 || shift == 63 && c == 0); !ok {
				return 0
			}
			n |= uint64(c&0x7f) << shift
			if c < 0x80 {
				break
			}
		}
		return n
	}
	ok = true
	baseSize, size := number(), number()
	if !ok || baseSize != uint64(len(base)) {
		return nil, false
	}
	for len(delta) > 0 && ok {
		op := next()
		if op < 0x80 {
			for range op {
				made = append(made, next())
			}
			ok = ok && op != 0
			continue
		}
		var from, n int
		for i := range 7 {
			if op>>i&1 == 0 {
				continue
			}
			if c := int(next()); i < 4 {
				from |= c << (8 * i)
			} else {
				n |= c << (8 * (i - 4))
			}
		}
		if n == 0 {
			n = 0x10000
		}
		if ok = ok && from+n <= len(base) && len(made) < 1<<20; ok {
			made = append(made, base[from:from+n]...)
		}
	}
	return made, ok && uint64(len(made)) == size
}

func FuzzMultiPackIndex(f *testing.F) {
	r := newRepo(f)
	pack, index, ids := fuzzed()
	for name, content := range map[string][]byte{"a.pack": pack, "a.idx": index} {
		writeFile(f, filepath.Join(r.objects(), "pack", "pack-"+name), content)
	}
	r.run("", "multi-pack-index", "write")
	good := must(os.ReadFile(filepath.Join(r.objects(), "pack", "multi-pack-index")))
	f.Add(good)
	// The first object of the pack is at 12. Here it is said to be in a second pack.
	f.Add(bytes.Replace(good, []byte{0, 0, 0, 0, 0, 0, 0, 12}, []byte{0, 0, 0, 1, 0, 0, 0, 12}, 1))
	f.Fuzz(func(t *testing.T, midx []byte) {
		files := map[string][]byte{"pack/pack-a.pack": pack, "pack/pack-a.idx": index, "pack/multi-pack-index": midx}
		checkAll(t, objectsWith(t, files), ids...)
	})
}

func FuzzLoose(f *testing.F) {
	id := nameOf(Blob, small)
	good := deflate([]byte("blob 51\x00" + small))
	f.Add(good)
	f.Add(append(good, "more"...))
	f.Add(deflate([]byte("blob 0\x00")))
	f.Fuzz(func(t *testing.T, file []byte) {
		checkAll(t, objectsWith(t, map[string][]byte{id.String()[:2] + "/" + id.String()[2:]: file}), id)
	})
}

func FuzzAlternates(f *testing.F) {
	f.Add("/a\n# b\n\"c\\061\\n\"\n\nd")
	f.Add("\"a")
	f.Fuzz(func(t *testing.T, list string) {
		for _, path := range Alternates(list, "\n") {
			if len(path) > len(list) {
				t.Errorf("%q", path)
			}
		}
	})
}
