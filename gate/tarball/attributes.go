package tarball

import (
	"bytes"
	"slices"
	"strings"
)

// attributes are the rules of all .gitattributes of a tree (gitattributes(5)). What else git may read, such as
// info/attributes of a repository, is no part of a release.
type attributes struct {
	rules  []attributeRule            // in the order in which a later one counts more
	macros map[string][]attributeWord // what [attr] lines of the top say
}

// attributeRule is one line: what paths that match a pattern have.
type attributeRule struct {
	folder  string // which the file lies in, with a slash behind it; "" for the top
	pattern string
	anchor  bool // the pattern is of a path in that folder, not of a name in any below it
	dirOnly bool // it ends in a slash
	words   []attributeWord
}

// attributeWord says what one attribute is: "set", "unset", "unspecified" or its value.
type attributeWord struct{ name, value string }

const (
	isSet       = "set"
	isUnset     = "unset"
	unspecified = "unspecified"
)

// newAttributes gives those that git knows by itself: attr.c.
func newAttributes() *attributes {
	return &attributes{macros: map[string][]attributeWord{
		"binary": {{"diff", isUnset}, {"merge", isUnset}, {"text", isUnset}},
	}}
}

const maxAttributeLine = 2048 // bytes; git leaves out longer ones (ATTR_MAX_LINE_LENGTH in its attr.h)

// add reads the file of a folder. Files must be added from the top down.
func (a *attributes) add(folder string, text []byte) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	for line := range bytes.Lines(text) {
		line := strings.Trim(string(line), " \t\r\n")
		if line == "" || line[0] == '#' || len(line) > maxAttributeLine {
			continue
		}
		pattern, rest, ok := firstWord(line)
		if !ok {
			continue
		}
		words := attributeWords(rest)
		if name, isMacro := strings.CutPrefix(pattern, "[attr]"); isMacro {
			if folder == "" && name != "" {
				a.macros[name] = words
			}
			continue
		}
		if pattern == "" || pattern[0] == '!' { // which git doesn't take
			continue
		}
		r := attributeRule{folder: folder, pattern: pattern, words: words}
		r.pattern, r.dirOnly = strings.CutSuffix(r.pattern, "/")
		r.anchor = strings.Contains(r.pattern, "/")
		r.pattern = strings.TrimPrefix(r.pattern, "/")
		a.rules = append(a.rules, r)
	}
}

// firstWord cuts the pattern off a line. One in quotes is as in C.
func firstWord(line string) (word, rest string, ok bool) {
	if line[0] != '"' {
		i := strings.IndexAny(line, " \t")
		if i < 0 {
			return line, "", true
		}
		return line[:i], line[i:], true
	}
	return unquoteC(line)
}

func attributeWords(s string) (words []attributeWord) {
	for _, word := range strings.Fields(s) {
		switch name, value, valued := strings.Cut(word, "="); {
		case word[0] == '-':
			words = append(words, attributeWord{word[1:], isUnset})
		case word[0] == '!':
			words = append(words, attributeWord{word[1:], unspecified})
		case valued:
			words = append(words, attributeWord{name, value})
		default:
			words = append(words, attributeWord{name, isSet})
		}
	}
	return words
}

// of gives what a path has, by attribute: the last word that says something of one counts.
func (a *attributes) of(path string, folder bool) map[string]string {
	has := make(map[string]string)
	for _, r := range slices.Backward(a.rules) {
		if r.matches(path, folder) {
			a.fill(has, r.words)
		}
	}
	return has
}

// fill enters what words say of attributes of which nothing was said yet. A macro that is set says more (fill_one in
// git's attr.c).
func (a *attributes) fill(has map[string]string, words []attributeWord) {
	for _, w := range slices.Backward(words) {
		if _, known := has[w.name]; known {
			continue
		}
		has[w.name] = w.value
		if w.value == isSet {
			a.fill(has, a.macros[w.name])
		}
	}
}

func (r *attributeRule) matches(path string, folder bool) bool {
	below, ok := strings.CutPrefix(path, r.folder)
	if !ok || r.dirOnly && !folder {
		return false
	}
	if !r.anchor {
		below = below[strings.LastIndexByte(below, '/')+1:]
	}
	return wildmatch(r.pattern, below)
}
