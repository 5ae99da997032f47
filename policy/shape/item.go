package shape

import (
	"slices"
	"strings"
)

// item is a statement of a file that is read by lines: what is left without comments and white space between
// statements.
type item struct {
	line  int
	text  string   // two items of the same text mean the same; "" where it is the words that say it
	words []string // the parts of a statement that is read in parts
	raw   bool     // it stands where a line could mean anything: in a recipe, a definition, a string
}

// means tells whether an item means the same as another.
func (it item) means(other item) bool {
	return it.text == other.text && (it.text != "" || slices.Equal(it.words, other.words))
}

// pairRule judges an item that came in another's place.
type pairRule func(old, now item) (change, bool)

// loneRule judges an item that is added or taken out. Next is the item behind it.
type loneRule func(it, next item, added bool) (change, bool)

// compareItems gives the differences of two lists of items: an item in place of another, or one more or less, as the
// rules judge them. It gives up at the first that no rule knows, for what follows can't be told apart then.
func compareItems(olds, nows []item, pair pairRule, lone loneRule) []change {
	var all []change
	i, j := 0, 0
	for i < len(olds) || j < len(nows) {
		if i < len(olds) && j < len(nows) {
			if olds[i].means(nows[j]) {
				i, j = i+1, j+1
				continue
			}
			if c, ok := pair(olds[i], nows[j]); ok {
				c.line = lineOr(c.line, nows[j].line)
				all = append(all, c)
				i, j = i+1, j+1
				continue
			}
		}
		if lone != nil && j < len(nows) {
			if c, ok := lone(nows[j], itemAt(nows, j+1), true); ok && !nows[j].raw {
				c.line = lineOr(c.line, nows[j].line)
				all = append(all, c)
				j++
				continue
			}
		}
		if lone != nil && i < len(olds) {
			if c, ok := lone(olds[i], itemAt(olds, i+1), false); ok && !olds[i].raw {
				all = append(all, c)
				i++
				continue
			}
		}
		return append(all, plain(itemAt(nows, j).line, "nothing is known of this line"))
	}
	return all
}

func lineOr(line, other int) int {
	if line == 0 {
		return other
	}
	return line
}

func itemAt(items []item, i int) item {
	if i < len(items) {
		return items[i]
	}
	return item{}
}

// compareStatements is the comparer of a format that is read into items, nil if it can't be.
func compareStatements(read func([]byte) ([]item, bool), pair pairRule, lone loneRule) comparer {
	read = remember(read)
	return func(old, now []byte) []change {
		nows, ok := read(now)
		olds, okOld := read(old)
		if !ok || !okOld {
			return unread()
		}
		return compareItems(olds, nows, pair, lone)
	}
}

// sourceEnds are how names of source files end that are read and compiled, and don't run by themselves.
var sourceEnds = []string{
	".c", ".h", ".cc", ".cpp", ".cxx", ".hh", ".hpp", ".hxx", ".m", ".mm", ".go", ".rs", ".java", ".kt", ".swift",
	".vala", ".f", ".f90", ".d", ".cs", ".md", ".txt", ".1", ".3", ".5", ".7", ".8", ".rst", ".html",
}

// sourceFile tells whether a word is the name of an ordinary source or documentation file: no variables, generators,
// options or absolute paths.
func sourceFile(word string) bool {
	return ordinaryPath(word) && endsWith(word, sourceEnds) && !strings.EqualFold(base(word), "CMakeLists.txt") &&
		!strings.Contains(word, ".so.")
}

// isOption tells whether a word of a list is an option, of which the next word may be the value.
func isOption(word string) bool { return strings.HasPrefix(strings.Trim(word, `"'`), "-") }

func endsWith(word string, ends []string) bool {
	name := base(word)
	for _, end := range ends {
		if strings.HasSuffix(name, end) && len(name) > len(end) {
			return true
		}
	}
	return false
}

func ordinaryPath(word string) bool {
	if word == "" || !isWord(word[0]) && word[0] != '.' {
		return false
	}
	for i := range len(word) {
		if !isWord(word[i]) && word[i] != '.' && word[i] != '/' && word[i] != '-' && word[i] != '+' {
			return false
		}
	}
	return true
}

func base(path string) string { return path[strings.LastIndexAny(path, "/\\")+1:] }

// differing gives in how many words two lists differ, and -1 where they may not, or are of another length.
func differing(olds, nows []string, may func(i int) bool) (n int) {
	if len(olds) != len(nows) {
		return -1
	}
	for i := range nows {
		if olds[i] == nows[i] {
			continue
		}
		if !may(i) {
			return -1
		}
		n++
	}
	return n
}

// listChanged tells whether two lists of words differ only by source files that are added, taken out or moved.
func listChanged(olds, nows []string, fits func(string) bool) bool {
	i := 0
	for _, word := range nows {
		if fits(word) {
			continue
		}
		for i < len(olds) && fits(olds[i]) {
			i++
		}
		if i >= len(olds) || olds[i] != word {
			return false
		}
		i++
	}
	for _, word := range olds[i:] {
		if !fits(word) {
			return false
		}
	}
	return true
}
