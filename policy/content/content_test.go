package content

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/gabriel-vasile/mimetype"

	"countersign/policy/edit"
)

// ofChange says what a change from some texts to another shows.
func ofChange(before [][]byte, head []byte, size int64) Traits {
	return Of(&edit.Change{Before: before, Now: head}, size)
}

// ofFile says what a new file shows.
func ofFile(head []byte, size int64) Traits { return ofChange(nil, head, size) }

func inspect(content string) Traits { return ofFile([]byte(content), int64(len(content))) }

func traitNames(t Traits) string { return strings.Join(t.Names(), " ") }

func wantTraits(t *testing.T, name, content, want string) {
	t.Helper()
	if got := traitNames(inspect(content)); got != want {
		t.Errorf("%s: %q, want %q", name, got, want)
	}
}

// noise is n bytes of chance, the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	rng := rand.NewChaCha8([32]byte{1})
	if _, err := rng.Read(b); err != nil {
		panic(err)
	}
	return b
}

// wrap cuts text into lines of n bytes, each between a prefix and a suffix.
func wrap(text string, n int, prefix, suffix string) string {
	var b strings.Builder
	for len(text) > 0 {
		line := text[:min(n, len(text))]
		text = text[len(line):]
		b.WriteString(prefix + line + suffix + "\n")
	}
	return b.String()
}

func zipped() string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	f, err := w.CreateHeader(&zip.FileHeader{Name: "a.txt", Method: zip.Store})
	if err != nil {
		panic(err)
	}
	if _, err := f.Write([]byte("hello\n")); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func gzipped() string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte("hello\n")); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func tarred() string {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "a.txt", Size: 6, Mode: 0o644}); err != nil {
		panic(err)
	}
	if _, err := w.Write([]byte("hello\n")); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return string(b)
}

func zeros(n int) string { return strings.Repeat("\x00", n) }

const source1 = "// A comment, with a URL: https://example.org/a/b/c?d=e\n" +
	"int main(void) {\n\treturn printf(\"%s\\n\", \"x\") < 0;\n}\n"

