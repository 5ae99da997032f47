package archive

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// hostile are archives that must be refused, each with a part of the reason.
func hostile(t testing.TB) map[string]struct {
	archive []byte
	limits  Limits
	why     string
} {
	type row = struct {
		archive []byte
		limits  Limits
		why     string
	}
	dir := func(name string) member { return member{name: name, kind: '5', mode: 0o755} }
	link := func(name, target string) member { return member{name: name, kind: '2', link: target} }
	kind := func(k byte) []byte { return tarOf(member{name: "x", kind: k, link: "y"}) }
	zeros := func(n int) string { return string(make([]byte, n)) }
	deep := strings.Repeat("d/", 300) + "f"
	one := zipOf(t, zipped{name: "a", content: "text"})
	return map[string]row{
		"absolute":            {archive: tarOf(file("/etc/passwd", "")), why: "is absolute"},
		"out of it":           {archive: tarOf(file("a/../../b", "")), why: "leads out"},
		"out of it at once":   {archive: tarOf(file("..", "")), why: "leads out"},
		"a backslash":         {archive: tarOf(file(`a\..\b`, "")), why: "backslash"},
		"a drive":             {archive: tarOf(file("C:x", "")), why: "drive"},
		"an empty part":       {archive: tarOf(file("a//b", "")), why: "empty or a dot"},
		"a dot":               {archive: tarOf(file("a/./b", "")), why: "empty or a dot"},
		"a file with a slash": {archive: tarOf(file("a/", "")), why: "empty or a dot"},
		"no name":             {archive: tarOf(file("", "")), why: "is empty"},
		"a NUL in a name":     {archive: tarOf(file("a\x00b", "")), why: "NUL byte"},
		"a NUL in a long name": {
			archive: tarOf(member{kind: 'L', content: "a\x00b"}, file("a", "")), why: "NUL byte",
		},
		"a NUL in POSIX's name": {archive: tarOf(pax(record("path", "ä\x00b")), file("a", "")), why: "NUL byte"},
		"a name that is too long": {
			archive: tarOf(pax(record("path", strings.Repeat("a", 5000))), file("a", "")), why: "5000 bytes",
		},
		"too deep":                     {archive: tarOf(pax(record("path", deep)), file("a", "")), why: "too deep"},
		"twice":                        {archive: tarOf(file("a", "1"), file("a", "2")), why: "twice"},
		"twice, once with a dot":       {archive: tarOf(file("a", "1"), file("./a", "2")), why: "twice"},
		"a file, then a folder":        {archive: tarOf(file("a", ""), dir("a/")), why: "twice"},
		"a folder, then a link":        {archive: tarOf(file("a/b", ""), link("a", "/etc")), why: "twice"},
		"under a link":                 {archive: tarOf(link("a", "/etc"), file("a/b", "")), why: "isn't a folder"},
		"under a file":                 {archive: tarOf(file("a", ""), file("a/b", "")), why: "isn't a folder"},
		"under a link in another case": {archive: tarOf(link("A", "/etc"), file("a/b", "")), why: "isn't a folder"},
		"under a link, composed": {
			archive: tarOf(
				pax(record("path", "ä")), link("x", "/etc"), pax(record("path", "a\u0308/b")), file("x", ""),
			),
			why: "isn't a folder",
		},
		"a link in place of a folder": {
			archive: tarOf(file("a/b", ""), link("A", "/etc")), why: "one of both is a symbolic link",
		},
		"a link in place of a file": {
			archive: tarOf(link("A", "/etc/passwd"), file("a", "root")), why: "one of both is a symbolic link",
		},
		"a link to nowhere":  {archive: tarOf(link("a", "")), why: "to nowhere"},
		"a hard link":        {archive: kind('1'), why: "is a hard link"},
		"a character device": {archive: kind('3'), why: "is a device"},
		"a block device":     {archive: kind('4'), why: "is a device"},
		"a pipe":             {archive: kind('6'), why: "is a named pipe"},
		"a contiguous file":  {archive: kind('7'), why: "contiguous"},
		"a sparse file":      {archive: kind('S'), why: "is a sparse file"},
		"a part of a file":   {archive: kind('M'), why: "is a part"},
		"an unknown kind":    {archive: kind('Z'), why: "unknown kind"},
		"a sparse file of POSIX's": {
			archive: tarOf(pax(record("GNU.sparse.major", "1")), file("a", "")), why: "changes what an entry is",
		},
		"set-user-ID":           {archive: tarOf(member{name: "a", kind: '0', mode: 0o4755}), why: "rights of its owner"},
		"another name by POSIX": {archive: tarOf(pax(record("path", "evil")), file("good", "")), why: "has room"},
		"another name by GNU": {
			archive: tarOf(member{kind: 'L', content: "evil\x00"}, file("good", "")), why: "has room",
		},
		"another target": {archive: tarOf(pax(record("linkpath", "/etc")), link("a", "b")), why: "has room"},
		"the target of a file": {
			archive: tarOf(pax(record("linkpath", "/etc")), file("a", "")), why: "no symbolic link",
		},
		"another size": {
			archive: tarOf(pax(record("size", "512")), file("a", zeros(1024))), why: "changes what an entry is",
		},
		"another encoding": {
			archive: tarOf(pax(record("hdrcharset", "BINARY")), file("a", "")), why: "changes what an entry is",
		},
		"a record twice": {
			archive: tarOf(pax(record("path", "ä"), record("path", "ö")), file("a", "")), why: "twice",
		},
		"a damaged record":     {archive: tarOf(pax("9 a=b\n"), file("a", "")), why: "damaged"},
		"a record with a sign": {archive: tarOf(pax("+8 a=b\n\n"), file("a", "")), why: "damaged"},
		"a name for all": {
			archive: tarOf(member{kind: 'g', content: record("path", "ä")}, file("a", "")),
			why:     "changes what an entry is",
		},
		"two headers before": {
			archive: tarOf(pax(record("path", "ä")), pax(record("path", "ö")), file("a", "")), why: "several extended",
		},
		"headers of two kinds": {
			archive: tarOf(pax(record("path", "ä")), member{kind: 'L', content: "ö\x00"}, file("a", "")),
			why:     "several extended",
		},
		"a header of nothing": {archive: tarOf(pax(record("path", "ä"))), why: "without the entry"},
		"a large extended header": {
			archive: tarOf(pax(record("comment", strings.Repeat("a", 70_000))), file("a", "")),
			why:     "an extended header has",
		},
		"behind an extended header": {
			archive: tarOf(member{kind: 'x', content: record("mtime", "1"), pad: "hide"}, file("a", "")),
			why:     "no program reads",
		},
		"a link with content": {
			archive: tarOf(member{name: "a", kind: '2', link: "b", content: "hide"}), why: "yet has content",
		},
		"a folder with content": {
			archive: tarOf(member{name: "a/", kind: '5', content: "hide"}), why: "yet has content",
		},
		"behind the content": {
			archive: tarOf(member{name: "a", kind: '0', content: "a", pad: "hide"}), why: "no program reads",
		},
		"a size in base 256": {
			archive: tarOf(member{name: "a", kind: '0', size: "\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}),
			why:     "isn't octal",
		},
		"a size below zero": {archive: tarOf(member{name: "a", kind: '0', size: "-1"}), why: "isn't octal"},
		"a wrong checksum": {
			archive: tarOf(file("a", ""), member{name: "b", kind: '0', content: zeros(511) + "x"})[:2*blockSize],
			why:     "cut off",
		},
		"a beginning of the name before POSIX": {
			archive: tarOf(under("evil", "\x00\x00\x00\x00\x00\x00\x00\x00")), why: "a part of its name",
		},
		"a beginning of the name in GNU's header": {
			archive: tarOf(under("evil", "ustar  \x00")), why: "a part of its name",
		},
		"a beginning of the name in an unknown header": {
			archive: tarOf(under("evil", "ustar\x0100")), why: "a part of its name",
		},
		"a beginning of the name in star's header": {
			archive: tarOf(under(strings.Repeat("d", 140), "ustar\x0000")), why: "a part of its name",
		},
		"a damaged header": {
			archive: append(file("a", "").bytes(), append(bytes.Repeat([]byte("x"), blockSize), ending...)...),
			why:     "checksum",
		},
		"cut in the content":  {archive: tarOf(file("a", zeros(2000)))[:1500], why: "cut off"},
		"cut between entries": {archive: file("a", "").bytes(), why: "cut off"},
		"one block of zeros":  {archive: append(file("a", "").bytes(), make([]byte, blockSize)...), why: "cut off"},
		"larger than it is":   {archive: tarOf(member{name: "a", kind: '0', size: "77777777777"}), why: "cut off"},
		"a second tar": {
			archive: append(tarOf(file("a", "")), tarOf(file("b", ""))...), why: "after the blocks of zeros",
		},
		"a second tar in one gzip": {
			archive: gzipped(append(tarOf(file("a", "")), tarOf(file("b", ""))...)), why: "after the blocks of zeros",
		},
		"a byte after all": {archive: append(tarOf(file("a", "")), 'x'), why: "after the blocks of zeros"},
		"after one block of zeros": {
			archive: append(append(file("a", "").bytes(), make([]byte, blockSize)...), tarOf(file("b", ""))...),
			why:     "after the blocks of zeros",
		},
		"a second member of gzip": {archive: append(gzipped(small), gzipped(small)...), why: "more after its end"},
		"the tar in two members":  {archive: append(gzipped(small[:1024]), gzipped(small[1024:])...), why: "cut off"},
		"text after gzip":         {archive: append(gzipped(small), "hide"...), why: "more after its end"},
		"a zero after gzip":       {archive: append(gzipped(small), 0), why: "more after its end"},
		"a second frame of zstd":  {archive: append(zstded(small), zstded(small)...), why: "more after its end"},
		"a skippable frame of zstd": {
			archive: append(zstded(small), "\x50\x2a\x4d\x18\x04\x00\x00\x00hide"...), why: "more after its end",
		},
		"the tar in two frames": {archive: append(zstded(small[:1024]), zstded(small[1024:])...), why: "cut off"},
		"a second stream of xz": {
			archive: append(unbase64(smallXz), unbase64(smallXz)...), why: "more after its end",
		},
		"text after xz": {archive: append(unbase64(smallXz), "hide"...), why: "more after its end"},
		"a second stream of bzip2": {
			archive: append(unbase64(smallBz2), unbase64(smallBz2)...), why: "after the blocks of zeros",
		},
		"text after bzip2":      {archive: append(unbase64(smallBz2), "hide"...), why: "damaged"},
		"gzip cut off":          {archive: gzipped(small)[:60], why: "cut off"},
		"gzip without its sum":  {archive: gzipped(small)[:len(gzipped(small))-4], why: "cut off"},
		"gzip with another sum": {archive: flipped(gzipped(small), -5), why: "damaged"},
		"xz cut off":            {archive: unbase64(smallXz)[:100], why: "cut off"},
		"xz damaged":            {archive: flipped(unbase64(smallXz), 60), why: "damaged"},
		"zstd cut off":          {archive: zstded(small)[:60], why: "cut off"},
		"zstd with another sum": {archive: flipped(zstded(small), -1), why: "damaged"},
		"bzip2 cut off":         {archive: unbase64(smallBz2)[:60], why: "cut off"},
		"a bomb":                {archive: gzipped(tarOf(file("a", zeros(66<<20)))), why: "more than 67108864 bytes"},
		"a bomb of zstd":        {archive: zstded(tarOf(file("a", zeros(66<<20)))), why: "more than 67108864 bytes"},
		"a window that is too large": {
			archive: changed(zstded(small, zstd.WithSingleSegment(false)), 5, 0x91), why: "takes more memory",
		},
		"more than it may have": {
			archive: tarOf(file("a", zeros(5000))), limits: Limits{Bytes: 4096}, why: "more than 4096 bytes",
		},
		"too many entries": {
			archive: tarOf(file("a", ""), file("b", ""), file("c", "")), limits: Limits{Entries: 2},
			why: "more than 2 entries",
		},
		"too many folders": {
			archive: tarOf(file("a/b/c/d", "")), limits: Limits{Entries: 2}, why: "more than 2 entries",
		},
		"too many names": {
			archive: tarOf(file("aaaaaaaa", ""), file("bbbbbbbb", "")), limits: Limits{Names: 20},
			why: "more than 10 bytes",
		},
		"zip: absolute":    {archive: zipOf(t, zipped{name: "/a"}), why: "is absolute"},
		"zip: out of it":   {archive: zipOf(t, zipped{name: "../a"}), why: "leads out"},
		"zip: a backslash": {archive: zipOf(t, zipped{name: `..\a`}), why: "backslash"},
		"zip: a drive":     {archive: zipOf(t, zipped{name: "c:/a"}), why: "drive"},
		"zip: a NUL":       {archive: zipOf(t, zipped{name: "a\x00.txt"}), why: "NUL byte"},
		"zip: twice":       {archive: zipOf(t, zipped{name: "a"}, zipped{name: "a"}), why: "twice"},
		"zip: under a link": {
			archive: zipOf(t, zipped{name: "a", content: "/etc", mode: 0o120777}, zipped{name: "a/b"}),
			why:     "isn't a folder",
		},
		"zip: another mode": {archive: zipOf(t, zipped{name: "a", extra: "\x78\x6c\x01\x00\x00"}), why: "extra field 0x6c78"},
		"zip: a link made on OS/2": {
			archive: zipOf(t, zipped{name: "a", content: "b", mode: 0o120777, made: 6}),
			why:     "another system",
		},
		"zip: a link made on BeOS": {
			archive: zipOf(t, zipped{name: "a", content: "b", mode: 0o120777, made: 16}),
			why:     "another system",
		},
		"zip: a program made on macOS": {
			archive: zipOf(t, zipped{name: "a", mode: 0o100755, made: 19}),
			why:     "another system",
		},
		"zip: a program of others on DOS": {
			archive: zipOf(t, zipped{name: "a", mode: 0o011, made: 14}),
			why:     "another system",
		},
		"zip: a device made on BeOS": {archive: zipOf(t, zipped{name: "a", mode: 0o020666, made: 16}), why: "is a device"},
		"zip: the name of a volume":  {archive: zipOf(t, zipped{name: "a", dos: 0x08}), why: "name of a volume"},
		"zip: a device of DOS":       {archive: zipOf(t, zipped{name: "a", dos: 0x40}), why: "name of a volume"},
		"zip: a reparse point":       {archive: zipOf(t, zipped{name: "a", dos: 0x400}), why: "name of a volume"},
		"zip: a folder by DOS":       {archive: zipOf(t, zipped{name: "a", dos: 0x10}), why: "but not by both"},
		"zip: a device":              {archive: zipOf(t, zipped{name: "a", mode: 0o020666}), why: "is a device"},
		"zip: set-user-ID":           {archive: zipOf(t, zipped{name: "a", mode: 0o104755}), why: "rights of its owner"},
		"zip: a file by its mode":    {archive: zipOf(t, zipped{name: "a/", mode: 0o100644}), why: "but not by both"},
		"zip: a folder by its mode":  {archive: zipOf(t, zipped{name: "a", mode: 0o040755}), why: "but not by both"},
		"zip: a folder with content": {
			archive: bytes.ReplaceAll(zipOf(t, zipped{name: "ab", content: "hide"}), []byte("ab"), []byte("a/")),
			why:     "yet has content",
		},
		"zip: data after it":  {archive: append(bytes.Clone(one), "hide"...), why: "more after its end"},
		"zip: data before it": {archive: append(localHeader("b", "hide"), one...), why: "data before the zip"},
		"zip: an entry that isn't listed": {
			archive: moved(append(localHeader("b", "hide"), one...), len(localHeader("b", "hide"))),
			why:     "data before the zip",
		},
		"zip: cut off": {archive: one[:len(one)-30], why: "cut off"},
		"zip: another name before": {
			archive: bytes.Replace(one, []byte("a"), []byte("b"), 1), why: "is another entry",
		},
		"zip: another name in the list": {archive: replacedLast(one, "a", "b"), why: "is another entry"},
		"zip: another size before":      {archive: changed(one, 22, 5), why: "is another entry"},
		"zip: another sum": {
			archive: changed(changed(one, 14, 5), centralOf(one)+16, 5), why: "isn't what its sizes",
		},
		"zip: a larger size":       {archive: changed(changed(one, 22, 5), centralOf(one)+24, 5), why: "two sizes"},
		"zip: overlapping entries": {archive: overlapping(t), why: "doesn't end where the next entry begins"},
		"zip: encrypted":           {archive: changed(changed(one, 6, 1), centralOf(one)+8, 1), why: "encrypted"},
		"zip: another method":      {archive: changed(changed(one, 8, 14), centralOf(one)+10, 14), why: "method 14"},
		"zip: an unknown encoding": {archive: zipOf(t, zipped{name: "\xe9"}), why: "no known encoding"},
		"zip: another name by a field": {
			archive: zipOf(t, zipped{name: "a", extra: "\x75\x70\x06\x00\x01....b"}), why: "extra field 0x7075",
		},
		"zip: a field of large sizes": {
			archive: zipOf(t, zipped{name: "a", extra: "\x01\x00\x08\x00\x05\x00\x00\x00\x00\x00\x00\x00"}),
			why:     "extra field 0x0001",
		},
		"zip: a damaged field": {
			archive: zipOf(t, zipped{name: "a", extra: "\x99\x00\x08\x00\x05"}), why: "damaged extra fields",
		},
		"zip: behind what is deflated": {
			archive: zipOf(t, zipped{name: "a", content: "text", deflate: true, behind: "hide"}),
			why:     "no program reads",
		},
		"zip: deflated to more": {
			archive: zipOf(t, zipped{name: "a", content: strings.Repeat("x", 5000), deflate: true, claim: 10}),
			why:     "isn't what its sizes",
		},
		"zip: damaged": {
			archive: zipOf(t, zipped{name: "a", content: "text", deflate: true, damage: true}),
			why:     "isn't what its sizes",
		},
		"zip: a bomb": {
			archive: zipOf(t, zipped{name: "a", content: zeros(100 << 20), deflate: true}), why: "unpacks to more",
		},
		"zip: another count": {
			archive: changed(changed(one, len(one)-14, 2), len(one)-12, 2), why: "says that it has 2",
		},
		"zip: several files": {archive: changed(one, len(one)-18, 1), why: "several files"},
		"zip: another end in the comment": {
			archive: commented(one, string(one[len(one)-endSize:])+"x"), why: "hides another end",
		},
		"zip: a tar at once": {archive: polyglot(t), why: "a tar at once"},
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for name, test := range hostile(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := shown(test.archive, test.limits)
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), test.why) {
				t.Errorf("got %v, want %q", err, test.why)
			}
		})
	}
}

