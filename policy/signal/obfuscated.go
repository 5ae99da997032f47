package signal

import (
	"bytes"

	"countersign/policy/edit"
)

const (
	manyNames   = 4   // _0x names of one line
	allNames    = 12  // of a change
	manyEscapes = 40  // of one line, if what they write could be written plainly
	allEscapes  = 400 // of a change
	longBase64  = 400
	manyCodes   = 16 // numbers of characters
	manySigns   = 40 // of []()!+ one after the other
)

// obfuscated finds code that was written so that nobody can read it: the names that obfuscators give, plain characters
// written as escapes or numbers, long strings of base64, programs of brackets.
//
// Measured: none.
func (f *file) obfuscated(l edit.Line, m mark) {
	if f.done(Obfuscated) {
		return
	}
	b := l.Text
	if m&odd != 0 {
		n, at := hexNames(b)
		f.names += n
		if n >= manyNames || n > 0 && f.names >= allNames {
			f.hit(Obfuscated, l, at, "many names like _0x1a2b, which obfuscators give")
		}
		if i := bytes.Index(b, []byte("!![]")); i >= 0 && bytes.Count(b, []byte("parseInt(")) >= 3 {
			f.hit(Obfuscated, l, i, "the loop by which obfuscators shuffle their strings")
		}
		if i := bytes.Index(b, []byte("=~[];")); i >= 0 && bytes.Count(b, []byte("+")) > 20 {
			f.hit(Obfuscated, l, i, "a program of signs")
		}
		if i := signs(b); i >= 0 {
			f.hit(Obfuscated, l, i, "a program of brackets")
		}
	}
	if f.test || f.kind == markup {
		return
	}
	if m&odd != 0 {
		if i := charCodes(b); i >= 0 {
			f.hit(Obfuscated, l, i, "a text written as numbers of characters")
		}
	}
	if m&backslash != 0 {
		n, at := plainEscapes(b)
		f.escapes += n
		if n >= manyEscapes || n > 0 && f.escapes >= allEscapes {
			f.hit(Obfuscated, l, at, "plain characters written as escapes")
		}
	}
	if len(b) >= longBase64 && f.language && !f.made {
		if i := base64Text(b); i >= 0 {
			f.hit(Obfuscated, l, i, "a long string of base64 in code")
		}
	}
}

// hexNames counts names like _0x1a2b, and says where the first stands.
func hexNames(b []byte) (n, at int) {
	at = -1
	for i := 0; i+6 < len(b); i++ {
		if b[i] != '_' || b[i+1] != '0' || b[i+2] != 'x' || i > 0 && isWord(b[i-1]) && !shortPrefix(b[:i]) {
			continue
		}
		digits := 0
		for i+3+digits < len(b) && isHex(b[i+3+digits]) {
			digits++
		}
		if digits >= 4 && digits <= 8 {
			if n++; at < 0 {
				at = i
			}
		}
	}
	return n, at
}

// shortPrefix says whether bytes end with what an obfuscator puts before its names: a letter and a digit.
func shortPrefix(b []byte) bool {
	n := len(b)
	return n >= 2 && 'a' <= b[n-2] && b[n-2] <= 'z' && '0' <= b[n-1] && b[n-1] <= '9' && (n == 2 || !isWord(b[n-3]))
}

const hexDigits = "0123456789abcdef"

