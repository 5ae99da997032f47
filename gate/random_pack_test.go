package gate

import (
	"bytes"
	"cmp"
	"compress/zlib"
	"crypto/sha1"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"slices"
)

// packed is an object of a world.
type packed struct {
	id     string // raw
	entry  []byte // as it stands in a pack
	offset uint32
}

var packTypes = map[string]byte{"commit": 1, "tree": 2, "blob": 3, "tag": 4}

// object keeps an object for the pack, once, and gives its id. A file for each would cost most of a test's
// time.
func (w *world) object(kind string, body []byte) string {
	w.t.Helper()
	sum := sha1.Sum(append(fmt.Appendf(nil, "%s %d\x00", kind, len(body)), body...))
	raw := string(sum[:])
	id := hex.EncodeToString(sum[:])
	if w.have[raw] {
		return id
	}
	w.have[raw], w.fresh = true, true
	// gitformat-pack(5): three bits of type and four of the length, then seven of it a byte.
	var b bytes.Buffer
	n := len(body)
	first := packTypes[kind]<<4 | byte(n&15)
	for n >>= 4; n > 0; n >>= 7 {
		b.WriteByte(first | 0x80)
		first = byte(n & 0x7f)
	}
	b.WriteByte(first)
	z := zlib.NewWriter(&b)
	if w.deflater != nil {
		z = w.deflater
		z.Reset(&b)
	}
	w.deflater = z
	if _, err := z.Write(body); err != nil {
		w.t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		w.t.Fatal(err)
	}
	w.objects = append(w.objects, packed{id: raw, entry: b.Bytes()})
	return id
}

// flush writes all objects into one pack with its index (gitformat-pack(5), version 2 of both), in place of
// the one before: every reader opens every pack.
func (w *world) flush() {
	w.t.Helper()
	if !w.fresh {
		return
	}
	w.fresh = false
	number := binary.BigEndian.AppendUint32
	pack := number(number([]byte("PACK"), 2), uint32(len(w.objects)))
	for i := range w.objects {
		w.objects[i].offset = uint32(len(pack))
		pack = append(pack, w.objects[i].entry...)
	}
	sum := sha1.Sum(pack)
	slices.SortFunc(w.objects, func(a, b packed) int { return cmp.Compare(a.id, b.id) })
	index := number([]byte("\xfftOc"), 2)
	for i, n := 0, 0; i < 256; i++ {
		for n < len(w.objects) && int(w.objects[n].id[0]) <= i {
			n++
		}
		index = number(index, uint32(n))
	}
	for _, o := range w.objects {
		index = append(index, o.id...)
	}
	for _, o := range w.objects {
		index = number(index, crc32.ChecksumIEEE(o.entry))
	}
	for _, o := range w.objects {
		index = number(index, o.offset)
	}
	index = append(index, sum[:]...)
	whole := sha1.Sum(index)
	name := "objects/pack/pack-" + hex.EncodeToString(sum[:])
	w.write(name+".pack", string(pack)+string(sum[:]))
	w.write(name+".idx", string(index)+string(whole[:]))
	if w.pack != "" {
		for _, suffix := range []string{".idx", ".pack"} {
			if err := os.Remove(filepath.Join(w.dir, w.pack+suffix)); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	w.pack = name
}
