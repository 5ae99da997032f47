package tarball

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/history"
)

// A file with the attribute export-subst has $Format:…$ in it, which git archive replaces by what git log --format says
// of the commit (gitattributes(5)). What that is depends on the repository in which it is run: names are shortened as
// far as they are unique there, and refs come and go. So it isn't written anew, but recognised.

// substituted says whether a text is what git archive may have made of the tree's, line by line, and gives the lines
// that it made, by their numbers.
func substituted(tree, archived []byte, c *history.Commit) (lines map[int]string, ok bool) {
	lines = make(map[int]string)
	for n := 1; len(tree) > 0; n++ {
		var was, is []byte
		was, tree = cutLine(tree)
		is, archived = cutLine(archived)
		if bytes.Equal(was, is) {
			continue
		}
		if !isFormatted(string(was), string(is), c) {
			return nil, false
		}
		lines[n] = string(is)
	}
	return lines, len(archived) == 0
}

func cutLine(text []byte) (line, rest []byte) {
	i := bytes.IndexByte(text, '\n') + 1
	if i == 0 {
		i = len(text)
	}
	return text[:i], text[i:]
}

const (
	formatBegin  = "$Format:"
	maxFormatted = 4096 // bytes of a line
)

// isFormatted says whether a line is what git archive may have made of another.
func isFormatted(was, is string, c *history.Commit) bool {
	if len(was) > maxFormatted || len(is) > maxFormatted || !utf8.ValidString(was) || !strings.Contains(was, formatBegin) {
		return false
	}
	var pattern strings.Builder
	pattern.WriteString(`^(?s:`)
	for {
		before, after, found := strings.Cut(was, formatBegin)
		pattern.WriteString(regexp.QuoteMeta(before))
		if !found {
			break
		}
		format, rest, closed := strings.Cut(after, "$")
		made, known := formatPattern(format, c)
		if !closed || !known {
			return false
		}
		pattern.WriteString(made)
		was = rest
	}
	pattern.WriteString(`)$`)
	re, err := regexp.Compile(pattern.String())
	return err == nil && re.MatchString(is)
}

// refNames is how git log shows the names of refs: a "%d" or "%D". No shell or language does anything with these
// characters but to show them, save that a shell takes an arrow for the name of a file to write.
const refNames = `[A-Za-z0-9 _./+,:()>-]*`

// formatPattern gives a regular expression of what git log may make of a format for a commit. Formats that say
// something else than which commit it is, and who made it, are not known: an archive with one is for a person to look
// at.
func formatPattern(format string, c *history.Commit) (pattern string, known bool) {
	var b strings.Builder
	for format != "" {
		if format[0] != '%' {
			i := strings.IndexByte(format, '%')
			if i < 0 {
				i = len(format)
			}
			b.WriteString(regexp.QuoteMeta(format[:i]))
			format = format[i:]
			continue
		}
		word, made := placeholder(format, c)
		if word == "" {
			return "", false
		}
		b.WriteString(made)
		format = format[len(word):]
	}
	return b.String(), true
}

// placeholder gives the placeholder that a format begins with, and a regular expression of what it stands for; "" for
// one that isn't known.
func placeholder(format string, c *history.Commit) (word, pattern string) {
	if strings.HasPrefix(format, "%(describe") {
		if i := strings.IndexByte(format, ')'); i > 0 { // git writes it out once, and leaves others as they are
			return format[:i+1], `(?:[A-Za-z0-9_./+-]*|` + regexp.QuoteMeta(format[:i+1]) + `)`
		}
		return "", ""
	}
	parents := make([]string, len(c.Parents))
	for i, p := range c.Parents {
		parents[i] = p.String()
	}
	for _, p := range []struct{ word, pattern string }{
		{"%%", "%"},
		{"%d", refNames},
		{"%D", refNames},
		{"%(decorate)", refNames},
		{"%H", c.ID.String()},
		{"%T", c.Tree.String()},
		{"%P", strings.Join(parents, " ")},
		{"%h", shortened(c.ID.String())},
		{"%t", shortened(c.Tree.String())},
		{"%p", shortenedAll(parents)},
	} {
		if strings.HasPrefix(format, p.word) {
			return p.word, p.pattern
		}
	}
	if len(format) < len("%an") {
		return "", ""
	}
	who := c.Author
	if format[1] == 'c' {
		who = c.Committer
	} else if format[1] != 'a' {
		return "", ""
	}
	if made, ok := personal(format[2], who); ok {
		return format[:3], made
	}
	return "", ""
}

// personal gives a regular expression of what one letter stands for of an author or committer (git-log(1), PRETTY
// FORMATS).
func personal(letter byte, who history.Identity) (pattern string, ok bool) {
	local, _, _ := strings.Cut(who.Email, "@")
	switch letter {
	case 'n':
		return regexp.QuoteMeta(who.Name), true
	case 'e':
		return regexp.QuoteMeta(who.Email), true
	case 'l':
		return regexp.QuoteMeta(local), true
	case 't':
		return strconv.FormatInt(who.When, 10), true
	}
	layout := map[byte]string{
		'd': "Mon Jan 2 15:04:05 2006 -0700", 'D': "Mon, 2 Jan 2006 15:04:05 -0700", 'i': "2006-01-02 15:04:05 -0700",
		'I': "2006-01-02T15:04:05-07:00", 's': "2006-01-02",
	}[letter]
	zone, err := time.Parse("-0700", who.Zone)
	if layout == "" || err != nil {
		return "", false
	}
	text := regexp.QuoteMeta(time.Unix(who.When, 0).In(zone.Location()).Format(layout))
	if at, utc := strings.CutSuffix(text, `\+00:00`); utc { // which newer versions of git write as Z
		text = at + `(?:\+00:00|Z)`
	}
	return text, true
}

// shortened gives a regular expression of the beginnings of a name, of seven digits or more: git shows no shorter ones
// unless it is told to.
func shortened(name string) string {
	const least = 7
	var b strings.Builder
	b.WriteString(name[:least])
	for _, digit := range name[least:] {
		b.WriteString("(?:" + string(digit))
	}
	b.WriteString(strings.Repeat(")?", len(name)-least))
	return b.String()
}

func shortenedAll(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = shortened(name)
	}
	return strings.Join(all, " ")
}
