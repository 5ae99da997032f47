package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escape gives text from a push as it may be shown: one line, of characters that a reader sees and a
// terminal doesn't obey. The others are written as in Go's strings: control characters as \n, \r, \t
// or \x1b, bytes that aren't UTF-8 as \xff, and as \u202e or \U000e0001 all that has no shape of its
// own or turns its neighbours around: format characters, line and paragraph separators, spaces but
// the common one, variation selectors, fillers, private use and unassigned ones. A backslash becomes
// two, so different texts never look the same to a program.
func escape(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '\\' }) {
		return s
	}
	b := make([]byte, 0, len(s))
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1, r < ' ' && r != '\n' && r != '\r' && r != '\t', r == 0x7f:
			b = fmt.Appendf(b, `\x%02x`, s[0])
		case r == '\n':
			b = append(b, `\n`...)
		case r == '\r':
			b = append(b, `\r`...)
		case r == '\t':
			b = append(b, `\t`...)
		case r == '\\':
			b = append(b, `\\`...)
		case visible(r):
			b = utf8.AppendRune(b, r)
		case r <= 0xffff:
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = fmt.Appendf(b, `\U%08x`, r)
		}
		s = s[size:]
	}
	return string(b)
}

// visible says whether a character may be shown as it is. unicode.IsPrint leaves out all that has no
// shape but for a few that Unicode calls letters, marks or symbols.
func visible(r rune) bool {
	const brailleBlank = 0x2800
	return unicode.IsPrint(r) && r != brailleBlank &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// width says how many columns an escaped text takes at most. From Hangul on, characters may be two
// columns wide; that some there are narrower only makes lines shorter than they could be.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	const firstWide, ellipsis = 0x1100, '…'
	if r >= firstWide && r != ellipsis {
		return 2
	}
	return 1
}

// cut shortens an escaped text to so many columns. A longer one keeps its beginning and its end, where a path has its
// name, and gets "…" between them; no escape is cut in two.
func cut(s string, columns int) string {
	if width(s) <= columns {
		return s
	}
	var units []string // characters and escapes
	for rest := s; rest != ""; {
		n := unit(rest)
		units, rest = append(units, rest[:n]), rest[n:]
	}
	room := max(columns, 1) - 1
	front, back := 0, len(units)
	for left := room - room/2; front < back; front++ {
		if left -= width(units[front]); left < 0 {
			break
		}
	}
	for left := room / 2; back > front; back-- {
		if left -= width(units[back-1]); left < 0 {
			break
		}
	}
	return strings.Join(units[:front], "") + "…" + strings.Join(units[back:], "")
}

// unit gives the length of the character or escape that an escaped text begins with.
func unit(s string) int {
	n := 1
	switch {
	case s[0] != '\\':
		_, n = utf8.DecodeRuneInString(s)
	case strings.HasPrefix(s, `\x`):
		n = len(`\x1b`)
	case strings.HasPrefix(s, `\u`):
		n = len(`\u202e`)
	case strings.HasPrefix(s, `\U`):
		n = len(`\U000e0001`)
	default:
		n = len(`\n`)
	}
	return min(n, len(s))
}
