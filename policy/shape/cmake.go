package shape

import (
	"slices"
	"strings"
)

// readCMake reads a file of CMake wholly, as cmake-language(7) says: each command is an item, its name and arguments
// the words. Comments are left out.
func readCMake(text []byte) ([]item, bool) {
	s := cmakeScanner{text: string(text), line: 1}
	var items []item
	for {
		s.blanks(true)
		if s.broken || s.pos >= len(s.text) {
			return items, !s.broken
		}
		it := item{line: s.line}
		start := s.pos
		for s.pos < len(s.text) && isWord(s.text[s.pos]) {
			s.pos++
		}
		name := strings.ToLower(s.text[start:s.pos])
		s.blanks(false)
		if name == "" || !s.arguments(&it, name) {
			return nil, false
		}
		items = append(items, it)
	}
}

type cmakeScanner struct {
	text      string
	pos, line int
	broken    bool     // a bracket argument doesn't end
	words     []string // of the command that is read
}

// blanks leaves out white space and, if they may stand there, comments.
func (s *cmakeScanner) blanks(lines bool) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case c == ' ' || c == '\t' || c == '\r':
			s.pos++
		case c == '\n' && lines:
			s.line++
			s.pos++
		case c == '#' && lines:
			if end, ok := s.bracket(s.pos + 1); ok {
				s.advance(end)
			} else if templated(s.text[s.pos:]) {
				s.broken = true
				return
			} else if i := strings.IndexByte(s.text[s.pos:], '\n'); i >= 0 {
				s.pos += i
			} else {
				s.pos = len(s.text)
			}
		default:
			return
		}
	}
}

// templated tells whether what looks like a comment is a line of C, as headers have that CMake makes: config.h.cmake.
func templated(comment string) bool {
	word := strings.TrimLeft(comment[1:min(len(comment), 80)], " \t")
	for _, d := range []string{
		"cmakedefine", "define", "undef", "include", "ifdef", "ifndef", "if ", "if(", "endif", "elif", "else",
		"pragma", "error",
	} {
		if strings.HasPrefix(word, d) && (comment[1] != ' ' || strings.HasPrefix(d, "cmake")) {
			return true
		}
	}
	return false
}

func (s *cmakeScanner) advance(to int) {
	s.line += strings.Count(s.text[s.pos:to], "\n")
	s.pos = to
}

// bracket gives the end of a bracket argument, [=[ … ]=], that begins at a position.
func (s *cmakeScanner) bracket(at int) (end int, ok bool) {
	if at >= len(s.text) || s.text[at] != '[' {
		return 0, false
	}
	n := at + 1
	for n < len(s.text) && s.text[n] == '=' {
		n++
	}
	if n >= len(s.text) || s.text[n] != '[' {
		return 0, false
	}
	closing := "]" + s.text[at+1:n] + "]"
	i := strings.Index(s.text[n+1:], closing)
	if i < 0 {
		s.broken = true
		return 0, false
	}
	return n + 1 + i + len(closing), true
}

// arguments reads what stands in the brackets of a command. Each word begins with how it is written: unquoted words
// with nothing.
func (s *cmakeScanner) arguments(it *item, name string) bool {
	if s.pos >= len(s.text) || s.text[s.pos] != '(' {
		return false
	}
	s.words = append(s.words[:0], name)
	open := 0
	for {
		if open > 0 {
			s.blanks(true)
		}
		if s.broken || s.pos >= len(s.text) {
			return false
		}
		start := s.pos
		switch c := s.text[s.pos]; c {
		case '(':
			open++
			s.pos++
			if open == 1 {
				continue
			}
		case ')':
			s.pos++
			if open--; open == 0 {
				it.words = slices.Clone(s.words)
				s.blanks(false)
				return s.pos >= len(s.text) || s.text[s.pos] == '\n' || s.text[s.pos] == '#'
			}
		case '"':
			end := quoteEnd(s.text, s.pos)
			if end < 0 {
				return false
			}
			s.advance(end)
		case '[':
			if end, ok := s.bracket(s.pos); ok {
				s.advance(end)
				break
			}
			fallthrough
		default:
			if !s.unquoted() {
				return false
			}
		}
		s.words = append(s.words, s.text[start:s.pos])
	}
}

// unquoted reads an argument without quotes. Old ones that have quotes within are not read.
func (s *cmakeScanner) unquoted() bool {
	start := s.pos
	for s.pos < len(s.text) && !endsWord(s.text[s.pos]) {
		switch s.text[s.pos] {
		case '"':
			end := quoteEnd(s.text, s.pos)
			if end < 0 || strings.Contains(s.text[s.pos:end], "\n") {
				return false
			}
			s.pos = end
			continue
		case '\\':
			s.pos++
		}
		s.pos++
	}
	return s.pos > start && s.pos <= len(s.text)
}

// endsWord tells what an argument without quotes ends before.
func endsWord(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', '(', ')', '#':
		return true
	}
	return false
}

// quoteEnd gives where a text in quotes ends that begins at a position; a backslash hides what follows it.
func quoteEnd(text string, at int) int {
	quote := text[at]
	for i := at + 1; i < len(text); i++ {
		switch text[i] {
		case quote:
			return i + 1
		case '\\':
			i++
		}
	}
	return -1
}

// cmakeLists are the commands whose arguments may be source files, and how many stand before these at least.
var cmakeLists = []string{"add_executable", "add_library", "target_sources", "set", "list"}

func judgeCMake(old, now item) (change, bool) {
	switch name := now.words[0]; {
	case name != old.words[0]:
	case slices.Contains(cmakeLists, name) && cmakeSources(old.words, now.words):
		return harmless(0, "source files in a list of them"), true
	case name == "project" && oneRaised(old.words, now.words, "VERSION"):
		return harmless(0, "the version of the project"), true
	case name == "set" && len(now.words) == 3 && len(old.words) == 3 && old.words[1] == now.words[1] &&
		versionKey(now.words[1]) && !strings.HasPrefix(strings.ToUpper(now.words[1]), "CMAKE_") &&
		newer(strings.Trim(old.words[2], `"`), strings.Trim(now.words[2], `"`)):
		return harmless(0, "a newer version"), true
	}
	return change{}, false
}

// cmakeSources tells whether two commands differ by source files in a list alone. The first argument names a
// target or a variable; set and list need sources that stay, for they set other things as well.
func cmakeSources(olds, nows []string) bool {
	if len(olds) < 3 || len(nows) < 3 || olds[1] != nows[1] || !asciiName(nows[1]) {
		return false
	}
	if name := nows[0]; name == "set" || name == "list" {
		if strings.HasPrefix(strings.ToUpper(nows[1]), "CMAKE_") || name == "list" && nows[1] != "APPEND" ||
			!slices.ContainsFunc(olds[2:], sourceFile) || !slices.ContainsFunc(nows[2:], sourceFile) {
			return false
		}
	}
	return !slices.ContainsFunc(nows, isOption) && listChanged(olds[2:], nows[2:], sourceFile)
}

// oneRaised tells whether two lists of words differ in the one behind a key, and that is a newer version.
func oneRaised(olds, nows []string, key string) bool {
	return differing(olds, nows, func(i int) bool {
		return i > 0 && nows[i-1] == key && newer(strings.Trim(olds[i], `"`), strings.Trim(nows[i], `"`))
	}) == 1
}
