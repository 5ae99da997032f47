package shape

import (
	"bytes"
	"strings"
)

// readAutoconf reads configure.ac and files of m4 by lines. A comment is left out only where nothing is open: no
// bracket of m4, no quote of the shell, no here-document, no line that goes on. Elsewhere a line that looks like a
// comment may be a part of a program: "dnl" and "#" mean nothing to a C compiler.
func readAutoconf(text []byte) ([]item, bool) {
	if bytes.Contains(text, []byte("changequote")) || bytes.Contains(text, []byte("changecom")) {
		return rawLines(text), true
	}
	var items []item
	var state m4State
	for l := range joinLines(text, '\\') {
		trimmed := strings.TrimSpace(l.text)
		clear := state == (m4State{}) && !l.joined
		switch {
		case clear && trimmed == "":
			continue
		case clear && isM4Comment(trimmed):
			continue
		}
		items = append(items, item{line: l.line, text: l.text, raw: !clear})
		for part := range strings.SplitSeq(l.text, "\n") {
			state.read(part)
		}
	}
	return items, true
}

// isM4Comment tells whether a line is a comment that holds nothing that m4 or the shell could obey.
func isM4Comment(line string) bool {
	return (strings.HasPrefix(line, "dnl ") || line == "dnl" || strings.HasPrefix(line, "# ") || line == "#") &&
		!strings.ContainsAny(line, "[]()$`\\;&|<>@{}")
}

// m4State is what is open at the beginning of a line.
type m4State struct {
	brackets, parens int
	quote            byte
	document         string // the line that ends a here-document
	lost             bool   // it can't be told any more
}

// read takes in a line.
func (s *m4State) read(line string) {
	if s.document != "" {
		if strings.TrimLeft(line, "\t") == s.document {
			s.document = ""
		}
		return
	}
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case c == '[':
			s.brackets++
		case c == ']':
			s.brackets--
		case s.brackets > 0:
		case c == '\\':
			i++
		case s.quote != 0:
			if c == s.quote {
				s.quote = 0
			}
		case c == '"' || c == '\'' || c == '`':
			s.quote = c
		case c == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t'):
			i = len(line)
		case c == '(':
			s.parens++
		case c == ')' && s.parens > 0: // of the shell's case
			s.parens--
		case strings.HasPrefix(line[i:], "<<"):
			s.document = strings.Trim(strings.TrimLeft(line[i+2:], "- "), "'\"\\ ")
			if s.document == "" || !asciiWords(s.document) {
				s.lost = true
			}
			return
		}
	}
	if s.brackets < 0 {
		s.lost = true
	}
}

// judgeAutoconf knows the version of the project, and nothing else.
func judgeAutoconf(old, now item) (change, bool) {
	if old.raw || now.raw || !strings.HasPrefix(now.text, "AC_INIT(") || strings.ContainsAny(now.text, "\n$`") {
		return change{}, false
	}
	a, b := strings.Split(old.text, ","), strings.Split(now.text, ",")
	if len(a) != len(b) || len(b) < 2 {
		return change{}, false
	}
	for i := range b {
		if i != 1 && a[i] != b[i] {
			return change{}, false
		}
	}
	trim := func(s string) string { return strings.Trim(s, "[] )") }
	if strings.Count(a[1], ")") != strings.Count(b[1], ")") || !newer(trim(a[1]), trim(b[1])) {
		return change{}, false
	}
	return harmless(0, "the version of the project"), true
}
