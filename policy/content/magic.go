package content

import (
	"bytes"
	"encoding/binary"

	"github.com/gabriel-vasile/mimetype"
)

// executables and archives are other types, by mimetype's own names for them, that run or unpack.
var (
	executables = map[string]bool{
		"application/x-ms-shortcut":     true,
		"application/x-shockwave-flash": true,
	}
	archives = map[string]bool{
		"application/zip":  true, // and what is one: jar, apk, docx, …
		"application/gzip": true, "application/x-bzip2": true, "application/x-xz": true, "application/lzip": true,
		"application/zstd": true, "application/x-7z-compressed": true, "application/vnd.rar": true, "application/x-tar": true,
		"application/x-cpio": true, "application/x-xar": true, "application/x-rpm": true,
		"application/vnd.ms-cab-compressed": true, "application/x-installshield": true,
		"application/x-chrome-extension": true,
		"application/x-ole-storage":      true, // msi, and documents with macros
		"application/vnd.sqlite3":        true,
	}
)

// magicBytes are beginnings of programs, and of archives that mimetype doesn't know, with who defines
// them. It knows most of the programs, but gives one type a file: for an ELF file that holds the
// header of a PDF, too, that would be PDF.
var magicBytes = []struct {
	at    int
	bytes string
	trait Traits
}{
	{0, "\x7fELF", Executable},          // ELF (System V ABI, chapter 4, ELF identification)
	{0, "\xfe\xed\xfa\xce", Executable}, // Mach-O of 32 and 64 bits, in both byte orders (Apple, mach-o/loader.h)
	{0, "\xfe\xed\xfa\xcf", Executable},
	{0, "\xce\xfa\xed\xfe", Executable},
	{0, "\xcf\xfa\xed\xfe", Executable},
	{0, "\xca\xfe\xba\xbe", Executable}, // Mach-O for several machines (mach-o/fat.h), Java (JVM specification, 4.1)
	{0, "\x00asm", Executable},          // WebAssembly (core specification, 5.5.16)
	{0, "dex\n", Executable},            // Dalvik (Dex format, DEX_FILE_MAGIC)
	{0, "BC\xc0\xde", Executable},       // LLVM bitcode (LLVM Bitcode File Format)
	{0, "!<arch>\n", Executable},        // static libraries, and deb (ar(5))
	{0, "!<thin>\n", Executable},
	{0, "\x5d\x00\x00", Archive},          // LZMA_Alone with the usual properties (xz, doc/lzma-file-format.txt)
	{0, "\x1f\x9d", Archive},              // compress (file(1), magic/Magdir/compress)
	{0, "\x04\x22\x4d\x18", Archive},      // LZ4 frame (lz4_Frame_format.md)
	{0, "\x89LZO\x00\r\n\x1a\n", Archive}, // lzop (file(1), magic/Magdir/archive)
	{32769, "CD001", Archive},             // ISO 9660, first volume descriptor (ECMA-119, 8.4)
}

// magic looks for the beginnings of programs and archives.
func magic(head []byte) Traits {
	var t Traits
	for _, m := range magicBytes {
		if len(head) >= m.at+len(m.bytes) && string(head[m.at:m.at+len(m.bytes)]) == m.bytes {
			t |= m.trait
		}
	}
	// Every other type has a byte early on that text doesn't have, but for PDF and tar.
	start := head[:min(len(head), 512)]
	likeText := head[0] < 0x80 && controls(start) == 0
	if pyc(head) || bytes.HasPrefix(head, []byte("MZ")) && !likeText { // MZ: Microsoft, PE Format, MS-DOS Stub
		t |= Executable
	}
	if pdf(head) {
		t |= Archive
	}
	if t != 0 || likeText && !ustar(head) {
		return t
	}
	for m := mimetype.Detect(head[:min(len(head), 4096)]); m != nil; m = m.Parent() {
		if executables[m.String()] {
			t |= Executable
		}
		if archives[m.String()] {
			t |= Archive
		}
	}
	return t
}

func ustar(head []byte) bool { return len(head) > 262 && string(head[257:262]) == "ustar" }

// pyc knows compiled Python: a version number, and CR LF (CPython, Include/internal/pycore_magic_number.h;
// versions 1 and 2 had numbers from 50428 on).
func pyc(head []byte) bool {
	if len(head) < 12 || head[2] != '\r' || head[3] != '\n' {
		return false
	}
	version := binary.LittleEndian.Uint16(head)
	return 3000 <= version && version < 4000 || 50428 <= version && version <= 62211
}

// pdf looks for the header where readers of PDF do, in the first 1024 bytes (ISO 32000-1, annex
// H.3.4.1): anything may stand before it.
func pdf(head []byte) bool {
	const mark = "%PDF-"
	start := head[:min(len(head), 1024+len(mark))]
	i := bytes.Index(start, []byte(mark))
	return i >= 0 && i+len(mark) < len(start) && '0' <= start[i+len(mark)] && start[i+len(mark)] <= '9'
}

// opaque says whether bytes are no text: Git looks for a NUL in the first 8000 bytes
// (buffer_is_binary in its xdiff-interface.c), here it is one anywhere, or control characters that
// text doesn't have, as many as one in 256 bytes. So UTF-16 is opaque, since no diff shows it, and
// legacy encodings are not.
func opaque(head []byte) bool {
	return bytes.IndexByte(head, 0) >= 0 || controls(head) > len(head)/256
}

// MostlyText says whether fifteen of sixteen bytes are plain text: a program into which somebody put a NUL, by which
// Git shows nothing of it, is run all the same.
func MostlyText(head []byte) bool {
	plain := 0
	for _, c := range head {
		if c >= ' ' && c < 0x7f || c == '\t' || c == '\n' || c == '\r' {
			plain++
		}
	}
	return plain >= len(head)/16*15
}

// controls counts the control characters that text doesn't have. Of most texts it sees by 32 bytes at a time that there
// are none.
func controls(b []byte) (n int) {
	const most = 32
	for ; len(b) >= most; b = b[most:] {
		word := func(i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }
		if oddBytes(word(0))|oddBytes(word(8))|oddBytes(word(16))|oddBytes(word(24)) != 0 {
			n += controlsOneByOne(b[:most])
		}
	}
	return n + controlsOneByOne(b)
}

func controlsOneByOne(b []byte) (n int) {
	for _, c := range b {
		n += int(byteKinds[c] >> 7)
	}
	return n
}

// oddBytes gives the highest bit of those of eight bytes that are a control character other than those from tab to
// carriage return, or the vertical tab among these. Each byte is asked by itself: what is added to its lower seven bits
// carries no further than to the eighth, which says whether it is as large.
func oddBytes(eight uint64) uint64 {
	const each, high = 0x0101010101010101, 0x8080808080808080
	low := eight &^ high
	control := ^(low + each*(0x80-' '))
	blank := (low + each*(0x80-'\t')) &^ (low + each*(0x80-'\r'-1))
	vertical := ^((low ^ each*'\v') + each*0x7f)
	deleted := low + each*(0x80-0x7f)
	return (control&(^blank|vertical) | deleted) &^ eight & high
}
