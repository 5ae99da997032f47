package content

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// The readings that dense asks.
var (
	asChars    = reading{size: 1024, least: 12, read: readChars}
	asHex      = reading{size: maxWindow, least: 12, read: readHex}
	asDecimals = reading{size: 1024, least: 24, read: readDecimals}
)

// readChars reads the characters of a part of a text, without white space, quotes and commas. An escaped byte is
// one: \x7f, \u007f, \177, \7f, \n, %7f, =7f, &#127; and &#x7f;.
func readChars(w *window, text []byte, part span) {
	for i := part.from; i < part.to && !w.done(); {
		b := text[i]
		if byteKinds[b]&glueKind != 0 {
			i++
			i += between(text[:part.to], i)
			continue
		}
		switch b {
		case '\\', '%', '=', '&':
			if v, n := escape(text[i:part.to]); n > 0 {
				w.add(v, i)
				i += n
				continue
			}
		}
		if b < utf8.RuneSelf {
			w.add(b, i)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:part.to])
		if r == utf8.RuneError && n == 1 {
			r = rune(b)
		}
		w.add(uint8(r), i)
		i += n
	}
}

// between gives how many signs, three at most, stand by themselves: the plus of two strings, or what begins a
// comment.
func between(text []byte, i int) (n int) {
	if i > 0 && byteKinds[text[i-1]]&glueKind == 0 {
		return 0
	}
	for n < 3 && i+n < len(text) && byteKinds[text[i+n]]&(wordKind|glueKind) == 0 && text[i+n] < utf8.RuneSelf {
		n++
	}
	if i+n < len(text) && byteKinds[text[i+n]]&glueKind == 0 {
		return 0
	}
	return n
}

// escape reads an escaped byte that text begins with, and says how long it is.
func escape(text []byte) (v uint8, n int) {
	switch text[0] {
	case '%', '=':
		return hexValue(text, 1, 2)
	case '&':
		return entity(text)
	}
	if len(text) < 2 {
		return 0, 0
	}
	switch text[1] {
	case 'x':
		return hexValue(text, 2, 2)
	case 'u':
		return hexValue(text, 2, 4)
	}
	if octal(text[1:]) {
		return (text[1]-'0')<<6 | (text[2]-'0')<<3 | text[3] - '0', 4
	}
	if v, n := hexValue(text, 1, 2); n > 0 { // WebAssembly text format, 6.3.3
		return v, n
	}
	if i := strings.IndexByte("0abtnvfr\\\"'", text[1]); i >= 0 { // in the order of their values, in C
		const values = "\x00\a\b\t\n\v\f\r\\\"'"
		return values[i], 2
	}
	return 0, 0
}

// hexValue reads so many hexadecimal digits behind the first bytes of text.
func hexValue(text []byte, from, digits int) (v uint8, n int) {
	if len(text) < from+digits {
		return 0, 0
	}
	for _, c := range text[from : from+digits] {
		d := digit(c)
		if d < 0 {
			return 0, 0
		}
		v = v<<4 | uint8(d)
	}
	return v, from + digits
}

// digit gives the value of a hexadecimal digit, or -1.
func digit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	default:
		return -1
	}
}

// entity reads a numeric character reference (HTML, 13.5).
func entity(text []byte) (v uint8, n int) {
	if len(text) < 4 || text[1] != '#' {
		return 0, 0
	}
	i, base := 2, 10
	if text[2]|0x20 == 'x' {
		i, base = 3, 16
	}
	for from := i; i < len(text) && i < from+8; i++ {
		d := digit(text[i])
		switch {
		case text[i] == ';' && i > from:
			return v, i + 1
		case d < 0 || d >= base:
			return 0, 0
		}
		v = v*uint8(base) + uint8(d)
	}
	return 0, 0
}

// gaps are the words between the numbers of a run. Those that come back, as the name of a type or of a directive,
// belong to how the numbers are written. New ones say what the numbers mean.
type gaps struct {
	known [8]string
	next  int
	new   int
}

// add says whether a word is one more than numbers that carry so many bytes may have.
func (g *gaps) add(word []byte, bytes int) (tooMany bool) {
	for _, k := range g.known {
		if k == string(word) {
			return false
		}
	}
	g.known[g.next] = string(word)
	g.next = (g.next + 1) % len(g.known)
	g.new++
	return g.new > 4+bytes/64
}

