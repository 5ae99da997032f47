package report

import (
	"io"
	"strings"
)

// page collects lines of escaped text, none wider than its columns.
type page struct {
	columns int    // 0 is no bound
	rows    int    // that one sentence may take, 0 for any number
	mark    string // before each line
	lines   []string
}

// line adds a sentence. What doesn't fit is wrapped at spaces, two columns deeper, a word too long
// for a row is cut, and so is a sentence of too many rows.
func (p *page) line(indent int, sentence string) {
	if p.columns == 0 || indent+width(sentence) <= p.columns {
		p.add(indent, sentence)
		return
	}
	const deeper, mark = 2, " …"
	rows := wrap(sentence, p.columns-indent-deeper-len(" .."))
	if p.rows > 0 && len(rows) > p.rows {
		rows = rows[:p.rows]
		rows[p.rows-1] += mark
	}
	for i, row := range rows {
		if i == 1 {
			indent += deeper
		}
		p.add(indent, row)
	}
}

func (p *page) add(indent int, row string) {
	p.lines = append(p.lines, strings.TrimRight(strings.Repeat(" ", indent)+row, " "))
}

func (p *page) blank() { p.lines = append(p.lines, "") }

// writeTo writes the page in one piece: two processes that share an output don't mix their lines.
func (p *page) writeTo(w io.Writer) error {
	if len(p.lines) == 0 {
		return nil
	}
	_, err := io.WriteString(w, p.mark+strings.Join(p.lines, "\n"+p.mark)+"\n")
	return err
}

// wrap breaks a sentence into rows: at spaces, and inside a word only where it is longer than a row.
func wrap(sentence string, columns int) []string {
	var rows []string
	for word := range strings.SplitSeq(sentence, " ") {
		for width(word) > columns {
			n := fitting(word, columns)
			rows, word = append(rows, word[:n]), word[n:]
		}
		last := len(rows) - 1
		if last >= 0 && width(rows[last])+1+width(word) <= columns {
			rows[last] += " " + word
			continue
		}
		rows = append(rows, word)
	}
	return rows
}

// fitting gives the length of what of an escaped text fits into so many columns, one character or escape at least.
func fitting(s string, columns int) int {
	n := unit(s)
	for left := columns - width(s[:n]); n < len(s); {
		next := unit(s[n:])
		if left -= width(s[n : n+next]); left < 0 {
			break
		}
		n += next
	}
	return n
}

// List joins names by commas and the last by a word.
func List(names []string, word string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " " + word + " " + names[last]
}

// some shortens a list of names to so many, and says how many are left out.
func some(names []string, most int) []string {
	if len(names) <= most+1 {
		return names
	}
	return append(names[:most:most], Count(len(names)-most, "other"))
}
