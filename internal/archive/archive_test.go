package archive

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"
)

// member is an entry of a tar as tests write it.
type member struct {
	name    string
	kind    byte
	content string
	link    string
	mode    int64  // 0644 where it is 0
	size    string // in place of the content's
	pad     string // behind the content, in place of zeros
	change  func(block []byte)
}

func (m member) bytes() []byte {
	b := make([]byte, blockSize)
	if m.mode == 0 {
		m.mode = 0o644
	}
	if m.size == "" {
		m.size = fmt.Sprintf("%011o", len(m.content))
	}
	copy(b, m.name)
	copy(b[100:], fmt.Sprintf("%07o", m.mode))
	copy(b[124:], m.size)
	b[156] = m.kind
	copy(b[157:], m.link)
	copy(b[257:], "ustar\x0000")
	if m.change != nil {
		m.change(b)
	}
	sum := 8 * int(' ')
	for i, c := range b {
		if i < 148 || i >= 156 {
			sum += int(c)
		}
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	b = append(b, m.content...)
	b = append(b, m.pad...)
	return append(b, make([]byte, -len(b)&(blockSize-1))...)
}

func file(name, content string) member { return member{name: name, kind: '0', content: content} }
func record(key, value string) string {
	s := fmt.Sprintf(" %s=%s\n", key, value)
	for n := len(s); ; n++ {
		if full := fmt.Sprint(n) + s; len(full) == n {
			return full
		}
	}
}

func pax(records ...string) member {
	return member{name: "pax", kind: 'x', content: strings.Join(records, "")}
}

var ending = make([]byte, 2*blockSize)

func tarOf(members ...member) []byte {
	var b []byte
	for _, m := range members {
		b = append(b, m.bytes()...)
	}
	return append(b, ending...)
}

func gzipped(b []byte) []byte {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, gzip.BestCompression)
	_, _ = w.Write(b)
	_ = w.Close()
	return out.Bytes()
}

func zstded(b []byte, o ...zstd.EOption) []byte {
	w, err := zstd.NewWriter(nil, o...)
	if err != nil {
		panic(err)
	}
	return w.EncodeAll(b, nil)
}

func unbase64(s string) []byte {
	b, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(s, "\n", ""))
	if err != nil {
		panic(err)
	}
	return b
}

// shown is what Read shows, one line an entry.
func shown(b []byte, limits Limits) (format Format, lines []string, err error) {
	format, err = Read(bytes.NewReader(b), int64(len(b)), limits, func(e Entry, r io.Reader) error {
		content, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%c %s %q", " flt"[e.Kind], e.Name, content)
		if e.Kind == File && e.Size != int64(len(content)) {
			line += fmt.Sprintf(" of %d", e.Size)
		}
		if e.Exec {
			line += " runs"
		}
		if e.Target != "" {
			line += " -> " + e.Target
		}
		lines = append(lines, line)
		return nil
	})
	return format, lines, err
}

// small is what smallXz and smallBz2 hold, which xz and bzip2 have compressed.
var small = tarOf(
	member{name: "p-1/", kind: '5', mode: 0o755},
	file("p-1/a.c", "int a;\n"),
	member{name: "p-1/run", kind: '0', content: "#!/bin/sh\n", mode: 0o755},
	member{name: "p-1/link", kind: '2', link: "a.c"},
)