// readHex reads the hexadecimal numbers of a part of a text by their digits: 7f, 0x7f, $7f, 07fh, 0x7f454c46UL, of
// 64 bits at most. Longer ones are digests.
func readHex(w *window, text []byte, part span) {
	var g gaps
	bytes := 0
	eachWord(text, part, func(word []byte, at int) {
		digits := hexNumber(word)
		switch {
		case digits != nil:
		case onlyHexLetters(word): // a number or a word: nobody knows
			return
		default:
			if g.add(word, bytes) {
				w.cut()
				g, bytes = gaps{}, 0
			}
			return
		}
		for i, d := range digits {
			w.add(uint8(digit(d)), at+min(i, len(word)-1))
		}
		bytes += len(digits) / 2
	})
}

// hexNumber gives the digits of a hexadecimal number, without what says that it is one, nor which type it has.
func hexNumber(word []byte) []byte {
	marked := false
	if len(word) > 2 && word[0] == '0' && word[1]|0x20 == 'x' {
		word, marked = word[2:], true
	}
	n := hexDigits(word)
	rest := word[n:]
	if !marked && len(rest) == 1 && rest[0]|0x20 == 'h' { // of assemblers
		if n%2 == 1 && word[0] == '0' {
			word, n = word[1:], n-1
		}
		rest, marked = nil, true
	}
	for _, c := range rest {
		if !marked || c|0x20 != 'u' && c|0x20 != 'l' {
			return nil
		}
	}
	if n < 2 || n > 16 || n%2 == 1 || !marked && onlyHexLetters(word[:n]) {
		return nil
	}
	return word[:n]
}

func onlyHexLetters(word []byte) bool {
	for _, c := range word {
		if digit(c) < 10 {
			return false
		}
	}
	return true
}

// readDecimals reads the decimal numbers of a part of a text: whole ones of 64 bits at most by their bytes, longer
// ones by two digits each, and numbers of zeros and ones by their bits.
func readDecimals(w *window, text []byte, part span) {
	var g gaps
	bytes, binary, ones := 0, 0, 0
	eachWord(text, part, func(word []byte, at int) {
		if isBinary(word) {
			for _, d := range word {
				if ones, binary = ones<<1|int(d-'0'), binary+1; binary == 8 {
					w.add(uint8(ones), at)
					ones, binary = 0, 0
					bytes++
				}
			}
			return
		}
		if len(word) > 20 && onlyDigits(word) {
			for i := 1; i < len(word); i += 2 {
				w.add((word[i-1]-'0')*10+word[i]-'0', at+i)
			}
			return
		}
		v, ok := decimal(word)
		if !ok {
			if g.add(word, bytes) {
				w.cut()
				g, bytes = gaps{}, 0
			}
			return
		}
		for more := true; more; more = v > 0 {
			w.add(uint8(v), at)
			v >>= 8
			bytes++
		}
	})
}

func isBinary(word []byte) bool {
	for _, d := range word {
		if d != '0' && d != '1' {
			return false
		}
	}
	return len(word) >= 8
}

func onlyDigits(word []byte) bool {
	for _, d := range word {
		if d < '0' || d > '9' {
			return false
		}
	}
	return true
}

// decimal reads a whole number of 64 bits, or an octal one that begins with 0.
func decimal(word []byte) (v uint64, ok bool) {
	if !onlyDigits(word) || len(word) > 20 {
		return 0, false
	}
	base := 10
	if len(word) > 2 && word[0] == '0' {
		base = 8
	}
	v, err := strconv.ParseUint(string(word), base, 64)
	if err != nil {
		v, err = strconv.ParseUint(string(word), 10, 64)
	}
	return v, err == nil
}

// eachWord gives the words of a part of a text: letters, digits and underscores in a row, and a decimal fraction as
// one.
func eachWord(text []byte, part span, do func(word []byte, at int)) {
	for i := part.from; i < part.to; i++ {
		from := i
		for i < part.to && (byteKinds[text[i]]&wordKind != 0 || text[i] == '.' && i > from) {
			i++
		}
		if i > from {
			do(text[from:i], from)
		}
	}
}