// Each truncation of a good archive is refused, and no byte can be changed so that another file is shown, but in fields
// that say nothing of it.
func TestMangled(t *testing.T) {
	t.Parallel()
	b := zipped{name: "b", content: strings.Repeat("b", 100), deflate: true}
	one := zipOf(t, zipped{name: "a", content: "text"}, b)
	for name, b := range map[string][]byte{
		"tar": small, "gzip": gzipped(small), "xz": unbase64(smallXz), "zstd": zstded(small),
		"bzip2": unbase64(smallBz2), "zip": one,
	} {
		for n := range b {
			if _, lines, err := shown(b[:n], Limits{}); err == nil && n < len(b) {
				t.Errorf("%s: %d of %d bytes are taken: %q", name, n, len(b), lines)
			}
		}
	}
	_, want, err := shown(one, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range one {
		for _, by := range []byte{1, 0x80} {
			b := bytes.Clone(one)
			b[i] ^= by
			if _, lines, err := shown(b, Limits{}); err == nil && strings.Join(lines, "\n") != strings.Join(want, "\n") {
				t.Errorf("zip: byte %d with %#x flipped: %q", i, by, lines)
			}
		}
	}
}

// under is a file with the beginning of its name in a field of its own, in a header of a kind that ends as star's.
func under(folder, magic string) member {
	return member{name: "a", kind: '0', change: func(b []byte) {
		copy(b[257:], magic)
		copy(b[345:], folder)
		copy(b[508:], "tar\x00")
	}}
}

func flipped(b []byte, at int) []byte {
	b = bytes.Clone(b)
	b[(at+len(b))%len(b)] ^= 0x55
	return b
}

// zipped is an entry of a zip as tests write it.
type zipped struct {
	name, content string
	mode          uint32
	extra         string
	deflate       bool
	behind        string // what is compressed
	damage        bool
	claim         uint64 // in place of the size
	made          uint16 // on which system; Unix where it is 0 and there is a mode
	dos           uint32 // attributes
}

func zipOf(t testing.TB, entries ...zipped) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, e := range entries {
		packed := []byte(e.content)
		h := &zip.FileHeader{
			Name: e.name, Extra: []byte(e.extra), NonUTF8: true, CRC32: crc32.ChecksumIEEE([]byte(e.content)),
			UncompressedSize64: uint64(len(e.content)), ExternalAttrs: e.mode<<16 | e.dos,
			CreatorVersion: e.made << 8,
		}
		if e.mode != 0 && e.made == 0 {
			h.CreatorVersion = unix << 8
		}
		if e.deflate {
			h.Method = zip.Deflate
			packed = append(deflate(e.content), e.behind...)
		}
		if e.claim != 0 {
			h.UncompressedSize64 = e.claim
		}
		if e.damage {
			packed = flipped(packed, 1)
		}
		h.CompressedSize64 = uint64(len(packed))
		f, err := w.CreateRaw(h)
		if err == nil {
			_, err = f.Write(packed)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// deflate is what gzip holds between its header and its sum (RFC 1952).
func deflate(s string) []byte {
	b := gzipped([]byte(s))
	return b[10 : len(b)-8]
}

// centralOf gives where the list of a zip without a comment begins.
func centralOf(b []byte) int { return int(binary.LittleEndian.Uint32(b[len(b)-6:])) }

// changed gives a zip with one byte set.
func changed(b []byte, at int, to byte) []byte {
	b = bytes.Clone(b)
	b[at] = to
	return b
}

func replacedLast(b []byte, old, by string) []byte {
	i := bytes.LastIndex(b, []byte(old))
	return append(append(bytes.Clone(b[:i]), by...), b[i+len(old):]...)
}

// localHeader is an entry that stands in no list.
func localHeader(name, content string) []byte {
	b := binary.LittleEndian.AppendUint32(nil, localMagic)
	b = append(b, make([]byte, localSize-4)...)
	binary.LittleEndian.PutUint32(b[14:], crc32.ChecksumIEEE([]byte(content)))
	binary.LittleEndian.PutUint32(b[18:], uint32(len(content)))
	binary.LittleEndian.PutUint32(b[22:], uint32(len(content)))
	binary.LittleEndian.PutUint16(b[26:], uint16(len(name)))
	return append(append(b, name...), content...)
}

// moved gives a zip of one entry whose list says that all lies so many bytes later.
func moved(b []byte, by int) []byte {
	b = bytes.Clone(b)
	at := centralOf(b) + by
	binary.LittleEndian.PutUint32(b[len(b)-6:], uint32(at))
	binary.LittleEndian.PutUint32(b[at+42:], uint32(by))
	return b
}

func commented(b []byte, comment string) []byte {
	b = append(bytes.Clone(b), comment...)
	binary.LittleEndian.PutUint16(b[len(b)-len(comment)-2:], uint16(len(comment)))
	return b
}

// overlapping is a zip of two entries that have one content.
func overlapping(t testing.TB) []byte {
	b := zipOf(t, zipped{name: "a", content: "text"}, zipped{name: "a", content: "text"})
	second := centralOf(b) + centralSize + len("a")
	binary.LittleEndian.PutUint32(b[second+42:], 0)
	return b
}

// polyglot is a zip whose first block has the checksum of a tar's header: by trying, since it has the zip's own, too.
func polyglot(t testing.TB) []byte {
	content := make([]byte, 2*blockSize)
	field := content[148-localSize-len("a"):][:8]
	for n := range uint32(1 << 16) {
		binary.LittleEndian.PutUint32(content[len(content)-4:], n)
		b := zipOf(t, zipped{name: "a", content: string(content)})
		if sumFits(b[:blockSize]) {
			return b
		}
		if n == 0 {
			sum := 8 * int(' ')
			for i, c := range b[:blockSize] {
				if i < 148 || i >= 156 {
					sum += int(c)
				}
			}
			copy(field, fmt.Sprintf("%06o", sum))
		}
	}
	t.Fatal("no zip is a tar")
	return nil
}

func TestNothingIsKeptOfABomb(t *testing.T) {
	t.Parallel()
	b := gzipped(tarOf(file("a", string(make([]byte, 60<<20)))))
	n := int64(0)
	_, err := Read(bytes.NewReader(b), int64(len(b)), Limits{}, func(_ Entry, r io.Reader) (err error) {
		n, err = io.Copy(io.Discard, r)
		return err
	})
	if err != nil || n != 60<<20 {
		t.Errorf("%d bytes, %v", n, err)
	}
}
