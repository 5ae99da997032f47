package shape

import "strings"

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
		words := strings.FieldsFunc(part, betweenWords)
		if len(words) > 0 {
			all = append(all, command{words, sure})
		}
		before := strings.TrimSpace(part)
		sure = sign != '(' && sign != ')' || before == "" || strings.HasSuffix(before, "$") || strings.HasSuffix(before, ":")
	}
	return all
}

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
	"$GITHUB_WORKSPACE/", "./", "${GITHUB_WORKSPACE}/", "./", "$github_workspace/", "./", "${github_workspace}/", "./",
)

// wordsHad finds words in a text, without regard to case.
type wordsHad struct {
	old  []byte
	text string // in lower case, once a word was looked for
	seen map[string]bool
}

// maxWords is how many words are looked for in one text; of more it is said that they aren't there.
const maxWords = 200

func (h *wordsHad) has(word string) bool {
	word = strings.ToLower(word)
	found, known := h.seen[word]
	if known || len(h.seen) == maxWords {
		return found
	}
	if h.seen == nil {
		h.seen = make(map[string]bool)
		h.text = strings.ToLower(string(h.old))
	}
	h.seen[word] = strings.Contains(h.text, word)
	return h.seen[word]
}
