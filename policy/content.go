package policy

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"
)

// Inspect says what the content of a blob shows. Head is its beginning, size its whole length: what
// is longer than head is Large, and nobody has seen the rest. No attribute in the repository can
// hide anything from it.
func Inspect(head []byte, size int64) Traits {
	var t Traits
	if size > int64(len(head)) {
		t |= Large
	}
	if len(head) == 0 {
		return t
	}
	t |= magic(head)
	if t&(Executable|Archive) != 0 || opaque(head) {
		// What a machine runs or unpacks is no text, even if its first bytes could be read as such.
		return t | Binary
	}
	if encoded(head) {
		t |= Encoded
	}
	if bidi(head) {
		t |= Bidi
	}
	return t
}

// executables and archives are the types that mimetype finds by magic bytes and that run or unpack.
var (
	executables = map[string]bool{
		"application/x-elf": true, "application/x-object": true, "application/x-executable": true, "application/x-sharedlib": true,
		"application/x-coredump": true, "application/vnd.microsoft.portable-executable": true, "application/x-mach-binary": true,
		"application/wasm": true, "application/x-java-applet": true, "application/x-unix-archive": true, "application/x-ms-shortcut": true,
	}
	archives = map[string]bool{
		"application/zip": true, "application/gzip": true, "application/x-bzip2": true, "application/x-xz": true, "application/lzip": true,
		"application/zstd": true, "application/x-7z-compressed": true, "application/x-rar-compressed": true, "application/x-tar": true,
		"application/vnd.ms-cab-compressed": true, "application/x-installshield": true, "application/x-cpio": true, "application/x-rpm": true,
		"application/vnd.debian.binary-package": true, "application/x-archive": true, "application/vnd.sqlite3": true, "application/pdf": true,
		"application/x-iso9660-image": true, "application/x-compress": true, "application/lzma": true,
	}
)

// magicBytes are beginnings that mimetype doesn't know, with who defines them.
var magicBytes = []struct {
	at    int
	bytes string
	trait Traits
}{
	{0, "\x5d\x00\x00", Archive},          // LZMA_Alone with the usual properties (xz, doc/lzma-file-format.txt)
	{0, "\x1f\x9d", Archive},              // compress (file(1), magic/Magdir/compress)
	{0, "\x04\x22\x4d\x18", Archive},      // LZ4 frame (lz4_Frame_format.md)
	{0, "\x89LZO\x00\r\n\x1a\n", Archive}, // lzop (file(1), magic/Magdir/archive)
	{32769, "CD001", Archive},             // ISO 9660, first volume descriptor (ECMA-119, 8.4)
	{0, "dex\n", Executable},              // Dalvik (Dex format, DEX_FILE_MAGIC)
	{0, "!<arch>\n", Executable},          // static libraries (ar(5))
	{0, "!<thin>\n", Executable},
	{0, "BC\xc0\xde", Executable}, // LLVM bitcode (LLVM Bitcode File Format)
}

// magic looks for the beginnings of programs and archives.
func magic(head []byte) Traits {
	var t Traits
	for _, m := range magicBytes {
		if len(head) >= m.at+len(m.bytes) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes {
			t |= m.trait
		}
	}
	if pyc(head) {
		t |= Executable
	}
	// A reader of PDF looks for its header in the first 1024 bytes (ISO 32000-1, annex H.3.4.1), so
	// anything may stand before it.
	if bytes.Contains(head[:min(len(head), 1024)], []byte("%PDF-")) {
		t |= Archive
	}
	// The types wanted begin with bytes that text doesn't have, but for ar, handled above, and tar,
	// whose magic stands at byte 257: ask for the type only where it can matter.
	if t == 0 && (head[0] < ' ' || head[0] >= 0x7f || bytes.ContainsAny(head[:1], "PBRM7L!SI\x7f") || tar(head)) {
		for m := mimetype.Detect(head[:min(len(head), 4096)]); m != nil; m = m.Parent() {
			if executables[m.String()] {
				t |= Executable
			}
			if archives[m.String()] {
				t |= Archive
			}
		}
	}
	return t
}

func tar(head []byte) bool { return len(head) > 262 && string(head[257:262]) == "ustar" }

// pyc knows compiled Python: a version number and CR LF (CPython, Lib/importlib/_bootstrap_external.py).
func pyc(head []byte) bool {
	return len(head) >= 16 && head[2] == '\r' && head[3] == '\n' && binary.LittleEndian.Uint16(head) >= 3000 && binary.LittleEndian.Uint16(head) < 4000
}