func TestRead(t *testing.T) {
	t.Parallel()
	entries := []string{
		`t p-1 ""`, `f p-1/a.c "int a;\n"`, `f p-1/run "#!/bin/sh\n" runs`, `l p-1/link "" -> a.c`,
	}
	long := strings.Repeat("long/", 30) + "name"
	tests := map[string]struct {
		archive []byte
		format  Format
		want    []string
	}{
		"plain":             {small, Tar, entries},
		"gzip":              {gzipped(small), TarGzip, entries},
		"xz":                {unbase64(smallXz), TarXz, entries},
		"zstd":              {zstded(small), TarZstd, entries},
		"zstd without sums": {zstded(small, zstd.WithEncoderCRC(false)), TarZstd, entries},
		"bzip2":             {unbase64(smallBz2), TarBz2, entries},
		"nothing in it":     {append(member{name: "./", kind: '5'}.bytes(), ending...), Tar, nil},
		"a dot before all":  {tarOf(member{name: "./", kind: '5'}, file("./a", "1")), Tar, []string{`f a "1"`}},
		"before POSIX": {
			tarOf(member{name: "d/", change: func(b []byte) { clear(b[257:265]) }}, member{name: "d/f", content: "1"}), Tar,
			[]string{`t d ""`, `f d/f "1"`},
		},
		"a name in two fields": {
			tarOf(member{name: "name", kind: '0', change: func(b []byte) { copy(b[345:], "in/front") }}), Tar,
			[]string{`f in/front/name ""`},
		},
		"GNU's long name": {
			tarOf(member{name: "././@LongLink", kind: 'L', content: long + "\x00"}, file(long[:99], "1")), Tar,
			[]string{`f ` + long + ` "1"`},
		},
		"GNU's long target": {
			tarOf(
				member{name: "././@LongLink", kind: 'K', content: long + "\x00"},
				member{name: "l", kind: '2', link: long[:99]},
			), Tar,
			[]string{`l l "" -> ` + long},
		},
		"a long name of POSIX's": {
			tarOf(pax(record("path", long), record("mtime", "1.5")), file(long[:99], "1")), Tar,
			[]string{`f ` + long + ` "1"`},
		},
		"a name that isn't ASCII": {
			tarOf(pax(record("path", "ä")), file("a", "1")), Tar, []string{`f ä "1"`},
		},
		"the comment of git archive": {
			tarOf(
				member{name: "pax_global_header", kind: 'g', content: record("comment", strings.Repeat("0", 40))},
				file("a", ""),
			), Tar,
			[]string{`f a ""`},
		},
		"records of zeros at the end": {append(tarOf(file("a", "")), make([]byte, 20<<10)...), Tar, []string{`f a ""`}},
		"a byte that is no UTF-8":     {tarOf(file("\xff\n", "")), Tar, []string{"f \xff\n \"\""}},
		"names that differ in case":   {tarOf(file("a", ""), file("A", "")), Tar, []string{`f a ""`, `f A ""`}},
		"a folder twice": {
			tarOf(file("d/a", ""), member{name: "d/", kind: '5'}, member{name: "d/", kind: '5'}), Tar,
			[]string{`f d/a ""`, `t d ""`, `t d ""`},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			format, lines, err := shown(test.archive, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(test.want, lines); d != "" || format != test.format {
				t.Errorf("%s, want %s: %s", format, test.format, d)
			}
		})
	}
}

// What isn't read to its end is read to its end all the same.
func TestReadWhatNobodyReads(t *testing.T) {
	t.Parallel()
	for _, b := range [][]byte{small, gzipped(small), zipOf(t, zipped{name: "a", content: "1"}, zipped{name: "b"})} {
		n := 0
		_, err := Read(bytes.NewReader(b), int64(len(b)), Limits{}, func(Entry, io.Reader) error { n++; return nil })
		if err != nil || n < 2 {
			t.Errorf("%d entries, %v", n, err)
		}
	}
}

func TestVisitFails(t *testing.T) {
	t.Parallel()
	mine := errors.New("enough")
	for _, b := range [][]byte{small, zipOf(t, zipped{name: "a", content: "1"})} {
		_, err := Read(bytes.NewReader(b), int64(len(b)), Limits{}, func(Entry, io.Reader) error { return mine })
		if !errors.Is(err, mine) || errors.Is(err, ErrRefused) {
			t.Errorf("got %v", err)
		}
	}
}

// unreadable is a file that fails after so many bytes.
type unreadable struct {
	*bytes.Reader
	good int64
}

var errDisk = errors.New("the disk is broken")

func (u unreadable) ReadAt(b []byte, at int64) (int, error) {
	if at+int64(len(b)) > u.good {
		return 0, errDisk
	}
	return u.Reader.ReadAt(b, at)
}

