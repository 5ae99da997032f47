package shape

import (
	"slices"
	"strings"
)

// syntax is what has to be known of a language to tell its comments from its strings.
type syntax struct {
	hash     bool // # begins a comment
	slashes  bool // // and /* begin one
	double   bool // "…" is a string
	triple   bool // '''…''' and, with double, """…""" are strings
	brackets bool // within brackets the end of a line ends nothing
	hole     string
	refuse   string // characters outside of strings and comments that can begin what isn't understood here
}

var (
	mesonSyntax  = syntax{hash: true, triple: true, brackets: true, refuse: "\"`\\"}
	gradleSyntax = syntax{slashes: true, double: true, triple: true, hole: "${", refuse: "/`\\"}
	rubySyntax   = syntax{hash: true, double: true, hole: "#{", refuse: "`/%?$\\"}
)

// readCode reads the lines of a language that has a syntax, each an item, its strings, names and signs the words.
// Comments are left out.
func readCode(syn syntax) func([]byte) ([]item, bool) {
	return func(text []byte) ([]item, bool) {
		s := codeScanner{syntax: syn, text: string(text), line: 1}
		ok := s.scan()
		return s.items, ok
	}
}

type codeScanner struct {
	syntax
	text      string
	pos, line int
	open      int
	current   item
	items     []item
}

func (s *codeScanner) scan() bool {
	for s.pos < len(s.text) {
		rest := s.text[s.pos:]
		switch c := rest[0]; {
		case c == '\n':
			if s.open == 0 || !s.brackets {
				s.end()
			}
			s.line++
			s.pos++
		case c == ' ' || c == '\t' || c == '\r':
			s.pos++
		case c == '#' && s.hash && (s.pos == 0 || s.text[s.pos-1] != '?'):
			if strings.HasPrefix(rest, "#!") {
				return false
			}
			s.toLineEnd()
		case s.slashes && strings.HasPrefix(rest, "//"):
			s.toLineEnd()
		case s.slashes && strings.HasPrefix(rest, "/*"):
			end := strings.Index(rest[2:], "*/")
			if end < 0 || strings.Contains(rest[2:2+end], "/*") {
				return false
			}
			s.take(end+4, false)
		case c == '\'' || c == '"' && s.double:
			if !s.quoted(rest) {
				return false
			}
		case c >= 0x80 || strings.IndexByte(s.refuse, c) >= 0 || strings.HasPrefix(rest, "<<"):
			return false
		case isWord(c):
			n := 1
			for n < len(rest) && isWord(rest[n]) {
				n++
			}
			s.take(n, true)
		default:
			s.bracket(c)
			s.take(1, true)
		}
	}
	s.end()
	return s.open == 0
}

func (s *codeScanner) bracket(c byte) {
	switch c {
	case '(', '[', '{':
		s.open++
	case ')', ']', '}':
		s.open--
	}
}

// quoted reads a string. One with a hole is read if the hole ends in it.
func (s *codeScanner) quoted(rest string) bool {
	end := quoteEnd(rest, 0)
	if three := strings.Repeat(rest[:1], 3); s.triple && strings.HasPrefix(rest, three) {
		end = strings.Index(rest[3:], three)
		if end < 0 || strings.HasPrefix(rest[3+end+3:], rest[:1]) {
			return false
		}
		end += 6
	} else if end < 0 || strings.ContainsRune(rest[:end], '\n') {
		return false
	}
	if i := strings.LastIndex(rest[:end], s.hole); s.hole != "" && i >= 0 && !strings.ContainsRune(rest[i:end], '}') {
		return false
	}
	s.take(end, true)
	return true
}

func (s *codeScanner) toLineEnd() {
	if i := strings.IndexByte(s.text[s.pos:], '\n'); i >= 0 {
		s.pos += i
	} else {
		s.pos = len(s.text)
	}
}

// take goes on by some bytes, which may be a word.
func (s *codeScanner) take(n int, word bool) {
	if word {
		if s.current.words == nil {
			s.current.line = s.line
		}
		s.current.words = append(s.current.words, s.text[s.pos:s.pos+n])
	}
	s.line += strings.Count(s.text[s.pos:s.pos+n], "\n")
	s.pos += n
}

// end makes an item of the words so far.
func (s *codeScanner) end() {
	if s.current.words == nil {
		return
	}
	s.items = append(s.items, s.current)
	s.current = item{}
}

// isString tells whether a word is a string without anything special in it, and gives what it holds.
func isString(word string) (string, bool) {
	if len(word) < 2 || word[0] != '\'' && word[0] != '"' || strings.ContainsAny(word, "\\$#\n") {
		return "", false
	}
	return word[1 : len(word)-1], true
}

