package shape

import (
	"bytes"
	"strings"

	"countersign/policy/edit"
)

const (
	whyTool    = "another compiler, linker or tool: one of the tree, or what it loads"
	whyPackage = "a command that installs or runs a package of a new name"
)

// commandLines gives the lines of a change whose commands run what the text before doesn't name: a program of the
// tree, or a package that is fetched by its name. A name that the text has anywhere is none of these.
func commandLines(f family, old, now []byte, added []edit.Line) []Reason {
	if f&running == 0 || len(added) == 0 {
		return nil
	}
	reader := commandReader{family: f, now: now, had: wordsHad{old: old}}
	var reasons []Reason
	end := 0
	for _, l := range added {
		if l.At < end {
			continue // it goes on from one before
		}
		var start int
		start, end = joinedAt(now, l.At)
		if why := reader.why(unixLines(now[start:end]), start); why != "" {
			reasons = append(reasons, Reason{l.Number, string(l.Text), Risky, why})
		}
	}
	return reasons
}

// joinedAt gives the lines that the one at a place goes on from and goes on in, without their last line feed.
func joinedAt(text []byte, at int) (start, end int) {
	start = at
	for start > 0 && goesOn(text[:start-1]) {
		start = bytes.LastIndexByte(text[:start-1], '\n') + 1
	}
	for end = at; ; end++ {
		i := bytes.IndexByte(text[end:], '\n')
		if i < 0 {
			return start, len(text)
		}
		if end += i; !goesOn(text[:end]) || end+1 == len(text) {
			return start, end
		}
	}
}

// goesOn tells whether the last line of some goes on in the next, by a backslash at its end.
func goesOn(lines []byte) bool {
	return bytes.HasSuffix(lines, []byte(`\`)) || bytes.HasSuffix(lines, []byte("\\\r"))
}

// unixLines gives a text whose lines end as on Unix.
func unixLines(text []byte) string {
	if bytes.Contains(text, []byte("\r\n")) {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte{'\n'})
	}
	return string(bytes.TrimSuffix(text, []byte{'\r'}))
}

// commandReader judges the commands of a change.
type commandReader struct {
	family
	now   []byte
	asked int             // how many lines' places were asked for
	had   wordsHad        // the text before
	known map[string]bool // what the text before gives to installers, once that was asked for
}

// why gives the reason that a line has, "" if it has none.
func (r *commandReader) why(line string, at int) string {
	lower := strings.ToLower(line)
	switch {
	case isComment([]byte(lower)):
		return ""
	case len(r.had.old) > 0 && r.runsOther(line, at):
		return whyProgram
	}
	if r.family&workflow != 0 {
		if why := stepLine(lower, &r.had); why != "" {
			return why
		}
	}
	switch {
	case len(r.had.old) > 0 && otherArchive(lower, &r.had):
		return whyArchive
	case len(r.had.old) > 0 && setsLoader(lower, &r.had):
		return whyLoads
	case len(r.had.old) > 0 && r.family&programs != 0 && includesOther(line, &r.had):
		return whyInclude
	case setsTool(lower):
		return whyTool
	case r.bringsPackage(lower):
		return whyPackage
	}
	return ""
}

// mayRun tells whether a line may name a program of the tree: by a path, or behind an interpreter.
func mayRun(line string) bool {
	if strings.ContainsAny(line, "/.") {
		return true
	}
	for _, name := range []string{"sh ", "python", "perl ", "node ", "ruby ", "php ", "lua ", "source "} {
		if strings.Contains(line, name) {
			return true
		}
	}
	return false
}

func (r *commandReader) runsOther(line string, at int) bool {
	if !mayRun(line) {
		return false
	}
	if p := calledProgram(line); p != "" && !r.had.has(p) {
		return true
	}
	if i := strings.Index(line, "run: "); i > 0 && strings.HasPrefix(strings.TrimLeft(line, " -"), "{") {
		line = line[i:] // a step on one line
	}
	for i, c := range commandsIn(line) {
		if p := placed(c.words); p != "" && !r.had.has(p) {
			return true
		}
		p, sure := programOf(c, r.family&programs != 0)
		if p != "" && (sure || i == 0 && r.amongCommands(at)) && !r.had.has(p) {
			return true
		}
	}
	return false
}

func (r *commandReader) bringsPackage(lower string) bool {
	for _, name := range packagesIn(lower) {
		if r.known == nil {
			r.known = knownPackages(r.had.old)
		}
		if !r.known[name] {
			return true
		}
	}
	return false
}
