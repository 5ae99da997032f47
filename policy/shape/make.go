package shape

import (
	"bytes"
	"iter"
	"slices"
	"strings"
)

// readMake reads a makefile (GNU make, POSIX make, Automake): each logical line is an item. Left out are empty
// lines and comments that begin in the first column or behind spaces, where nothing could take them for something
// else.
func readMake(text []byte) ([]item, bool) {
	// These change what a line is.
	for _, word := range []string{".RECIPEPREFIX", ".POSIX_RECIPE", "<<"} {
		if bytes.Contains(text, []byte(word)) {
			return rawLines(text), true
		}
	}
	var items []item
	defined := 0 // how deep within define
	for l := range joinLines(text, '\\') {
		it := item{line: l.line, text: l.text, raw: defined > 0 || strings.HasPrefix(l.text, "\t")}
		trimmed := strings.Trim(l.text, " ")
		word, _, _ := strings.Cut(trimmed, " ")
		switch {
		case it.raw && strings.TrimSpace(l.text) == "endef":
			defined--
		case it.raw:
		case trimmed == "":
			continue
		case trimmed[0] == '#' && !l.joined && !templated(trimmed) &&
			!strings.Contains(trimmed, "@") && !strings.HasPrefix(l.text, "#!"):
			continue
		case word == "define" || strings.HasPrefix(trimmed, "override define"):
			defined++
		}
		items = append(items, it)
	}
	return items, defined == 0
}

// rawLines takes every line for one that could mean anything.
func rawLines(text []byte) []item {
	var items []item
	for l := range joinLines(text, 0) {
		items = append(items, item{line: l.line, text: l.text, raw: true})
	}
	return items
}

// logical is a line, with those that it goes on in.
type logical struct {
	line   int
	text   string // its lines, with line feeds between them
	joined bool
}

// joinLines joins lines that end with a sign of continuation, if there is one, and takes off the ends.
func joinLines(text []byte, sign byte) iter.Seq[logical] {
	whole := string(text)
	if strings.Contains(whole, "\r\n") {
		whole = strings.ReplaceAll(whole, "\r\n", "\n")
	}
	return func(yield func(logical) bool) {
		number := 1
		for start := 0; start < len(whole); {
			l := logical{line: number}
			end := start
			for {
				stop := len(whole)
				if i := strings.IndexByte(whole[end:], '\n'); i >= 0 {
					stop = end + i
				}
				number++
				open := sign != 0 && stop > end && whole[stop-1] == sign
				end = stop
				if !open || stop+1 >= len(whole) {
					break
				}
				l.joined = true
				end++
			}
			l.text = whole[start:end]
			if !yield(l) {
				return
			}
			start = end + 1
		}
	}
}

// makeList gives the words of a list that a variable is set to or grows by; the first is the variable with its sign.
// It gives nil for a variable that isn't one of sources.
func makeList(text string) []string {
	if strings.ContainsAny(text, "#`") {
		return nil
	}
	words := strings.Fields(strings.ReplaceAll(text, "\\\n", " "))
	if len(words) == 0 {
		return nil
	}
	// NAME+=x and NAME=x have no blanks.
	if i := strings.IndexByte(words[0], '='); i > 0 && i+1 < len(words[0]) {
		words = append([]string{words[0][:i+1], words[0][i+1:]}, words[1:]...)
	} else if len(words) > 1 && (words[1] == "=" || words[1] == "+=" || words[1] == ":=") {
		words = append([]string{words[0] + words[1]}, words[2:]...)
	}
	name := strings.TrimRight(words[0], "+:=")
	if name == words[0] || !asciiWords(name) || !listName(name) {
		return nil
	}
	return words
}

// listName tells whether a variable holds names of files to compile or to put into the release, by its name. Automake
// has _SOURCES, _HEADERS, _MANS and EXTRA_DIST.
func listName(name string) bool {
	upper := strings.ToUpper(name)
	for _, end := range []string{
		"SOURCES", "HEADERS", "SRCS", "SRC", "HDRS", "OBJS", "OBJ", "OBJECTS", "CFILES", "HFILES", "MANPAGES", "_MANS",
		"EXTRA_DIST", "_FILES", "DOCS", "PAGES", "_H", "_C",
	} {
		if strings.HasSuffix(upper, end) {
			return true
		}
	}
	return false
}

// makeFile tells whether a word names a source file, or what a makefile calls a file that is made of one.
func makeFile(word string) bool {
	return sourceFile(word) || ordinaryPath(word) && endsWith(word, []string{".o", ".lo", ".obj"}) &&
		!strings.Contains(word, "..")
}

func judgeMake(old, now item) (change, bool) {
	if old.raw || now.raw {
		return change{}, false
	}
	olds, nows := makeList(old.text), makeList(now.text)
	switch {
	case len(olds) > 1 && len(nows) > 1 && olds[0] == nows[0] && sourcesOnly(olds, nows):
		return harmless(listLine(olds, now), "source files in a list of them"), true
	case versionSet(old.text, now.text):
		return harmless(0, "a newer version"), true
	}
	return change{}, false
}

// sourcesOnly tells whether two lists differ by source files alone, of which some stay.
func sourcesOnly(olds, nows []string) bool {
	return !slices.ContainsFunc(nows, isOption) && listChanged(olds[1:], nows[1:], makeFile)
}

// listLine gives the line of the first word that a list has anew.
func listLine(olds []string, now item) int {
	had := make(map[string]bool)
	for _, w := range olds {
		had[w] = true
	}
	line := now.line
	for part := range strings.SplitSeq(now.text, "\n") {
		for _, w := range strings.Fields(part) {
			if w != "\\" && !had[w] && makeFile(w) {
				return line
			}
		}
		line++
	}
	return now.line
}

// loneMake judges a list of sources that grows by a line of its own. What follows must not be a recipe, which would
// then belong to nothing.
func loneMake(it, next item, _ bool) (change, bool) {
	words := makeList(it.text)
	if len(words) < 2 || !strings.HasSuffix(words[0], "+=") || next.raw {
		return change{}, false
	}
	for _, word := range words[1:] {
		if !makeFile(word) {
			return change{}, false
		}
	}
	return harmless(0, "source files in a list of them"), true
}

// versionSet tells whether two lines set the same variable to a version, the latter to a newer one: FOO_VERSION =
// 1.2.
func versionSet(old, now string) bool {
	nameA, a, okA := strings.Cut(old, "=")
	nameB, b, okB := strings.Cut(now, "=")
	name := strings.TrimRight(strings.TrimSpace(nameB), ":?")
	return okA && okB && nameA == nameB && asciiWords(name) && versionKey(name) &&
		newer(strings.TrimSpace(a), strings.TrimSpace(b))
}
