package odb

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"countersign/internal/objectid"
)

// These build by hand what git wouldn't write.

// packed is an entry of a pack: its name, what stands before the compressed bytes, and what is compressed.
type packed struct {
	id     objectid.ID
	header []byte
	data   []byte
}

// entryHeader is a kind and a size as they stand in a pack.
func entryHeader(kind Kind, size int64) []byte {
	c := byte(kind)<<4 | byte(size&15)
	var b []byte
	for size >>= 4; size != 0; size >>= 7 {
		b = append(b, c|0x80)
		c = byte(size & 0x7f)
	}
	return append(b, c)
}

// whole is an entry stored whole, under its name.
func whole(kind Kind, content string) packed {
	return packed{nameOf(kind, content), entryHeader(kind, int64(len(content))), []byte(content)}
}

// offsetTo is an entry of a delta to the one that begins so many bytes before.
func offsetTo(id objectid.ID, back int64, delta []byte) packed {
	b := []byte{byte(back & 0x7f)}
	for back >>= 7; back != 0; back >>= 7 {
		back--
		b = append([]byte{byte(back&0x7f) | 0x80}, b...)
	}
	return packed{id, append(entryHeader(offsetDelta, int64(len(delta))), b...), delta}
}

// nameTo is an entry of a delta to the object of a name.
func nameTo(id, base objectid.ID, delta []byte) packed {
	return packed{id, append(entryHeader(nameDelta, int64(len(delta))), base.Bytes()...), delta}
}

// deltaOf is a delta for a base of one size, which makes another, by steps.
func deltaOf(base, size uint64, steps ...[]byte) []byte {
	b := binary.AppendUvarint(binary.AppendUvarint(nil, base), size)
	return append(b, bytes.Join(steps, nil)...)
}

// copyStep copies size bytes (at most 0xffffff) from an offset of the base.
func copyStep(offset uint32, size int) []byte {
	return []byte{
		0xff, byte(offset), byte(offset >> 8), byte(offset >> 16), byte(offset >> 24),
		byte(size), byte(size >> 8), byte(size >> 16),
	}
}

func addStep(s string) []byte { return append([]byte{byte(len(s))}, s...) }

func nameOf(kind Kind, content string) objectid.ID {
	sum := sha1.Sum(fmt.Appendf(nil, "%s %d\x00%s", kind, len(content), content))
	return must(objectid.FromBytes(sum[:]))
}

// fakeName is the name of no object.
func fakeName(n int) objectid.ID {
	sum := sha1.Sum(fmt.Append(nil, "no object ", n))
	return must(objectid.FromBytes(sum[:]))
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func deflate(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	must(w.Write(data))
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// buildPack gives a pack of entries, and its index.
func buildPack(entries ...packed) (pack, index []byte) {
	pack = binary.BigEndian.AppendUint32([]byte("PACK\x00\x00\x00\x02"), uint32(len(entries)))
	var places []place
	for _, e := range entries {
		places = append(places, place{e.id, int64(len(pack))})
		pack = append(append(pack, e.header...), deflate(e.data)...)
	}
	sum := sha1.Sum(pack)
	pack = append(pack, sum[:]...)
	return pack, buildIndex(sum[:], places)
}

// place is where an index says that an object is.
type place struct {
	id     objectid.ID
	offset int64
}

// buildIndex gives an index of version 2.
func buildIndex(packSum []byte, places []place) []byte {
	slices.SortFunc(places, func(a, b place) int { return cmp.Or(a.id.Compare(b.id), cmp.Compare(a.offset, b.offset)) })
	b := []byte("\xfftOc\x00\x00\x00\x02")
	for first := range 256 {
		n := 0
		for _, p := range places {
			if int(p.id.Bytes()[0]) <= first {
				n++
			}
		}
		b = binary.BigEndian.AppendUint32(b, uint32(n))
	}
	for _, p := range places {
		b = append(b, p.id.Bytes()...)
	}
	b = append(b, make([]byte, 4*len(places))...)
	var large []byte
	for _, p := range places {
		if p.offset >= 0 && p.offset < 1<<31 {
			b = binary.BigEndian.AppendUint32(b, uint32(p.offset))
			continue
		}
		b = binary.BigEndian.AppendUint32(b, 1<<31|uint32(len(large)/8))
		large = binary.BigEndian.AppendUint64(large, uint64(p.offset))
	}
	b = append(append(b, large...), packSum...)
	if len(packSum) == sha256.Size {
		sum := sha256.Sum256(b)
		return append(b, sum[:]...)
	}
	sum := sha1.Sum(b)
	return append(b, sum[:]...)
}

// objectsWith gives an object directory with these files.
func objectsWith(t testing.TB, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		writeFile(t, filepath.Join(dir, name), content)
	}
	return dir
}

func writeFile(t testing.TB, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

// packFiles gives the files of a pack of entries.
func packFiles(entries ...packed) map[string][]byte {
	pack, index := buildPack(entries...)
	return map[string][]byte{"pack/pack-a.pack": pack, "pack/pack-a.idx": index}
}

// Read gives a whole object.
func (db *DB) Read(id objectid.ID, max int64) (kind Kind, content []byte, err error) {
	kind, content, _, err = db.Head(id, max, max)
	return kind, content, err
}

func openDB(t testing.TB, dirs ...string) *DB {
	t.Helper()
	db, err := Open(Options{Dirs: dirs})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}