// The beginnings are those of the formats' own specifications.
func TestProgramsAndArchives(t *testing.T) {
	for name, c := range map[string]struct{ content, want string }{
		"ELF program": {unhex("7f454c46 02010100") + zeros(8) + unhex("0200 3e00 01000000") + zeros(40), "binary executable"},
		"ELF object":  {unhex("7f454c46 02010100") + zeros(8) + unhex("0100 3e00 01000000") + zeros(40), "binary executable"},
		"ELF shared library": {
			unhex("7f454c46 01020100") + zeros(8) + unhex("0003 0008 00000001") + zeros(40), "binary executable",
		},
		"PE": {
			"MZ" + unhex("90000300 00000400 0000ffff 0000b800 00000000 00004000") + zeros(34) + unhex("40000000") +
				"PE\x00\x00" + zeros(60), "binary executable",
		},
		"Mach-O, 64 bits":    {unhex("cffaedfe 07000001 03000000 02000000") + zeros(16), "binary executable"},
		"Mach-O, big-endian": {unhex("feedface 00000012 00000000 00000002") + zeros(12), "binary executable"},
		"Mach-O, several":    {unhex("cafebabe 00000002 01000007 00000003") + zeros(24), "binary executable"},
		"WebAssembly":        {unhex("0061736d 01000000"), "binary executable"},
		"Java class":         {unhex("cafebabe 00000034 001d0a00 06000f09") + zeros(16), "binary executable"},
		"Dalvik":             {"dex\n035\x00" + zeros(32), "binary executable"},
		"static library": {
			"!<arch>\n" + "a.o/            0           0     0     644     4         `\nabcd", "binary executable",
		},
		"thin library": {"!<thin>\n" + "a.o/            0           0     0     644     4         `\n", "binary executable"},
		"Debian package": {
			"!<arch>\ndebian-binary   1410122664  0     0     100644  4         `\n2.0\n", "binary executable",
		},
		"LLVM bitcode":     {"BC\xc0\xde\x35\x14\x00\x00", "binary executable"},
		"Python 3.12":      {unhex("cb0d0d0a 00000000 68e56f65 0d000000 e3000000"), "binary executable"},
		"Python 2.7":       {unhex("03f30d0a 68e56f65 63000000 00000000"), "binary executable"},
		"Windows shortcut": {unhex("4c000000 01140200 00000000 c0000000 00000046") + zeros(56), "binary executable"},
		"Flash":            {"FWS\x0a" + zeros(16), "binary executable"},
		"zip":              {zipped(), "archive binary"},
		"zip, empty":       {"PK\x05\x06" + zeros(18), "archive binary"},
		"gzip":             {gzipped(), "archive binary"},
		"bzip2": {
			"BZh91AY&SY" + unhex("c1c080e2 00000141 00001002 44a00030 cd00c346 29971772 4538 5090 c1c0 80e2"), "archive binary",
		},
		"xz":         {unhex("fd377a58 5a000004 e6d6b446 02002101 16000000 742fe5a3"), "archive binary"},
		"lzma alone": {unhex("5d000080 00ffffff ffffffff ff0034 19ee8de9 17893a33"), "archive binary"},
		"lzip":       {"LZIP\x01\x0c" + unhex("0034 19ee 8de9 1789 3a33"), "archive binary"},
		"zstd":       {unhex("28b52ffd 0458 3100 00 68656c6c 6f0a 8a5b3f3b"), "archive binary"},
		"LZ4":        {unhex("04224d18 6440 a7 06000080") + "hello\n" + zeros(4), "archive binary"},
		"lzop":       {unhex("894c5a4f 000d0a1a 0a1040"), "archive binary"},
		"compress":   {unhex("1f9d90 68ca b061 f3a6"), "archive binary"},
		"7z":         {unhex("377abcaf 271c 0004 5b38 3fb3") + zeros(20), "archive binary"},
		"rar 4":      {"Rar!\x1a\x07\x00" + unhex("cf907300 000d0000"), "archive binary"},
		"rar 5":      {"Rar!\x1a\x07\x01\x00" + unhex("3392b5e5 0a010506"), "archive binary"},
		"tar":        {tarred(), "archive binary"},
		"cpio": {
			"070701" + strings.Repeat("0", 88) + "0000000b00000000TRAILER!!!\x00\x00\x00\x00", "archive binary",
		},
		"rpm":                 {unhex("edabeedb 03000000 0001") + zeros(86), "archive binary"},
		"cabinet":             {"MSCF" + zeros(32), "archive binary"},
		"xar":                 {"xar!\x00\x1c\x00\x01" + zeros(20), "archive binary"},
		"OLE, as in msi, doc": {unhex("d0cf11e0 a1b11ae1") + zeros(512), "archive binary"},
		"SQLite":              {"SQLite format 3\x00" + unhex("1000 0101") + zeros(80), "archive binary"},
		"ISO 9660":            {zeros(32768) + "\x01CD001\x01" + zeros(64), "archive binary"},
		"PDF":                 {"%PDF-1.4\n1 0 obj\n<< >>\nendobj\n", "archive binary"},
		"PDF at 500":          {strings.Repeat("# a comment\n", 42)[:500] + "%PDF-1.7\n", "archive binary"},
		"PDF at 1023":         {strings.Repeat("# a comment\n", 90)[:1023] + "%PDF-1.7\n", "archive binary"},
		"PNG":                 {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "binary"},
	} {
		wantTraits(t, name, c.content, c.want)
	}
}

