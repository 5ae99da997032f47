package shape

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// command is one of the commands of a line.
type command struct {
	words []string // without quotes
	sure  bool     // it stands where a shell begins a command
}

// commandsIn gives the commands of a line: what a shell would run, or what may be a list of words elsewhere.
func commandsIn(line string) []command {
	var all []command
	line = fromRoot(line)
	sure := strings.HasPrefix(line, "\t")
	for line != "" {
		i := strings.IndexAny(line, ";&|()`\n")
		part, sign := line, byte(0)
		if i >= 0 {
			part, sign, line = line[:i], line[i], line[i+1:]
		} else {
			line = ""
		}
		words := wordsOf(part)
		if len(words) > 0 {
			all = append(all, command{words, sure})
		}
		before := strings.TrimSpace(part)
		sure = sign != '(' && sign != ')' || before == "" || strings.HasSuffix(before, "$") || strings.HasSuffix(before, ":")
	}
	return all
}

// wordsOf gives the words of a part of a line. Quotes that a word begins or ends with are left out, and what they hold
// is words, too, for it may be a command or a list; quotes and backslashes within a word, and what they hold, are a
// part of it, as they are for a shell or in a path of Windows.
func wordsOf(part string) []string {
	if !strings.ContainsAny(part, "\"'\\") {
		return strings.FieldsFunc(part, betweenWords)
	}
	var words []string
	var word []byte
	open := byte(0) // the quote that the word, or one before it, began with
	end := func() {
		if len(word) > 0 {
			words = append(words, string(word))
			word = nil
		}
	}
	for i := 0; i < len(part); i++ {
		switch c := part[i]; {
		case c == '\\' && len(word) > 0 && isWord(next(part, i)) && bytes.IndexByte(word, '/') < 0:
			word = append(word, '/')
		case c != '"' && c != '\'':
			if betweenWords(rune(c)) {
				end()
			} else {
				word = append(word, c)
			}
		case c == open:
			if open = 0; !inPath(next(part, i)) || len(word) == 0 {
				end()
			}
		case open != 0:
			end()
		case len(word) == 0 || !inPath(word[len(word)-1]) && word[len(word)-1] != '=':
			end()
			open = c
		default:
			n := strings.IndexByte(part[i+1:], c)
			if n < 0 {
				end()
				continue
			}
			word = append(word, part[i+1:i+1+n]...)
			i += n + 1
		}
	}
	end()
	return words
}

// next gives the byte behind a position, 0 if there is none.
func next(s string, at int) byte {
	if at+1 < len(s) {
		return s[at+1]
	}
	return 0
}

// inPath tells whether a byte may be a part of a path.
func inPath(c byte) bool { return isWord(c) || c != 0 && strings.IndexByte("/.-$*", c) >= 0 }

// betweenWords tells what stands between the words of a command, or is a quote.
func betweenWords(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '"', '\'', ',', '\\':
		return true
	}
	return false
}

// fromRoot writes a line as rooted does.
func fromRoot(line string) string {
	if !strings.ContainsAny(line, "\\$\"'") {
		return line // each of rooted's begins with one of them
	}
	return rooted.Replace(line)
}

// rooted writes the root of the tree in one way, and lines that go on as one.
var rooted = strings.NewReplacer(
	"\\\n", "  ", "$(top_srcdir)/", "./", "$(srcdir)/", "./", "${srcdir}/", "./", "$srcdir/", "./",
	"$(abs_srcdir)/", "./", "$(abs_top_srcdir)/", "./", "${top_srcdir}/", "./", "$top_srcdir/", "./", "${PWD}/", "./",
	"${CMAKE_SOURCE_DIR}/", "./", "${CMAKE_CURRENT_SOURCE_DIR}/", "./", "${PROJECT_SOURCE_DIR}/", "./",
	"$(SHELL)", "sh", "${SHELL}", "sh", "$SHELL", "sh", "$(PYTHON)", "python", "${PYTHON}", "python", "$PYTHON", "python",
	"$(PERL)", "perl", "${PERL}", "perl", "$(MAKE)", "make", "${MAKE}", "make", `""`, "", "''", "",
	"$(CURDIR)/", "./", "$(curdir)/", "./", "$PWD/", "./", "$pwd/", "./", "$(pwd)/", "./",
	"${{ github.workspace }}/", "./", "${{github.workspace}}/", "./", "$GITHUB_WORKSPACE/", "./", "${GITHUB_WORKSPACE}/",
	"./", "$github_workspace/", "./", "${github_workspace}/", "./",
)

// wordsHad finds words in a text, without regard to case.
type wordsHad struct {
	old  []byte
	text string // in lower case, once a word wasn't there as it is written
	seen map[string]bool
}

// maxWords is how many words are looked for in one text; of more it is said that they aren't there.
const maxWords = 200

func (h *wordsHad) has(word string) bool {
	written := word
	word = strings.ToLower(word)
	found, known := h.seen[word]
	if known || len(h.seen) == maxWords {
		return found
	}
	if h.seen == nil {
		h.seen = make(map[string]bool)
	}
	h.seen[word] = h.hasAs(written) || h.hasLower(word)
	return h.seen[word]
}

// hasAs tells whether a word stands there as it is written. Then it does in lower case, too, if it is whole characters.
func (h *wordsHad) hasAs(word string) bool {
	return utf8.ValidString(word) && bytes.Contains(h.old, []byte(word))
}

func (h *wordsHad) hasLower(word string) bool {
	if h.text == "" {
		h.text = strings.ToLower(string(h.old))
	}
	return strings.Contains(h.text, word)
}
