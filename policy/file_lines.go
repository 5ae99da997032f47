package policy

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The library that parses TOML tells no lines of what parses: what it knows of them it keeps to itself, and it knows
// one for all tables of a list. keyLines tells them: the line of each key, table and list element, under its path. The
// path of an element ends in its number, and so the third rule's second class is at("", "rule", 2, "classes", 1).
type keyLines map[string]int

// maxNesting is how deep tables and lists may lie in one another. A policy needs four levels; the
// parser needs memory with the square of the depth.
const maxNesting = 16

// What else whoever proposes a policy could have us remember: each key and element of a list, under all its path.
const (
	maxKeyName = 100    // bytes
	maxEntries = 50_000 // keys and elements of a file
)

// at joins a path of names and numbers; names can't contain what separates them here.
func at(path string, steps ...any) string {
	for _, step := range steps {
		if n, ok := step.(int); ok {
			step = strconv.Itoa(n)
		}
		path += "\x00" + step.(string)
	}
	return path
}

// find gives the line of a path, or else of the nearest table it lies in, 0 for the top level.
func (l keyLines) find(path string) int {
	for path != "" {
		if line, ok := l[path]; ok {
			return line
		}
		path = path[:strings.LastIndexByte(path, 0)]
	}
	return 0
}

// lineScanner walks over TOML 1.0 (toml.io/en/v1.0.0), with line breaks in inline tables as in 1.1, which the library
// takes. Of a file that isn't TOML it needn't make
// sense, but it always ends, and up to the first mistake it reads what the parser reads.
type lineScanner struct {
	text  string
	pos   int
	line  int // of the last position asked for
	count int // position up to which line counts
	lines keyLines
	lists map[string]int // [[tables]] so far
	deep  int            // the line of something nested too deeply, or one too many, 0 if nothing is
	why   string         // what it is
}

// scanLines gives the lines of a file's keys, and the line of what is over a limit in it, or 0, and why.
func scanLines(text string) (lines keyLines, line int, why string) {
	lines = make(keyLines, min(strings.Count(text, "="), maxEntries))
	s := &lineScanner{text: text, line: 1, lines: lines, lists: make(map[string]int)}
	table := ""
	for s.skip(" \t\r\n"); s.pos < len(s.text) && s.deep == 0; s.skip(" \t\r\n") {
		switch {
		case s.take("[["):
			table = s.header(true)
		case s.take("["):
			table = s.header(false)
		default:
			s.move(func() { s.pair(table, 1) })
		}
	}
	return s.lines, s.deep, s.why
}

// header reads the rest of [a.b] or [[a.b]] and gives the table's path.
func (s *lineScanner) header(list bool) string {
	line := s.here()
	keys := s.key()
	path := ""
	for i, key := range keys {
		path = at(path, key)
		s.note(path, line)
		if i == len(keys)-1 && list {
			s.lists[path]++
		}
		if n := s.lists[path]; n > 0 {
			path = at(path, n-1)
			s.note(path, line)
		}
	}
	for s.skip(" \t"); s.take("]"); {
	}
	return path
}

// pair reads key = value in a table.
func (s *lineScanner) pair(table string, depth int) {
	line := s.here()
	for _, key := range s.key() {
		table = at(table, key)
		s.note(table, line)
	}
	s.skip(" \t")
	if s.take("=") {
		s.skip(" \t")
		s.value(table, depth)
	}
}

func (s *lineScanner) value(path string, depth int) {
	if depth > maxNesting {
		s.over(nestedTooDeeply)
		return
	}
	switch {
	case s.pos == len(s.text):
	case s.text[s.pos] == '"' || s.text[s.pos] == '\'':
		s.quoted()
	case s.take("["):
		for i := 0; s.inside("]"); i++ {
			element := at(path, i)
			s.note(element, s.here())
			s.move(func() { s.value(element, depth+1) })
		}
	case s.take("{"):
		for s.inside("}") {
			s.move(func() { s.pair(path, depth+1) })
		}
	default:
		for s.pos < len(s.text) && !strings.ContainsRune(",]}\n#", rune(s.text[s.pos])) {
			s.pos++
		}
	}
}

