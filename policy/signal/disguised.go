package signal

import (
	"bytes"
	"unicode/utf8"
)

// opaqueNames are the extensions of formats whose files are never text.
var opaqueNames = map[string]bool{
	"woff": true, "woff2": true, "ttf": true, "otf": true, "eot": true, "png": true, "jpg": true, "jpeg": true,
	"gif":  true,
	"webp": true, "avif": true, "heic": true, "bmp": true, "ico": true, "icns": true, "cur": true, "tif": true,
	"tiff": true,
	"psd":  true, "mp3": true, "m4a": true, "aac": true, "flac": true, "wav": true, "ogg": true, "opus": true, "mp4": true,
	"svgz": true, "dll": true, "dylib": true, "exe": true, "pyc": true, "class": true,
	"m4v": true, "mov": true, "avi": true, "mkv": true, "webm": true, "zip": true, "gz": true, "tgz": true, "bz2": true,
	"xz": true,
	"7z": true, "rar": true, "zst": true, "lz4": true, "jar": true, "war": true, "whl": true, "wasm": true, "apk": true,
	"lzma": true, "tbz2": true, "txz": true, "cab": true, "rpm": true, "deb": true, "iso": true, "dmg": true, "msi": true,
	"docx": true, "xlsx": true, "pptx": true, "node": true, "swf": true, "glb": true, "aiff": true, "vsix": true,
	"crx": true, "nupkg": true, "sqlite": true, "pdf": true,
}

// placeholder is how long a text in the place of a picture or of a test's data may be.
const placeholder = 100

// disguised finds text in a file that is named as an image, a font, an archive, …: code that is loaded from where
// nobody
// looks for it. Pointers of Git LFS and git-annex are what they say, SVG under another picture's name is a mistake, and
// a short line without signs of code holds a place.
//
// Measured: none.
func (f *file) disguised() {
	if !opaqueNames[f.ext] || !isText(f.now) {
		return
	}
	text := bytes.TrimSpace(f.now)
	switch {
	case len(text) == 0,
		f.ext == "pdf" && bytes.HasPrefix(text, []byte("%PDF-")), // it may be all ASCII
		isPointer(text),
		bytes.Contains(text, []byte("/annex/objects/")) && bytes.Count(text, []byte("\n")) == 0 && len(text) < 1024,
		len(text) <= placeholder && !bytes.ContainsAny(text, "(){};=<$|&\n"),
		f.test && len(text) <= 5*placeholder && !bytes.ContainsAny(text, "{;=$"):
		return
	}
	if start := text[:min(len(text), 1024)]; start[0] == '<' && bytes.Contains(start, []byte("<svg")) &&
		!containsFold(text, "<script") {
		return
	}
	f.hit(Disguised, f.lines[0], 0, "text in a file that is named ."+f.ext)
}

// isPointer says whether a text is a pointer of Git LFS and nothing else.
func isPointer(text []byte) bool {
	if !bytes.HasPrefix(text, []byte("version https://git-lfs.github.com/spec/")) || len(text) >= 1024 {
		return false
	}
	for line := range bytes.Lines(text) {
		if name, _, _ := bytes.Cut(line, []byte(" ")); string(name) != "version" && string(name) != "oid" &&
			string(name) != "size" && !bytes.HasPrefix(name, []byte("ext-")) {
			return false
		}
	}
	return true
}

// isText says whether the beginning of a file is text. Bytes that are none, a few among many that are, change nothing.
func isText(b []byte) bool {
	b = b[:min(len(b), 8000)]
	odd, plain := 0, 0
	for _, c := range b {
		if c == 0 {
			return false
		}
		if c >= ' ' && c < 0x7f || c == '\n' {
			plain++
		}
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b || c == 0x7f {
			odd++
		}
	}
	if odd > len(b)/256 {
		return false
	}
	if plain > len(b)/8*7 || len(b) > 200 { // in another character set
		return true
	}
	for len(b) > 0 && !utf8.Valid(b) {
		r, n := utf8.DecodeLastRune(b)
		if r != utf8.RuneError || n != 1 || len(b) < 7990 {
			return false
		}
		b = b[:len(b)-1]
	}
	return true
}
