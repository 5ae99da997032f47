package signal

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"countersign/policy/edit"
)

const (
	farColumns  = 120 // blanks within a line
	farIndented = 240 // blanks before all of it
	farStart    = 100 // bytes of a line after which fewer blanks do
	farGap      = 60  // such blanks
	manyTurns   = 16  // from blanks to tabs and back, in one run
	manyEmpty   = 120 // empty lines one after the other
)

// behindBlanks finds code that stands so far to the right that no screen shows it. A comment there, a brace or the
// backslash of a macro is how people align. A tab is eight columns.
//
// Measured: none.
func (f *file) behindBlanks(l edit.Line) {
	if f.done(CodeBehind) {
		return
	}
	b := l.Text
	// A run that is long enough covers one of every 15 bytes.
	for i := 14; i < len(b); i += 15 {
		if b[i] != ' ' && b[i] != '\t' && b[i] != '\f' && b[i] < 0x80 {
			continue
		}
		from := i
		for from > 0 && !utf8.RuneStart(b[from]) {
			from--
		}
		for from > 0 && blankBefore(b[:from]) > 0 {
			from -= blankBefore(b[:from])
		}
		to, columns := from, 0
		for to < len(b) {
			r, n := utf8.DecodeRune(b[to:])
			if r == '\t' {
				columns += 8
			} else if r == 0x3000 { // as wide as an ideograph
				columns += 2
			} else if r == ' ' || r == '\f' || r > 0x7f && blank(r) {
				columns++
			} else {
				break
			}
			to += n
		}
		if (from > 0 && columns >= farColumns || columns >= farIndented || from >= farStart && columns >= farGap) &&
			f.standsAlone(b[to:]) {
			f.hit(CodeBehind, l, to, "code after so many blanks that no screen shows it")
			return
		}
		if turns := turns(b[from:to]); turns >= manyTurns {
			f.hit(InvisibleText, l, from, "blanks and tabs in turn, which may be written for a program")
		}
		i = max(i, to/15*15+14-15)
	}
}

// scripted says whether a line of markup has a part that a browser runs.
func (f *file) scripted(line []byte) bool {
	return f.kind == markup && len(line) >= farGap && anyFold(line, "<script", "</script", "javascript:", "onload",
		"onerror",
		"onclick", "onmouse", "onfocus", "onbegin", "ontoggle", "eval(", "fetch(", "import(", "atob(", "function(", "=>")
}

// emptyLines finds a run of empty lines that is higher than any screen, before whatever comes below.
func (f *file) emptyLines(l edit.Line) {
	if len(trimBlanks(l.Text)) > 0 {
		f.empty = 0
	} else if f.empty++; f.empty == manyEmpty && f.isCode() {
		f.hit(CodeBehind, l, 0, "so many empty lines that no screen shows what is below")
	}
}

// turns counts where a tab follows a blank, or the reverse: people use one and then the other.
func turns(b []byte) (n int) {
	for i := 1; i < len(b); i++ {
		if b[i] != b[i-1] && (b[i] == '\t' || b[i-1] == '\t') {
			n++
		}
	}
	return n
}

// isCode says whether a file holds code, or settings that may.
func (f *file) isCode() bool {
	return f.kind.runs() && f.ext != "conf" && f.ext != "ini" && f.ext != "desktop"
}

// blankBefore gives the length of the blank that bytes end with, or 0.
func blankBefore(b []byte) int {
	if c := b[len(b)-1]; c < 0x80 {
		if c == ' ' || c == '\t' || c == '\f' {
			return 1
		}
		return 0
	}
	r, n := utf8.DecodeLastRune(b)
	if blank(r) {
		return n
	}
	return 0
}

// standsAlone says whether what ends a line is more than what people align: a comment, punctuation, a backslash.
func (f *file) standsAlone(rest []byte) bool {
	rest = trimBlanks(rest)
	if c := comment(rest); c == 0 && !(rest[0] == '#' && f.slashes() && len(rest) > 3) {
		end := bytes.Index(rest, []byte("*/"))
		return end >= 0 && end+2 < len(rest) || rest[0] == '/' && (f.ext == "py" || f.kind == script)
	}
	for _, c := range rest {
		if c >= 0x80 || c == '_' || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' {
			return len(rest) > 3
		}
	}
	return false
}

// slashes says whether a language has // for comments, and # for something else.
func (f *file) slashes() bool {
	const with = " js mjs cjs jsx ts mts cts tsx vue rs c h cc cpp cxx hpp go java kt cs swift "
	return strings.Contains(with, " "+f.ext+" ")
}

func trimBlanks(b []byte) []byte { return bytes.Trim(b, " \t\r") }

// comment gives where a comment begins, of the usual kinds, or -1. It doesn't know strings.
func comment(b []byte) int {
	for i, c := range b {
		if c == '#' || c == '/' && i+1 < len(b) && (b[i+1] == '/' || b[i+1] == '*') {
			return i
		}
	}
	return -1
}