// A file that can't be read isn't refused: nothing is known of it.
func TestReadError(t *testing.T) {
	t.Parallel()
	noise := make([]byte, 1<<20)
	for i, x := 0, uint32(1); i < len(noise); i++ {
		x = x*1664525 + 1013904223
		noise[i] = byte(x >> 24)
	}
	large := tarOf(file("a", string(noise)))
	for name, b := range map[string][]byte{
		"tar": large, "gzip": gzipped(large), "zstd": zstded(large),
		"zip": zipOf(t, zipped{name: "a", content: string(noise)}),
	} {
		for _, good := range []int64{0, 100_000, int64(len(b)) - 1} {
			broken := unreadable{bytes.NewReader(b), good}
			_, err := Read(broken, int64(len(b)), Limits{}, func(Entry, io.Reader) error { return nil })
			if !errors.Is(err, errDisk) || errors.Is(err, ErrRefused) || errors.Is(err, ErrFormat) {
				t.Errorf("%s, %d good bytes: %v", name, good, err)
			}
		}
	}
}

func TestFormat(t *testing.T) {
	t.Parallel()
	for name, b := range map[string]string{
		"nothing": "", "a text": "hello\n", "short": "PK", "zeros": string(make([]byte, 2048)),
		"lzip": "LZIP\x01............", "7z": "7z\xbc\xaf\x27\x1c......",
		"a skippable frame":      "\x50\x2a\x4d\x18\x04\x00\x00\x00hide" + string(zstded(small)),
		"a program before a zip": "#!/bin/sh\n" + string(zipOf(t, zipped{name: "a"})),
	} {
		if _, _, err := shown([]byte(b), Limits{}); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever is taken, Go's own readers read as the same.
func FuzzRead(f *testing.F) {
	for _, seed := range [][]byte{
		small, gzipped(small), unbase64(smallXz), zstded(small), unbase64(smallBz2),
		tarOf(pax(record("path", "ä")), file("a", "1")), tarOf(member{name: "d/"}, file("a", "1")),
		tarOf(member{name: "././@LongLink", kind: 'L', content: strings.Repeat("a", 120) + "\x00"}, file("b", "1")),
		zipOf(f, zipped{name: "a", content: strings.Repeat("1", 100)}, zipped{name: "d/"}), zipOf(f),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		format, lines, err := shown(b, Limits{Bytes: 1 << 20, Entries: 1000})
		if err != nil {
			return
		}
		var theirs []string
		switch format {
		case Tar:
			theirs, err = tarLines(b)
		case Zip:
			theirs, err = zipLines(b)
		default:
			return
		}
		if d := cmp.Diff(theirs, lines); err != nil || d != "" {
			t.Errorf("%s: Go reads %v, %s", format, err, d)
		}
	})
}

// tarLines is what package archive/tar makes of a tar, as shown has it.
func tarLines(b []byte) (lines []string, err error) {
	in := tar.NewReader(bytes.NewReader(b))
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return lines, err
		}
		content, err := io.ReadAll(in)
		if err != nil {
			return lines, err
		}
		name, err := cleanName(h.Name, h.Typeflag == tar.TypeDir)
		if err != nil || name == "" || h.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		kind := map[byte]Kind{tar.TypeReg: File, tar.TypeDir: Folder, tar.TypeSymlink: Link}[h.Typeflag]
		line := fmt.Sprintf("%c %s %q", " flt"[kind], name, content)
		if kind == File && h.Mode&0o100 != 0 {
			line += " runs"
		}
		if kind == Link {
			line += " -> " + h.Linkname
		}
		lines = append(lines, line)
	}
}

// zipLines is what package archive/zip makes of a zip.
func zipLines(b []byte) (lines []string, err error) {
	in, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		return nil, err
	}
	for _, f := range in.File {
		r, err := f.Open()
		if err != nil {
			return lines, err
		}
		content, err := io.ReadAll(r)
		if err != nil {
			return lines, err
		}
		name, err := cleanName(f.Name, strings.HasSuffix(f.Name, "/"))
		if err != nil || name == "" {
			continue
		}
		kind, mode := File, f.ExternalAttrs>>16
		if f.CreatorVersion>>8 != unix {
			mode = 0
		}
		switch {
		case strings.HasSuffix(f.Name, "/"):
			kind = Folder
		case mode&0o170000 == 0o120000:
			kind = Link
		}
		line := fmt.Sprintf("%c %s %q", " flt"[kind], name, content)
		if kind == Link {
			line = fmt.Sprintf("l %s \"\" -> %s", name, content)
		}
		if kind == File && mode&0o100 != 0 {
			line += " runs"
		}
		lines = append(lines, line)
	}
	return lines, nil
}
