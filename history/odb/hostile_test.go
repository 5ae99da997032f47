package odb

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"countersign/internal/objectid"
)

const small = "some content, of which there is enough to copy from"

// What the files of an object directory may say wrong, and what a reader is told.
func TestRefusesWhatIsWrong(t *testing.T) {
	t.Parallel()
	base := whole(Blob, small)
	x := fakeName(1)
	deltas := func(entries ...packed) func() map[string][]byte {
		return func() map[string][]byte { return packFiles(entries...) }
	}
	change := func(name string, change func([]byte) []byte) func() map[string][]byte {
		return func() map[string][]byte {
			files := packFiles(packed{x, base.header, base.data})
			files[name] = change(files[name])
			return files
		}
	}
	loose := func(content string) func() map[string][]byte {
		return func() map[string][]byte {
			return map[string][]byte{x.String()[:2] + "/" + x.String()[2:]: []byte(content)}
		}
	}
	looseOf := func(content string) func() map[string][]byte { return loose(string(deflate([]byte(content)))) }
	back := int64(len(base.header) + len(deflate(base.data)))
	size := uint64(len(small))
	indexed := func(places ...place) func() map[string][]byte {
		return func() map[string][]byte {
			pack, _ := buildPack(base)
			index := buildIndex(pack[len(pack)-20:], places)
			return map[string][]byte{"pack/pack-a.pack": pack, "pack/pack-a.idx": index}
		}
	}
	good := deltaOf(size, 4, copyStep(0, 4))

	for _, test := range []struct {
		name  string
		files func() map[string][]byte
		want  string
	}{
		{
			"an object under another's name", deltas(packed{x, base.header, base.data}),
			"the content is that of object " + base.id.String() + ", not of " + x.String(),
		},
		{
			"a commit under a blob's name",
			deltas(packed{base.id, entryHeader(Commit, int64(size)), base.data}),
			"the content is that of",
		},
		{"kind 0", deltas(packed{x, entryHeader(0, 3), []byte("abc")}), "an object of kind 0"},
		{"kind 5", deltas(packed{x, entryHeader(5, 3), []byte("abc")}), "an object of kind 5"},
		{
			"a size too small",
			deltas(packed{x, entryHeader(Blob, 2), []byte("abc")}),
			"the header says 2 bytes, there are others",
		},
		{
			"a size too large",
			deltas(packed{x, entryHeader(Blob, 4), []byte("abc")}),
			"the header says 4 bytes, there are others",
		},
		{
			"a size without end",
			deltas(packed{x, bytes.Repeat([]byte{0xbf}, 40), []byte("abc")}),
			"the size is cut short or too large",
		},
		{"not zlib", change("pack/pack-a.pack", func(b []byte) []byte {
			b[packHeader+len(base.header)] ^= 0xff
			return b
		}), "zlib: invalid header"},
		{"a delta to itself", deltas(base, offsetTo(x, 0, good)), "the offset of a delta's base isn't in the pack"},
		{
			"a delta to before the pack",
			deltas(base, offsetTo(x, 1<<20, good)),
			"the offset of a delta's base isn't in the pack",
		},
		{"a delta to the pack's header", deltas(base, offsetTo(x, back+4, good)), "no object can begin here"},
		{"a delta to the midst of something", deltas(base, offsetTo(x, back-3, good)), ""},
		{"a delta to what isn't in the pack", deltas(base, nameTo(x, fakeName(2), good)), "isn't in the pack"},
		{
			"a delta to itself by name", deltas(base, nameTo(x, x, good)),
			"a chain of more than 4095 deltas, which git gc makes shorter, or a circle",
		},
		{
			"a circle of deltas",
			deltas(nameTo(x, fakeName(2), good), nameTo(fakeName(2), fakeName(3), good), nameTo(fakeName(3), x, good)),
			"or a circle",
		},
		{
			"a delta for another base",
			deltas(base, offsetTo(x, back, deltaOf(size-1, 4, copyStep(0, 4)))),
			"it is for a base of 50 bytes, not 51",
		},
		{
			"a delta that makes less",
			deltas(base, offsetTo(x, back, deltaOf(size, 5, copyStep(0, 4)))),
			"it says 5 bytes, and makes 1 fewer",
		},
		{
			"a delta that makes more",
			deltas(base, offsetTo(x, back, deltaOf(size, 3, copyStep(0, 4)))),
			"the delta is damaged",
		},
		{
			"a delta that copies too much",
			deltas(base, offsetTo(x, back, deltaOf(size, 52, copyStep(0, 52)))),
			"the delta is damaged",
		},
		{
			"a delta that copies from beyond",
			deltas(base, offsetTo(x, back, deltaOf(size, 1, copyStep(math.MaxUint32, 1)))),
			"the delta is damaged",
		},
		{
			"a delta with a step that is reserved",
			deltas(base, offsetTo(x, back, deltaOf(size, 1, []byte{0}))),
			"the delta is damaged",
		},
		{
			"a delta cut short in a copy",
			deltas(base, offsetTo(x, back, deltaOf(size, 4, copyStep(0, 4)[:5]))),
			"the delta is damaged",
		},
		{
			"a delta cut short in new bytes",
			deltas(base, offsetTo(x, back, deltaOf(size, 4, []byte("\x04abc")))),
			"the delta is damaged",
		},
		{"an empty delta", deltas(base, offsetTo(x, back, nil)), "the delta is damaged"},
		{
			"a delta with a size without end",
			deltas(base, offsetTo(x, back, bytes.Repeat([]byte{0xff}, 30))),
			"the delta is damaged",
		},
		{
			"a delta whose header says less",
			deltas(base, packed{x, offsetTo(x, back, good[:3]).header, good}),
			"there are others",
		},
		{
			"a delta that makes an empty object of its base",
			deltas(base, offsetTo(x, back, deltaOf(size, 0))),
			"the content is that of object",
		},

		{"an offset beyond the pack", indexed(place{x, 5 << 30}), "pack-a.pack: at 5368709120: no object can begin here"},
		{"a negative offset", indexed(place{x, -1 << 62}), "is too large"},
		{"an offset in the checksum", indexed(place{x, packHeader + back}), "no object can begin here"},
		{"an index with more objects", indexed(place{x, 12}, place{base.id, 12}), "the index belongs to another pack"},
		{
			"an index of another pack",
			change("pack/pack-a.idx", func(b []byte) []byte { b[len(b)-40] ^= 1; return b }),
			"the index belongs to another pack",
		},
		{
			"an index of version 3",
			change("pack/pack-a.idx", func(b []byte) []byte { b[7] = 3; return b }),
			"version 3 is unknown",
		},
		{
			"an index that is empty",
			change("pack/pack-a.idx", func(b []byte) []byte { return nil }),
			"pack-a.idx: at 0: cut short",
		},
		{
			"an index whose fan-out falls",
			change("pack/pack-a.idx", func(b []byte) []byte { b[8+3] = 9; return b }),
			"the fan-out falls from 9 to",
		},
		{
			"an index whose fan-out says too much",
			change("pack/pack-a.idx", func(b []byte) []byte { b[8+1020] = 0xff; return b }),
			"cut short",
		},
		{
			"a pack that is empty",
			change("pack/pack-a.pack", func(b []byte) []byte { return nil }),
			"pack-a.pack: at 0: cut short",
		},
		{
			"a pack of version 4",
			change("pack/pack-a.pack", func(b []byte) []byte { b[7] = 4; return b }),
			"version 4 is unknown",
		},
		{"not a pack", change("pack/pack-a.pack", func(b []byte) []byte { b[0] = 'p'; return b }), "not a pack"},

		{"a loose object under another's name", looseOf("blob 3\x00abc"), "not of " + x.String()},
		{"an empty file", loose(""), "EOF"},
		{"a loose object that isn't zlib", loose("blob 3\x00abc"), "zlib: invalid header"},
		{"a loose object without header", looseOf(""), "the header isn't one"},
		{"a loose object with half a header", looseOf("blob 3"), "the header isn't one"},
		{
			"a loose object with a header too long",
			looseOf("blob 3" + strings.Repeat(" ", 40) + "\x00abc"),
			"the header isn't one",
		},
		{"a loose object of an unknown kind", looseOf("blub 3\x00abc"), "the header isn't one"},
		{"a loose object of a negative size", looseOf("blob -3\x00abc"), "the header has no size"},
		{"a loose object with a size of zeros", looseOf("blob 03\x00abc"), "the header isn't one"},
		{"a loose object with a sign", looseOf("blob +3\x00abc"), "the header isn't one"},
		{
			"a loose object with a size too large for anything",
			looseOf("blob 99999999999999999999\x00abc"),
			"the header has no size",
		},
		{"a loose object that says too little", looseOf("blob 2\x00abc"), "there are others"},
		{"a loose object that says too much", looseOf("blob 9223372036854775000\x00abc"), "there are others"},
		{
			"a loose object with something after it",
			loose(string(deflate([]byte("blob 3\x00abc"))) + "x"),
			"something follows the object",
		},
		{"a loose object cut short", loose(string(deflate([]byte("blob 3\x00abc")))[:12]), "unexpected EOF"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			files := test.files()
			db := openDB(t, objectsWith(t, files))
			id := x
			if test.name == "a commit under a blob's name" {
				id = base.id
			}
			_, content, err := db.Read(id, math.MaxInt64)
			_, first, _, headErr := db.Head(id, 1, math.MaxInt64)
			if content != nil || first != nil {
				t.Errorf("content %q, %q", content, first)
			}
			for _, err := range []error{err, headErr} {
				if e := new(Error); !errors.As(err, &e) || !strings.Contains(err.Error(), test.want) {
					t.Errorf("%v, want %q", err, test.want)
				}
				if errors.Is(err, ErrMissing) {
					t.Errorf("missing: %v", err)
				}
			}
		})
	}
}

