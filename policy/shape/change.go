package shape

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"countersign/policy/edit"
)

// change is a difference in what a file means, as a reader of its format sees it.
type change struct {
	line  int // in the text that lands; 0 if it isn't there
	shape Shape
	why   string
}

// comparer gives all differences in meaning between two texts of a format. Old is nil where there was no text.
// What it doesn't mention is the same, or differs in comments and white space.
type comparer func(old, now []byte) []change

func harmless(line int, why string) change { return change{line, Harmless, why} }
func plain(line int, why string) change    { return change{line, Plain, why} }
func risky(line int, why string) change    { return change{line, Risky, why} }

// unread is what a comparer says of a text that it can't read wholly.
func unread() []change { return []change{plain(0, "it can't be read wholly")} }

// reason gives the reason that a change is, with the line it stands on.
func (c change) reason(now []byte) Reason {
	r := Reason{Line: c.line, Shape: c.shape, Why: c.why}
	number := 0
	for line := range bytes.Lines(now) {
		if number++; number == c.line {
			r.Text = string(bytes.TrimRight(line, "\r\n"))
			break
		}
	}
	return r
}

// harmlessLines gives the lines that a harmless change adds, or what it takes out.
func harmlessLines(changes []change, c *edit.Change) []Reason {
	other := "a comment, white space or the order of lines"
	whys := make(map[int]string)
	for _, d := range changes {
		whys[d.line] = d.why
		other = "a part of a change that does no harm, a comment or white space"
	}
	var reasons []Reason
	for _, l := range c.Added() {
		why := whys[l.Number]
		if why == "" {
			why = other
		}
		reasons = append(reasons, Reason{l.Number, string(l.Text), Harmless, why})
	}
	if len(reasons) == 0 {
		for _, d := range changes {
			reasons = append(reasons, d.reason(c.Now))
		}
	}
	if len(reasons) == 0 {
		reasons = append(reasons, Reason{Shape: Harmless, Why: other})
	}
	return reasons
}

// unreadable says why a change can't be harmless whatever its format: a character that shows nothing or otherwise
// than it is, or a comment by which a tool is told something.
func unreadable(old, now []byte, added, gone []edit.Line) string {
	if !utf8.Valid(now) || !utf8.Valid(old) {
		return "not UTF-8"
	}
	if ends(old) != ends(now) || ends(now) == mixedEnds {
		return "the lines end otherwise, or not alike"
	}
	for _, l := range added {
		if !printable(l.Text) {
			return "a character that can't be seen"
		}
		if directive(l.Text) {
			return "a comment that tools obey"
		}
	}
	for _, l := range gone {
		if directive(l.Text) {
			return "a comment that tools obey is gone"
		}
	}
	return ""
}

// How the lines of a text end.
const (
	unixEnds = iota
	dosEnds
	mixedEnds
)

func ends(text []byte) int {
	returns := bytes.Count(text, []byte{'\r'})
	switch {
	case returns == 0:
		return unixEnds
	case returns == bytes.Count(text, []byte("\r\n")) && returns == bytes.Count(text, []byte{'\n'}):
		return dosEnds
	}
	return mixedEnds
}

// printable tells whether all of a line can be seen: no control or format characters, no blanks but space and tab.
func printable(line []byte) bool {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	for _, r := range string(line) {
		if r < utf8.RuneSelf {
			if r < ' ' && r != '\t' || r == 0x7f {
				return false
			}
		} else if !unicode.IsPrint(r) || unicode.Is(unicode.Variation_Selector, r) || unicode.Is(hiddenLetters, r) {
			return false
		}
	}
	return true
}

// hiddenLetters are letters and marks that show nothing: Default_Ignorable_Code_Point of Unicode, of those that
// unicode.IsPrint takes.
var hiddenLetters = &unicode.RangeTable{R16: []unicode.Range16{
	{0x034f, 0x034f, 1},
	{0x115f, 0x1160, 1},
	{0x17b4, 0x17b5, 1},
	{0x2800, 0x2800, 1},
	{0x3164, 0x3164, 1},
	{0xffa0, 0xffa0, 1},
}}

// directives are what comments hold that a tool obeys.
var directives = [][]byte{
	[]byte("nosec"), []byte("nosemgrep"), []byte("zizmor"), []byte("checkov"), []byte("hadolint"), []byte("gitleaks"),
	[]byte("trufflehog"), []byte("tfsec"), []byte("trivy:"), []byte("kics"), []byte("lgtm["), []byte("codeql["),
	[]byte("renovate:"), []byte("dependabot"), []byte("escape="), []byte("escape ="), []byte("syntax="),
	[]byte("syntax ="), []byte("check="), []byte("yaml-language-server"), []byte("shellcheck"), []byte("coding:"),
	[]byte("coding="), []byte("pragma:"), []byte("-*-"), []byte("vim:"), []byte("actionlint"), []byte("frozen_string"),
}

func directive(line []byte) bool {
	if bytes.IndexByte(line, '#') < 0 && !bytes.Contains(line, []byte("//")) && !bytes.Contains(line, []byte("<!--")) {
		return false
	}
	line = bytes.ToLower(line)
	for _, d := range directives {
		if bytes.Contains(line, d) {
			return true
		}
	}
	return bytes.HasPrefix(line, []byte("#!"))
}