func TestTextIsNothingElse(t *testing.T) {
	prose := "It is a truth universally acknowledged, that a single man in possession of a good fortune,\n" +
		"must be in want of a wife.\n"
	var sums, lock, names strings.Builder
	for i := range 100 {
		sum := noise(32 * (i + 1))[32*i:]
		fmt.Fprintf(&sums, "%x  releases/file-%d.tar\n", sum, i)
		fmt.Fprintf(&lock, "example.org/module/of/some/length v1.%d.0 h1:%s=\n", i, base64.RawStdEncoding.EncodeToString(sum))
		digest := base64.RawStdEncoding.EncodeToString(append(sum, sum...))
		fmt.Fprintf(&lock, "      \"integrity\": \"sha512-%s==\",\n", digest)
		fmt.Fprintf(&names, "\tOpAMD64ADDQconst%dmodify,\n\tsrc/Package%d/ClassWithALongName%d.java\n", i, i, i)
	}
	var table, sizes, joined strings.Builder // joined as stringer does
	for i := range 400 {
		fmt.Fprintf(&table, "\t{0x%04x, 0x%04x, %d},\n", i*37, i*37+12, i%3)
		fmt.Fprintf(&sizes, "%d, ", 10+i%90)
		joined.WriteString([]string{"R_ADDR", "R_CALLARM64", "R_TLS_LE", "InvalidUntypedConversion", "R_PCRELDBL"}[i%5])
	}
	for name, content := range map[string]string{
		"empty":               "",
		"a newline":           "\n",
		"source":              strings.Repeat(source1, 200),
		"prose":               strings.Repeat(prose, 200),
		"CRLF":                strings.ReplaceAll(strings.Repeat(source1, 20), "\n", "\r\n"),
		"form feeds":          strings.Repeat("text\n\f\n", 100),
		"terminal colours":    strings.Repeat("\x1b[31mred\x1b[0m\n", 100),
		"UTF-8":               strings.Repeat("Grüße, 世界 – “quoted” …\n", 100),
		"UTF-8 with its mark": "\ufeff" + source1,
		"Latin-1":             strings.Repeat("Gr\xfc\xdfe, caf\xe9\n", 100),
		"KOI8-R":              strings.Repeat("\xf0\xd2\xc9\xd7\xc5\xd4, \xcd\xc9\xd2\n", 100),
		"Shift-JIS":           strings.Repeat("\x82\xb1\x82\xf1\x82\xc9\x82\xbf\x82\xcd\n", 100),
		"sums":                sums.String(),
		"lock file":           lock.String(),
		"identifiers":         names.String(),
		"an Ed25519 certificate": "-----BEGIN CERTIFICATE-----\n" +
			wrap(base64.StdEncoding.EncodeToString(noise(280)), 64, "", "") + "-----END CERTIFICATE-----\n",
		"an SSH key": "ssh-rsa " + base64.StdEncoding.EncodeToString(noise(279)) + " alice@example.org\n",
		"minified script": strings.Repeat(`!function(e,t){"use strict";var n=e.document,r=t[0]||{},i=n.createElement("a");`+
			`for(var o=0;o<r.length;++o)i.href=r[o]+"?x=1"}(this,[]);`, 200),
		"a rule of characters":         strings.Repeat("=", 2000) + "\n" + strings.Repeat("A", 2000) + "\n",
		"zeros":                        strings.Repeat("0", 5000),
		"a table of ranges":            table.String(),
		"names run together":           "const _RelocType_name = \"" + joined.String() + "\"\n",
		"decimal numbers":              sizes.String(),
		"white space":                  strings.Repeat(" \t\n", 5000),
		"words of hexadecimal letters": strings.Repeat("a face, a bed, a deed\n", 20),
		"a hundred base64 characters":  base64.StdEncoding.EncodeToString(noise(75)),
		"says %PDF-":                   "if bytes.HasPrefix(b, []byte(\"%PDF-\")) {\n",
		"begins with MZ":               "MZ is what DOS programs begin with.\n",
		"begins with PK":               "PK is what zip files begin with.\n",
		"begins with BZh":              "BZh is what bzip2 files begin with.\n",
		"left-to-right mark":           "a\u200eb\u200fc\u061c\n",
		"isolates of another kind":     "\u2065\u206a\u2029\u202f\n",
	} {
		wantTraits(t, name, content, "")
	}
}

// A file that Git, or its reader, takes for text, and that is none.
func TestAttackBinaryThatDodgesTheNULRule(t *testing.T) {
	text := strings.Repeat(source1, 100)
	seven, high := noise(4096), noise(4096)
	for i := range seven {
		seven[i] = seven[i]&0x7f | 1 // no NUL, and valid UTF-8
		if high[i] == 0 {
			high[i] = 1
		}
	}
	for name, c := range map[string]struct{ content, want string }{
		"NUL after byte 8000":       {text[:8000] + "\x00" + text, "binary"},
		"NUL at the end":            {text + "\x00", "binary"},
		"one NUL alone":             {"\x00", "binary"},
		"noise without NUL":         {string(high), "binary"},
		"seven bits without NUL":    {string(seven), "binary"},
		"control characters":        {strings.Repeat("\x01\x02", 20) + text[:1000], "binary"},
		"DEL":                       {strings.Repeat("text\x7f\n", 100), "binary"},
		"ELF inside ar of text":     {"!<arch>\n" + text, "binary executable"},
		"PDF after a comment":       {"// %PDF-1.5\n" + text, "archive binary"},
		"UTF-16":                    {utf16Of(text), "binary"},
		"UTF-16 without any ASCII":  {utf16Of(strings.Repeat("世界", 100)), "binary"},
		"dex that goes on as text":  {"dex\n" + text, "binary executable"},
		"ELF that is a PDF":         {"\x7fELF\x02\x01\x01\x00\n%PDF-1.4\n" + zeros(64), "archive binary executable"},
		"PE that is a PDF":          {"MZ\x90\x00\x03\n%PDF-1.4\n" + zeros(64), "archive binary executable"},
		"Mach-O that is a PDF":      {"\xcf\xfa\xed\xfe\n%PDF-1.4\n" + zeros(64), "archive binary executable"},
		"WebAssembly that is a PDF": {"\x00asm\x01\x00\x00\x00\n%PDF-1.4\n" + zeros(64), "archive binary executable"},
		"shell script, then an ELF": {"#!/bin/sh\ntail -c +30 $0\nexit\n\x7fELF\x02\x01\x01\x00" + zeros(8), "binary"},
	} {
		wantTraits(t, name, c.content, c.want)
	}
}