// What is claimed to be an object is taken for it, and for nobody but who asked so.
func TestClaimed(t *testing.T) {
	t.Parallel()
	sound, other := whole(Blob, "abc"), fakeName(1)
	dir := t.TempDir()
	for _, id := range []objectid.ID{sound.id, other} {
		name := filepath.Join(dir, id.String()[:2], id.String()[2:])
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, deflate([]byte("blob 3\x00abc")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	db := openDB(t, dir)
	for _, id := range []objectid.ID{sound.id, other, sound.id} {
		for keep := range int64(5) {
			kind, first, size, err := db.Claimed(id, keep, 3)
			if err != nil || kind != Blob || string(first) != "abc"[:min(keep, 3)] || size != 3 {
				t.Errorf("the first %d of %s: %s %q of %d, %v", keep, id, kind, first, size, err)
			}
			if _, _, _, err := db.Head(id, keep, 3); (err == nil) != (id == sound.id) {
				t.Errorf("%s: %v", id, err)
			}
		}
	}
	if _, _, _, err := db.Claimed(sound.id, 1, 2); !errors.As(err, new(*SizeError)) {
		t.Error(err)
	}
}

// A loose object may be a folder, or a pipe that nobody writes to.
func TestRefusesWhatIsNoFile(t *testing.T) {
	t.Parallel()
	dir, id := t.TempDir(), fakeName(1)
	if err := os.MkdirAll(filepath.Join(dir, id.String()[:2], id.String()[2:]), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, _, err := openDB(t, dir).Read(id, 1); err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Error(err)
	}
}

func TestSizeIsBounded(t *testing.T) {
	t.Parallel()
	base := whole(Blob, small)
	made := nameOf(Blob, small[:4])
	back := int64(len(base.header) + len(deflate(base.data)))
	delta := offsetTo(made, back, deltaOf(uint64(len(small)), 4, copyStep(0, 4)))
	loose := nameOf(Blob, "loose")
	files := packFiles(base, delta)
	files[loose.String()[:2]+"/"+loose.String()[2:]] = deflate([]byte("blob 5\x00loose"))
	db := openDB(t, objectsWith(t, files))
	for id, size := range map[objectid.ID]int64{base.id: int64(len(small)), made: 4, loose: 5} {
		for range 2 {
			var tooLarge *SizeError
			if _, _, err := db.Read(id, size-1); !errors.As(err, &tooLarge) || *tooLarge != (SizeError{size, size - 1}) {
				t.Error(err)
			}
			if _, _, _, err := db.Head(id, 1, size-1); !errors.As(err, &tooLarge) {
				t.Error(err)
			}
			if _, content, err := db.Read(id, size); err != nil || int64(len(content)) != size {
				t.Error(err)
			}
		}
	}
}

// bomb is a chain of deltas, each of which makes more of the one before: 32 times, as far as they may.
func bomb(last uint64) []packed {
	base := whole(Blob, strings.Repeat("x", 1<<20))
	entries := []packed{base}
	size := uint64(len(base.data))
	add := func(to uint64) {
		var steps [][]byte
		for made := uint64(0); made < to; {
			n := min(to-made, size, 0xffffff)
			steps = append(steps, copyStep(0, int(n)))
			made += n
		}
		last := entries[len(entries)-1]
		back := int64(len(last.header) + len(deflate(last.data)))
		entries = append(entries, offsetTo(fakeName(len(entries)), back, deltaOf(size, to, steps...)))
		size = to
	}
	for size*10 < last {
		add(size * 10)
	}
	add(last)
	add(last)
	return entries
}

// allocated is how many bytes a function takes of the heap.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// Not parallel: what others allocate would be counted.
func TestMemoryIsBounded(t *testing.T) {
	huge := int64(1) << 40
	base := whole(Blob, small)
	back := int64(len(base.header) + len(deflate(base.data)))
	x := fakeName(0)
	claimed := packed{fakeName(9), entryHeader(Blob, huge), nil}
	toClaimed := int64(len(claimed.header) + len(deflate(nil)))
	all, more := bomb(maxHeld), bomb(maxHeld+1)
	for _, test := range []struct {
		name    string
		entries []packed
		id      objectid.ID
		most    uint64
		want    string
	}{
		{"a size that is claimed", []packed{{x, claimed.header, []byte("abc")}}, x, 4 << 20, "there are others"},
		{
			"a delta that claims to be huge",
			[]packed{base, offsetTo(x, back, deltaOf(uint64(len(small)), uint64(huge)))},
			x, 4 << 20,
			"stored as a delta: 1099511627776 bytes, 1073741824 are allowed",
		},
		{
			"a base that claims to be huge",
			[]packed{claimed, offsetTo(x, toClaimed, deltaOf(uint64(huge), 4, copyStep(0, 4)))},
			x, 4 << 20,
			"others are deltas to it: 1099511627776 bytes, 117440512 are allowed",
		},
		{"deltas to as much as may be held", all, all[len(all)-1].id, 2*maxHeld + 40<<20, "the content is that of"},
		{"deltas to more", more, more[len(more)-1].id, 2*maxHeld + 40<<20, "others are deltas to it: 117440513 bytes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			db := openDB(t, objectsWith(t, packFiles(test.entries...)))
			var err error
			n := allocated(func() { _, _, _, err = db.Head(test.id, 10, math.MaxInt64) })
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
			if n > test.most {
				t.Errorf("%d bytes were allocated, %d at most", n, test.most)
			}
		})
	}
}

// An error says where: nothing is left of what was read before.
func TestErrorSaysWhere(t *testing.T) {
	t.Parallel()
	base, x := whole(Blob, small), fakeName(1)
	files := packFiles(base)
	name := x.String()[:2] + "/" + x.String()[2:]
	files[name] = deflate([]byte("blob 3\x00abc"))
	dir := objectsWith(t, files)
	db := openDB(t, dir)
	for range 3 {
		if _, _, err := db.Read(base.id, math.MaxInt64); err != nil {
			t.Error(err)
		}
		_, _, err := db.Read(x, math.MaxInt64)
		want := filepath.Join(dir, name) + ": at 0: the content is that of object"
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
