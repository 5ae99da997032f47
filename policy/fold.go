package policy

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// foldASCII folds the case of ASCII letters, and leaves all other bytes as they are.
func foldASCII(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return 'A' <= r && r <= 'Z' }) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// checkoutForms gives a path as file systems may take it: folded as ASCII case is, and, where that
// differs, folded as those that know Unicode do (HFS+, APFS, ext4 with casefold), and then as Windows
// does, for which a backslash is a slash, and which drops trailing dots and spaces and what follows a
// colon.
func checkoutForms(path string) []string {
	forms := []string{foldASCII(path)}
	unfolded := func(r rune) bool { return r >= utf8.RuneSelf }
	if form := forms[0]; strings.ContainsFunc(form, unfolded) {
		if folded := ligatures.Replace(strings.Map(foldUnicode, form)); folded != form {
			forms = append(forms, folded)
		}
	}
	last := forms[len(forms)-1]
	parts := strings.FieldsFunc(last, func(r rune) bool { return r == '/' || r == '\\' })
	kept := parts[:0]
	for _, part := range parts {
		part, _, _ = strings.Cut(part, ":")
		if part = strings.TrimRight(part, ". "); part != "" {
			kept = append(kept, part)
		}
	}
	if form := strings.Join(kept, "/"); form != last {
		forms = append(forms, form)
	}
	return forms
}

// foldUnicode folds what becomes ASCII, in case or in compatibility, and drops what shows nothing:
// git's own list for HFS+ (next_hfs_char in its utf8.c), and more. Marks on letters don't matter,
// since no glob has any.
func foldUnicode(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case 0xff01 <= r && r <= 0xff5e: // full-width forms
		return unicode.ToLower(r - 0xfee0)
	case unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return -1
	}
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) { // the Kelvin sign, the long s
		if f < utf8.RuneSelf {
			return unicode.ToLower(f)
		}
	}
	return r
}

// ligatures are the letters that full case folding makes several ASCII letters of (Unicode,
// CaseFolding.txt, status F).
var ligatures = strings.NewReplacer("ß", "ss", "ẞ", "ss", "ﬀ", "ff", "ﬁ", "fi",
	"ﬂ", "fl", "ﬃ", "ffi", "ﬄ", "ffl", "ﬅ", "st", "ﬆ", "st")

// shortName gives a part of a path that Windows may take for the short name of any longer one: GITHUB~1 is .github
// there, CONFIG~1.AC is configure.ac. It gives "" where there is none.
func shortName(path string) string {
	if !strings.Contains(path, "~") {
		return ""
	}
	forms := checkoutForms(path)
	for part := range strings.SplitSeq(forms[len(forms)-1], "/") {
		base, _, _ := strings.Cut(part, ".")
		if utf8.RuneCountInString(base) <= 8 && shortNames().MatchString(part) {
			return part
		}
	}
	return ""
}

var shortNames = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^.~]+~[0-9]+(\.[^.]{0,3})?$`) })

// FoldRef gives a ref's name as file systems may take it that fold case or Unicode composition, or drop a dot at the
// end of a name, where a ref is a file: two names that give the same are one there.
func FoldRef(ref string) string {
	ref = strings.ReplaceAll(ref, "./", "/")
	if !utf8.ValidString(ref) || !strings.ContainsFunc(ref, func(r rune) bool { return r >= utf8.RuneSelf }) {
		return foldASCII(ref)
	}
	fold := func(r rune) rune {
		if unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector) {
			return -1 // HFS+ takes no notice of them
		}
		first := r
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			first = min(first, f)
		}
		return unicode.ToLower(first)
	}
	return norm.NFD.String(ligatures.Replace(strings.Map(fold, norm.NFD.String(ref))))
}

// lookAlike folds the characters that are easily taken for one another.
func lookAlike(name string) string {
	return alike.Replace(name)
}

var alike = strings.NewReplacer("0", "o", "1", "l", "i", "l", "-", "", "_", "", ".", "", "rn", "m", "vv", "w")