// What Git's diff doesn't show, nobody reviewed.
func TestWhatGitTakesForBinaryIsBinary(t *testing.T) {
	samples := []string{
		zipped(), gzipped(), tarred(), utf16Of(source1), utf16Of("世界"), "\x00", source1 + "\x00",
		strings.Repeat("x", 7999) + "\x00", strings.Repeat("x", 8000) + "\x00",
		source1, "caf\xe9", "\xff\xfe", "%PDF-1.4\n", string(noise(100)), "\x7fELF", "\x01\x02\x03",
	}
	dir := t.TempDir()
	for _, sub := range []string{"a", "b"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	for i, sample := range samples {
		if err := os.WriteFile(filepath.Join(dir, "b", fmt.Sprint(i)), []byte(sample), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("git", "diff", "--no-index", "--numstat", "a", "b")
	cmd.Dir = dir
	out, err := cmd.Output()
	if exit := new(exec.ExitError); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1: they differ
		t.Fatal(err)
	}
	binaries := 0
	for line := range strings.Lines(string(out)) {
		name := strings.TrimSpace(line[strings.LastIndexByte(line, '/')+1:])
		i, err := strconv.Atoi(strings.Trim(name, "}"))
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if !strings.HasPrefix(line, "-\t-\t") {
			continue
		}
		if binaries++; inspect(samples[i])&Binary == 0 {
			t.Errorf("%.20q is binary to Git and %q here", samples[i], traitNames(inspect(samples[i])))
		}
	}
	if binaries != 7 {
		t.Errorf("Git found %d binaries:\n%s", binaries, out)
	}
}

func utf16Of(s string) string {
	b := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return string(b)
}

// A file that is text all through, and carries another one.
func TestAttackPayloadWrittenAsText(t *testing.T) {
	elf := string(append([]byte("\x7fELF\x02\x01\x01\x00"), noise(1500)...))
	b64 := base64.StdEncoding.EncodeToString([]byte(elf))
	digits := hex.EncodeToString([]byte(elf))
	each := func(format string, perLine int) string {
		var b strings.Builder
		for i := range len(elf) {
			fmt.Fprintf(&b, format, elf[i])
			if i%perLine == perLine-1 {
				b.WriteString("\n")
			}
		}
		return b.String()
	}
	var xxd, hexdump strings.Builder
	for i := 0; i < len(elf); i += 16 {
		row := []byte(elf[i:min(i+16, len(elf))])
		printable := bytes.Map(func(r rune) rune {
			if r < ' ' || r > '~' {
				return '.'
			}
			return r
		}, row)
		fmt.Fprintf(&xxd, "%08x: %s  %s\n", i, strings.TrimSpace(wrapWords(hex.EncodeToString(row), 4)), printable)
		fmt.Fprintf(&hexdump, "%08x  %s  |%s|\n", i, strings.TrimSpace(wrapWords(hex.EncodeToString(row), 2)), printable)
	}
	for name, content := range map[string]string{
		"base64 on one line":        b64,
		"base64 in a note":          "Some notes.\n\n" + b64 + "\n\nMore notes.\n",
		"base64 for URLs":           base64.RawURLEncoding.EncodeToString([]byte(elf)),
		"wrapped at 76":             wrap(b64, 76, "", ""),
		"wrapped at 64, CRLF":       strings.ReplaceAll(wrap(b64, 64, "", ""), "\n", "\r\n"),
		"wrapped at 40":             wrap(b64, 40, "", ""),
		"wrapped at 20":             wrap(b64, 20, "", ""),
		"wrapped, with blank lines": wrap(b64, 64, "", "\n"),
		"in a comment":              wrap(b64, 64, "# ", ""),
		"in C strings":              wrap(b64, 64, "\t\"", `\n"`),
		"in a Python list":          wrap(b64, 48, "    '", "',"),
		"in JSON":                   `{"name": "x", "data": "` + b64 + `"}`,
		"in an SVG":                 `<svg><image href="data:image/png;base64,` + b64 + `"/></svg>`,
		"a certificate":             "-----BEGIN CERTIFICATE-----\n" + wrap(b64, 64, "", "") + "-----END CERTIFICATE-----\n",
		"hexadecimal on one line":   digits,
		"hexadecimal in upper case": strings.ToUpper(digits),
		"hexadecimal, wrapped":      wrap(digits, 64, "", ""),
		"hexadecimal, in strings":   wrap(digits, 64, "  \"", "\","),
		"hexadecimal, amid bytes":   wrap(digits, 61, "", ""),
		"hexadecimal, spaced":       wrapWords(digits, 2),
		"xxd":                       xxd.String(),
		"hexdump -C":                hexdump.String(),
		"C array":                   "unsigned char a[] = {\n" + each("0x%02x, ", 12) + "};\n",
		"C array of words": "uint32_t a[] = {" + "0x" +
			strings.Join(strings.Fields(wrapWords(digits, 8)), ", 0x") + "};\n",
		"escapes in a string":          "char a[] = \"" + each(`\x%02x`, 1<<20) + "\";\n",
		"escapes in several":           strings.ReplaceAll(each(`\x%02X`, 16), "\n", "\"\n\t\""),
		"octal escapes":                "printf '" + each(`\%03o`, 1<<20) + "'\n",
		"at the end of a long source":  strings.Repeat(source1, 500) + b64,
		"in the middle of a long line": strings.Repeat("x = y + z; ", 1000) + b64 + strings.Repeat("; x = y", 1000),
	} {
		wantTraits(t, name, content, "encoded")
	}
}

// A program that isn't compressed is half zeros and text, and so its base64 is far from chance. This test
// is such a program.
func TestAttackProgramInBase64(t *testing.T) {
	name, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b64 := base64.StdEncoding.EncodeToString(program[:min(len(program), 600_000)])
	var table []byte // as a program has, of addresses, sizes and symbols
	for i := range uint32(2000) {
		table = binary.LittleEndian.AppendUint32(table, 24*i)
	}
	wantTraits(t, "a table of small numbers", wrap(base64.StdEncoding.EncodeToString(table), 76, "", ""), "encoded")
	wantTraits(t, "on one line", "const wasm = '"+b64+"';\n", "encoded")
	wantTraits(t, "wrapped", wrap(b64, 76, "", ""), "encoded")
	wantTraits(t, "in strings", wrap(b64, 60, "\t\"", "\" +"), "encoded")
	for i := 0; i+16_384 <= len(b64); i += 16_384 { // wherever one begins to look, apart from zeros
		part := b64[i : i+16_384]
		if strings.Count(part, "A") < len(part)/2 && inspect(part)&Encoded == 0 {
			t.Errorf("from %d on it is text: %.80s…", i, part)
		}
	}
}

// wrapWords puts a space after every n bytes.
func wrapWords(s string, n int) string {
	var b strings.Builder
	for i := 0; i < len(s); i += n {
		b.WriteString(s[i:min(i+n, len(s))] + " ")
	}
	return b.String()
}

func TestPayloadHasASize(t *testing.T) {
	b := base64.RawStdEncoding.EncodeToString(noise(384)) // 512 characters
	wantTraits(t, "512 of base64", b, "encoded")
	wantTraits(t, "511 of base64", b[1:], "")
	h := hex.EncodeToString(noise(512))
	wantTraits(t, "512 bytes of hexadecimal", h, "encoded")
	wantTraits(t, "511 bytes of hexadecimal", h[2:], "")
}

// CVE-2021-42574: the characters that show a reviewer another order than a compiler reads.
func TestAttackTrojanSource(t *testing.T) {
	for r := rune(0x2000); r < 0x2100; r++ {
		want := ""
		if 0x202a <= r && r <= 0x202e || 0x2066 <= r && r <= 0x2069 {
			want = "bidi"
		}
		wantTraits(t, fmt.Sprintf("U+%04X", r), "if (x) { // "+string(r)+" }\n", want)
	}
	override := "/* \u202e } */\n"
	wantTraits(t, "at the very end", "x\u2066", "bidi")
	wantTraits(t, "cut in two", "x\xe2\x81", "")
	wantTraits(t, "in Latin-1 text", "caf\xe9 "+override, "bidi")
	wantTraits(t, "behind what looks like an archive", "// %PDF-1.4\n"+override, "archive bidi binary")
	wantTraits(t, "behind a NUL that a compiler reads over", "// \x00\n"+override, "bidi binary")
	wantTraits(t, "beside a payload", override+base64.StdEncoding.EncodeToString(noise(600)), "bidi encoded")
	wantTraits(t, "by chance in a picture", "\x89PNG\r\n\x1a\n\x00\xff\xe2\x80\xae", "binary")
}

func TestLarge(t *testing.T) {
	for _, c := range []struct {
		head string
		size int64
		want string
	}{
		{"", 0, ""},
		{"", 1, "large"},
		{"x", 1, ""},
		{"x", 2, "large"},
		{"\x00", 1 << 40, "binary large"},
		{"%PDF-1.4", 1 << 40, "archive binary large"},
	} {
		if got := traitNames(ofFile([]byte(c.head), c.size)); got != c.want {
			t.Errorf("%q of %d: %q, want %q", c.head, c.size, got, c.want)
		}
	}
}

// A name that the library never gives would never match, and nothing would say so.
func TestLibraryKnowsTheNames(t *testing.T) {
	for name := range executables {
		if m := mimetype.Lookup(name); m == nil || m.String() != name {
			t.Errorf("%s is no name that is given: %v", name, m)
		}
	}
	for name := range archives {
		if m := mimetype.Lookup(name); m == nil || m.String() != name {
			t.Errorf("%s is no name that is given: %v", name, m)
		}
	}
}

func FuzzInspect(f *testing.F) {
	for _, seed := range []string{
		"", "\x00", source1, zipped(), gzipped(), tarred(), utf16Of("x"), "%PDF-1", "dex\n", "x\u202e",
		base64.StdEncoding.EncodeToString(noise(600)), strings.Repeat(`\x7f`, 600), "!<arch>\n",
		unhex("cb0d0d0a") + zeros(12),
	} {
		f.Add([]byte(seed), int64(len(seed)))
		f.Add([]byte(seed), int64(1<<30))
	}
	f.Fuzz(func(t *testing.T, head []byte, size int64) {
		before := slices.Clone(head)
		got := ofFile(head, size)
		if !bytes.Equal(before, head) {
			t.Fatal("Of changes what it reads")
		}
		if (got&Large != 0) != (size > int64(len(head))) {
			t.Errorf("size %d of which %d are shown: %s", size, len(head), traitNames(got))
		}
		if bytes.IndexByte(head, 0) >= 0 && got&Binary == 0 {
			t.Errorf("a NUL, and %s", traitNames(got))
		}
		if got&(Executable|Archive) != 0 && got&Binary == 0 {
			t.Errorf("no binary, but %s", traitNames(got))
		}
		if got&^(Binary|Executable|Archive|Encoded|Bidi|Large) != 0 {
			t.Errorf("unknown traits: %b", got)
		}
		// What hides in text is found wherever in the text it stands.
		if got&Binary == 0 && len(head) < 4096 {
			if more := ofFile(slices.Concat(head, []byte("\n// \u202e\n")), 0); more&Bidi == 0 {
				t.Errorf("a hidden override: %s", traitNames(more))
			}
		}
	})
}

// BenchmarkInspect reads plain source text: this package.
func BenchmarkInspect(b *testing.B) {
	text := []byte(strings.Repeat(source1, 10_000))
	if names, err := filepath.Glob("*.go"); err == nil {
		text = nil
		for _, name := range names {
			file, err := os.ReadFile(name)
			if err != nil {
				b.Fatal(err)
			}
			text = append(text, file...)
		}
	}
	text = text[:min(len(text), 1<<20)]
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		ofFile(text, int64(len(text)))
	}
}

// Control characters are counted alike by 32 and one by one, wherever they stand.
func TestControls(t *testing.T) {
	for c := range 256 {
		for at := range 40 {
			for _, beside := range []byte{0, '\t', '\v', 'a', 0x7f, 0x80, 0x8b, 0xff} {
				b := bytes.Repeat([]byte{beside}, 40)
				b[at] = byte(c)
				want := 0
				for _, c := range b {
					want += controls([]byte{c})
				}
				if got := controls(b); got != want {
					t.Errorf("%x has %d control characters, not %d", b, got, want)
				}
			}
		}
	}
}