// opaque says whether bytes are no text. Git looks for a NUL in the first 8000 bytes
// (buffer_is_binary in git's xdiff-interface.c); here it is one anywhere, or control characters that
// no text has, as many as one in 256 bytes. Legacy encodings are text; UTF-16 with its mark is, too.
func opaque(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return !utf16Text(head)
	}
	if bytes.IndexByte(head, 0) >= 0 {
		return true
	}
	if utf8.Valid(head) {
		return false
	}
	control := 0
	for _, b := range head {
		if b < ' ' && b != '\t' && b != '\n' && b != '\r' && b != '\f' && b != 0x1b || b == 0x7f {
			control++
		}
	}
	return control > len(head)/256
}

// utf16Text says whether what has the mark of UTF-16 reads as such: line ends, and no control
// characters.
func utf16Text(head []byte) bool {
	order := binary.ByteOrder(binary.LittleEndian)
	if head[0] == 0xfe {
		order = binary.BigEndian
	}
	for i := 2; i+1 < len(head); i += 2 {
		if u := order.Uint16(head[i:]); u < ' ' && u != '\t' && u != '\n' && u != '\r' && u != '\f' {
			return false
		}
	}
	return len(head)%2 == 0 || len(head) >= 1<<20
}

// payload is the number of encoded characters from which a run of them is a file in disguise.
const payload = 512

// encoded looks for a run of base64 or hexadecimal that carries a file: at least 512 characters of
// it, line breaks apart, or 512 escaped bytes. A run of one repeated character carries nothing.
func encoded(head []byte) bool {
	return base64Run(head) || hexRun(head)
}

// base64Run looks for 512 characters of the base64 alphabet without a break, or for lines of 60 and
// more of them, one under the other as encoders wrap them, that come to as much. Paths, words and
// rules of one character are in the alphabet too: a run must mix upper case, lower case and digits
// as chance does.
func base64Run(head []byte) bool {
	var run runOf
	for len(head) > 0 {
		line := head
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			line, head = head[:i], head[i+1:]
		} else {
			head = nil
		}
		line = bytes.TrimRight(line, "\r")
		start, n := longestBase64(line)
		if n >= payload {
			var alone runOf
			alone.add(line[start : start+n])
			if alone.mixed() {
				return true
			}
		}
		if n < 60 || n+8 < len(line) { // not a wrapped line: it is more than the run and its quotes
			run = runOf{}
			continue
		}
		run.add(line[start : start+n])
		if run.n >= payload && run.mixed() {
			return true
		}
	}
	return false
}

func longestBase64(line []byte) (start, n int) {
	for i := 0; i < len(line); {
		if !base64Byte(line[i]) {
			i++
			continue
		}
		j := i
		for j < len(line) && base64Byte(line[j]) {
			j++
		}
		if j-i > n {
			start, n = i, j-i
		}
		i = j
	}
	return start, n
}

func base64Byte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '+' || b == '/' || b == '-' || b == '_' || b == '='
}

// runOf counts what a run is made of.
type runOf struct{ n, upper, lower, digit int }

func (r *runOf) add(b []byte) {
	r.n += len(b)
	for _, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			r.upper++
		case 'a' <= c && c <= 'z':
			r.lower++
		case '0' <= c && c <= '9':
			r.digit++
		}
	}
}

// mixed asks for a tenth of each case and a twentieth of digits; of random bytes two fifths are of
// each case and a sixth are digits.
func (r *runOf) mixed() bool {
	return r.upper*10 >= r.n && r.lower*10 >= r.n && r.digit*20 >= r.n
}

// hexRun looks for 1024 hexadecimal digits in a row, or for 512 bytes written as \xNN or 0xNN in a
// row, with what separates them.
func hexRun(head []byte) bool {
	digits, escapes := 0, 0
	for i := 0; i < len(head); i++ {
		b := head[i]
		if (b == '\\' || b == '0') && i+3 < len(head) && head[i+1] == 'x' && hexByte(head[i+2]) && hexByte(head[i+3]) {
			i += 3
			if escapes++; escapes >= payload {
				return true
			}
			digits = 0
			continue
		}
		if hexByte(b) {
			if digits++; digits >= 2*payload {
				return true
			}
			escapes = 0
			continue
		}
		switch b {
		case ' ', '\t', '\n', '\r', ',', '"', '\'':
		default:
			digits, escapes = 0, 0
		}
		if b != '\n' && b != '\r' {
			digits = 0
		}
	}
	return false
}

func hexByte(b byte) bool {
	return '0' <= b && b <= '9' || 'a' <= b && b <= 'f' || 'A' <= b && b <= 'F'
}

// bidi looks for the characters that override the order in which text is shown (CVE-2021-42574):
// embeddings, overrides and isolates, U+202A to U+202E and U+2066 to U+2069.
func bidi(head []byte) bool {
	for {
		i := bytes.IndexByte(head, 0xe2)
		if i < 0 || len(head)-i < 3 {
			return false
		}
		if c, d := head[i+1], head[i+2]; c == 0x80 && 0xaa <= d && d <= 0xae || c == 0x81 && 0xa6 <= d && d <= 0xa9 {
			return true
		}
		head = head[i+1:]
	}
}
