package signal

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"countersign/policy/edit"
)

const (
	strayRun  = 4  // invisible characters one after the other; in tests, which try what is odd, four times as many
	strayLine = 12 // such in one line
	strayAll  = 64 // such in what a change adds
	privRun   = 16 // characters one after the other that no standard names
)

// invisible finds text that no editor and no diff shows: characters that Unicode says to ignore where they aren't known
// (Default_Ignorable_Code_Point), and fillers that are blank. They carry bytes for a program, or words for a reader
// that is a program. What scripts and emoji need isn't asked: one joiner or selector after a character that isn't ASCII
// (Unicode 16, 23.4), a keycap, a flag in tags (UTS #51, ED-14A). Neither is a character of private use or two, as
// fonts of icons have them: a run of them shows boxes or nothing, and carries bytes as well.
//
// Measured: none.
func (f *file) invisible(l edit.Line) {
	if f.done(InvisibleText) {
		return
	}
	var (
		base  rune // the last character that is seen
		run   int  // of invisible characters
		priv  int  // of characters that no standard names
		stray int
		text  = f.hiddenCode(l)
	)
	for i := 0; i < len(l.Text); {
		r, n := utf8.DecodeRune(l.Text[i:])
		at := i
		i += n
		if l.Number == 1 && at == 0 && r == 0xfeff {
			continue
		}
		if priv = counted(priv, nameless(r)); priv == privRun {
			f.hit(InvisibleText, l, at, "a run of characters that no standard names")
		}
		if r == 0x1b && hides(l.Text[i:]) {
			f.hit(InvisibleText, l, at, "a command to a terminal, which hides what stands there")
		}
		if !ignorable(r) {
			if breaksLine(r) && text.from < at && i < text.to {
				f.hit(InvisibleText, l, at, "a line break that most editors don't show, and text after it")
			}
			if !blank(r) {
				base = r
			} else {
				base = ' '
			}
			run = 0
			continue
		}
		if isTag(r) && base == 0x1f3f4 {
			if m := flagTags(l.Text[at:]); m > 0 {
				i = at + m
				continue
			}
		}
		run++
		switch {
		case isTag(r):
			f.hit(InvisibleText, l, at, "a tag character, which nobody sees, outside of a flag")
		case isFiller(r) && r != 0x180e && f.kind == code && !f.test && !hangul(base):
			f.hit(InvisibleText, l, at, "a filler, which is a letter to a compiler and nothing to a reader")
		case 0xe0100 <= r && r <= 0xe01ef && !ideograph(base):
			f.hit(InvisibleText, l, at, "a variation selector after what has no variations")
		}
		if run > 2 || !wanted(base, r) {
			stray++
			f.stray++
		}
		if run >= strayRun && (!f.test || run >= 4*strayRun) {
			f.hit(InvisibleText, l, at, "a run of characters that nobody sees")
		}
		if f.kind != doc && !f.made && (stray >= strayLine || f.stray >= strayAll) {
			f.hit(InvisibleText, l, at, "many characters that nobody sees")
		}
	}
}

// counted counts on, or begins again.
func counted(n int, more bool) int {
	if more {
		return n + 1
	}
	return 0
}

// hides says whether what follows an escape conceals text, moves the cursor up or back, or clears a line (ECMA-48).
func hides(b []byte) bool {
	if len(b) < 2 || b[0] != '[' {
		return false
	}
	n := 1
	for n < len(b) && (b[n] == ';' || '0' <= b[n] && b[n] <= '9') {
		n++
	}
	if n == len(b) {
		return false
	}
	return b[n] == 'm' && (string(b[1:n]) == "8" || bytes.HasSuffix(b[1:n], []byte(";8"))) ||
		bytes.IndexByte([]byte("ADFGHJK"), b[n]) >= 0
}

// blank says whether a character takes room and shows nothing: U+2800 is braille without a dot.
func blank(r rune) bool { return r <= ' ' || r == 0x2800 || unicode.IsSpace(r) }

// flagTags gives the length of the tags of a flag, as England's: up to six letters and digits, and an end.
func flagTags(b []byte) int {
	for i, n := 0, 0; n <= 6; n++ {
		r, size := utf8.DecodeRune(b[i:])
		i += size
		switch {
		case r == 0xe007f && n > 2:
			return i
		case 0xe0030 <= r && r <= 0xe0039, 0xe0061 <= r && r <= 0xe007a:
		default:
			return 0
		}
	}
	return 0
}

// wanted says whether an invisible character has a use after one that is seen.
func wanted(base, r rune) bool {
	switch {
	case isFiller(r):
		return hangul(base) || unicode.Is(unicode.Mongolian, base)
	case 0xfe00 <= r && r <= 0xfe0f && (base == '#' || base == '*' || '0' <= base && base <= '9'):
		return true
	case 0xfe00 <= r && r <= 0xfe0d:
		return base >= 0x1000
	case 0xe0100 <= r && r <= 0xe01ef:
		return ideograph(base)
	case r == 0xad:
		return unicode.IsLetter(base)
	}
	return base >= 0x80
}

func ideograph(r rune) bool {
	return unicode.Is(unicode.Unified_Ideograph, r) || unicode.Is(unicode.Han, r)
}

func hangul(r rune) bool { return unicode.Is(unicode.Hangul, r) && !isFiller(r) }

// breaksLine says whether some languages end a line there, and most editors don't (ECMA-262, 12.3; PEP 278).
func breaksLine(r rune) bool { return r == '\r' || r == 0x2028 || r == 0x2029 }

// between is a part of a line.
type between struct{ from, to int }

// hiddenCode gives the part of a line in which code may hide behind a line break: it begins with a comment, and ends
// with text.
func (f *file) hiddenCode(l edit.Line) between {
	yaml := f.ext == "yml" || f.ext == "yaml"
	if f.kind != code && !yaml || f.test {
		return between{}
	}
	from := comment(l.Text)
	if from < 0 {
		return between{}
	}
	return between{from, len(bytes.TrimRight(l.Text, " \t\r"))}
}