// inside goes to the next element of a list or an inline table, and says whether there is one.
func (s *lineScanner) inside(end string) bool {
	s.skip(" \t\r\n,")
	return s.deep == 0 && s.pos < len(s.text) && !s.take(end)
}

// move sees to it that reading something ends further on, be it TOML or not.
func (s *lineScanner) move(read func()) {
	start := s.pos
	if read(); s.pos == start {
		s.pos++
	}
}

// key reads a key, dotted or not.
func (s *lineScanner) key() []string {
	const bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
	var keys []string
	for {
		s.skip(" \t")
		if s.pos < len(s.text) && (s.text[s.pos] == '"' || s.text[s.pos] == '\'') {
			keys = append(keys, s.quoted())
		} else {
			n := len(s.text[s.pos:]) - len(strings.TrimLeft(s.text[s.pos:], bare))
			keys = append(keys, s.text[s.pos:s.pos+n])
			s.pos += n
		}
		if len(keys[len(keys)-1]) > maxKeyName {
			s.over(fmt.Sprintf("a key has more than %d bytes", maxKeyName))
			return nil
		}
		if s.skip(" \t"); !s.take(".") {
			return keys
		}
		if len(keys) == maxNesting {
			s.over(nestedTooDeeply)
			return keys
		}
	}
}

// quoted reads a string of any of the four kinds and gives what stands between the quotes. Escapes
// are left as they are: a key that has any is reported at its table's line.
func (s *lineScanner) quoted() string {
	quote := s.text[s.pos : s.pos+1]
	if triple := strings.Repeat(quote, 3); s.take(triple) {
		start := s.pos
		for s.pos < len(s.text) && !strings.HasPrefix(s.text[s.pos:], triple) {
			s.escape(quote)
		}
		inner := s.text[start:s.pos]
		for n := 0; n < 5 && s.take(quote); n++ { // up to two quotes may end the text itself
		}
		return inner
	}
	s.pos++
	start := s.pos
	for s.pos < len(s.text) && s.text[s.pos] != quote[0] && s.text[s.pos] != '\n' {
		s.escape(quote)
	}
	inner := s.text[start:s.pos]
	s.take(quote)
	return inner
}

// escape goes one character on, or over a backslash and what it escapes.
func (s *lineScanner) escape(quote string) {
	if quote == `"` && s.text[s.pos] == '\\' {
		s.pos++
	}
	_, n := utf8.DecodeRuneInString(s.text[s.pos:])
	s.pos += n
}

// skip goes over these characters, and over comments.
func (s *lineScanner) skip(set string) {
	for s.pos < len(s.text) {
		switch c := s.text[s.pos]; {
		case strings.IndexByte(set, c) >= 0:
			s.pos++
		case c == '#' && strings.Contains(set, "\n"):
			end := strings.IndexByte(s.text[s.pos:], '\n')
			if end < 0 {
				end = len(s.text) - s.pos
			}
			s.pos += end
		default:
			return
		}
	}
}

func (s *lineScanner) take(word string) bool {
	if !strings.HasPrefix(s.text[s.pos:], word) {
		return false
	}
	s.pos += len(word)
	return true
}

// note keeps the first line of a path: a table is where it first appears.
func (s *lineScanner) note(path string, line int) {
	if _, ok := s.lines[path]; ok {
		return
	}
	if len(s.lines) == maxEntries {
		s.over(fmt.Sprintf("there are more than %d keys and elements of lists", maxEntries))
		return
	}
	s.lines[path] = line
}

const nestedTooDeeply = "tables and lists are nested too deeply"

// over ends the scanning: the file is refused.
func (s *lineScanner) over(why string) {
	if s.deep == 0 {
		s.deep, s.why = s.here(), why
	}
}

func (s *lineScanner) here() int {
	s.line += strings.Count(s.text[s.count:s.pos], "\n")
	s.count = s.pos
	return s.line
}