// judgeMeson judges meson.build: files(…) and lists of source files, and the version of the project.
func judgeMeson(old, now item) (change, bool) {
	if mesonList(old.words) && mesonList(now.words) && old.words[0] == now.words[0] &&
		listChanged(old.words, now.words, mesonFile) && hasSource(old.words) && hasSource(now.words) {
		return harmless(now.line, "source files in a list of them"), true
	}
	if now.words[0] == "project" && old.words[0] == "project" && stringRaised(old.words, now.words, "version", ":") {
		return harmless(0, "the version of the project"), true
	}
	return change{}, false
}

// mesonFile tells whether a word is the name of a source file in quotes, or the comma behind one.
func mesonFile(word string) bool {
	name, ok := isString(word)
	return word == "," || ok && sourceFile(name)
}

func hasSource(words []string) bool {
	for _, w := range words {
		if w != "," && mesonFile(w) {
			return true
		}
	}
	return false
}

// mesonList tells whether a statement sets a variable to a plain list of strings, or files(…) of them.
func mesonList(words []string) bool {
	if len(words) < 4 || !isWord(words[0][0]) {
		return false
	}
	rest := words[1:]
	if rest[0] == "+" {
		rest = rest[1:]
	}
	if rest[0] != "=" {
		return false
	}
	if rest = rest[1:]; rest[0] == "files" {
		rest = rest[1:]
	}
	if len(rest) < 2 || rest[0] != "[" && rest[0] != "(" {
		return false
	}
	for _, w := range rest[1 : len(rest)-1] {
		if !mesonFile(w) {
			return false
		}
	}
	return rest[len(rest)-1] == "]" || rest[len(rest)-1] == ")"
}

// stringRaised tells whether two statements differ in one string that stands behind some words, and is a newer
// version.
func stringRaised(olds, nows []string, before ...string) bool {
	return differing(olds, nows, func(i int) bool {
		a, okA := isString(olds[i])
		b, okB := isString(nows[i])
		return okA && okB && newer(a, b) && i >= len(before) && slices.Equal(nows[i-len(before):i], before)
	}) == 1
}

// judgeGradle judges build.gradle and build.gradle.kts: coordinates of dependencies, versions of plugins.
func judgeGradle(old, now item) (change, bool) {
	switch {
	case coordinatesDiffer(old.words, now.words, coordinateRaised):
		return harmless(0, "a newer version of a dependency"), true
	case coordinatesDiffer(old.words, now.words, coordinateLoosened):
		return risky(0, whyLoose), true
	case stringRaised(old.words, now.words, "version") && now.words[0] == "id",
		stringRaised(old.words, now.words, ")", "version") && now.words[0] == "id":
		return harmless(0, "a newer version of a plugin"), true
	case stringRaised(old.words, now.words, "version", "=") && len(now.words) == 3:
		return harmless(0, "the version of the project"), true
	case len(now.words) >= 3 && versionName(now.words[len(now.words)-3]) &&
		stringRaised(old.words, now.words, now.words[len(now.words)-3], "="):
		return harmless(0, "a newer version"), true
	}
	return change{}, false
}

// versionName tells whether a variable says a version: kotlinVersion, kotlin_version.
func versionName(name string) bool { return strings.HasSuffix(name, "Version") || versionKey(name) }

// coordinatesDiffer tells whether two lines differ in Maven coordinates alone, each in the same way.
func coordinatesDiffer(olds, nows []string, how func(old, now string) bool) bool {
	return differing(olds, nows, func(i int) bool {
		a, okA := isString(olds[i])
		b, okB := isString(nows[i])
		return okA && okB && strings.Count(b, ":") == 2 && how(a, b)
	}) > 0
}

// judgeRuby judges Gemfile and gemspec: requirements of gems.
func judgeRuby(old, now item) (change, bool) {
	if len(old.words) != len(now.words) || !rubyDependency(now.words) || !rubyDependency(old.words) {
		return change{}, false
	}
	named, found := false, false
	for i := range now.words {
		a, okA := isString(old.words[i])
		b, okB := isString(now.words[i])
		switch {
		case old.words[i] == now.words[i]:
			named = named || okB
		case !named || !okA || !okB || !raised(a, b):
			return change{}, false
		default:
			found = true
		}
	}
	return harmless(0, "a newer version of a dependency"), found
}

func rubyDependency(words []string) bool {
	return words[0] == "gem" || len(words) > 3 && words[1] == "." && strings.HasPrefix(words[2], "add_") &&
		strings.HasSuffix(words[2], "dependency")
}