// plainEscapes counts \x, \u and \1 escapes of printable ASCII, if they are most of the line's escapes.
func plainEscapes(b []byte) (n, at int) {
	all, at := 0, -1
	for i := 0; i+3 < len(b); i++ {
		if b[i] != '\\' {
			continue
		}
		var high, low byte
		switch {
		case b[i+1] == 'x' && isHex(b[i+2]) && isHex(b[i+3]):
			high, low = b[i+2], b[i+3]
			i += 3
		case b[i+1] == 'u' && i+5 < len(b) && isHex(b[i+2]) && isHex(b[i+3]) && isHex(b[i+4]) && isHex(b[i+5]):
			if b[i+2] == '0' && b[i+3] == '0' {
				high, low = b[i+4], b[i+5]
			}
			i += 5
		case b[i+1] == 'u' && b[i+2] == '{' && i+5 < len(b) && b[i+5] == '}' && isHex(b[i+3]) && isHex(b[i+4]):
			high, low = b[i+3], b[i+4]
			i += 5
		case '0' <= b[i+1] && b[i+1] <= '1' && '0' <= b[i+2] && b[i+2] <= '7' && '0' <= b[i+3] && b[i+3] <= '7':
			c := (b[i+1]-'0')<<6 | (b[i+2]-'0')<<3 | b[i+3] - '0'
			high, low = '0'+c>>4, hexDigits[c&15]
			i += 3
		default:
			i++ // what is escaped is no escape
			continue
		}
		all++
		if '2' <= high && high <= '7' && !(high == '7' && low|0x20 == 'f') {
			if n++; at < 0 {
				at = i
			}
		}
	}
	if n*4 < all*3 {
		return 0, -1
	}
	return n, at
}

// charCodes finds String.fromCharCode of many numbers, and many chr() one after the other.
func charCodes(b []byte) int {
	for _, name := range []string{"fromcharcode(", "fromcodepoint(", "string.char("} {
		if i := indexFold(b, name); i >= 0 {
			numbers, rest := 0, b[i+len(name):]
			for j, c := range rest {
				if c == ')' {
					break
				}
				if '0' <= c && c <= '9' && (j == 0 || !isWord(rest[j-1])) {
					numbers++
				}
			}
			if numbers >= manyCodes {
				return i
			}
		}
	}
	n, first := 0, -1
	for i := 0; i+6 < len(b); i++ {
		digits := -1
		if hasFold(b[i:], "chr(") {
			digits = i + 4
		} else if hasFold(b[i:], "[char]") {
			digits = i + 6
		}
		if digits > 0 && digits < len(b) && '0' <= b[digits] && b[digits] <= '9' {
			if n++; first < 0 {
				first = i
			}
		}
	}
	if n >= manyCodes/2 {
		return first
	}
	return -1
}

// signs finds a run of the characters of which a whole program can be written in JavaScript.
func signs(b []byte) int {
	n := 0
	for i, c := range b {
		switch c {
		case '[', ']', '(', ')', '!', '+':
			if n++; n >= manySigns {
				return i - n + 1
			}
		default:
			n = 0
		}
	}
	return -1
}

// base64Text finds 400 characters of base64 without a break. Not asked are pictures and fonts in a data URL, and what
// begins like a certificate or key (DER, a sequence).
func base64Text(b []byte) int {
	from := 0
	for i := 0; i <= len(b); i++ {
		if i < len(b) && isBase64(b[i]) {
			continue
		}
		if i-from >= longBase64 && mixed(b[from:i]) && !harmlessData(b[max(0, from-80):from]) &&
			!bytes.HasPrefix(b[from:i], []byte("MII")) {
			return from
		}
		from = i + 1
	}
	return -1
}

// harmlessData says whether a data URL of a picture, a font or a sound is begun.
func harmlessData(before []byte) bool {
	i := bytes.LastIndex(before, []byte("data:"))
	if i < 0 {
		return false
	}
	for _, t := range []string{
		"image/", "font/", "audio/", "video/", "application/font", "application/x-font", "application/vnd.ms-font",
	} {
		if bytes.HasPrefix(before[i+5:], []byte(t)) {
			return true
		}
	}
	return false
}

// mixed says whether letters of both cases and digits stand there as in base64: no name and no path has so many of
// each.
func mixed(b []byte) bool {
	var upper, small, digit int
	for _, c := range b {
		switch {
		case 'A' <= c && c <= 'Z':
			upper++
		case 'a' <= c && c <= 'z':
			small++
		case '0' <= c && c <= '9':
			digit++
		}
	}
	n := len(b)
	return upper*8 > n && small*8 > n && digit*30 > n
}
