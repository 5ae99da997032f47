package shape

import (
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
	reader := commandReader{family: f, had: wordsHad{old: old}}
	var reasons []Reason
	for l := range joinLines(now, '\\') {
		last := l.line + strings.Count(l.text, "\n")
		if len(added) == 0 {
			break
		}
		if added[0].Number > last {
			continue
		}
		first := added[0]
		for len(added) > 0 && added[0].Number <= last {
			added = added[1:]
		}
		if why := reader.why(l.text); why != "" {
			reasons = append(reasons, Reason{first.Number, string(first.Text), Risky, why})
		}
	}
	return reasons
}

// commandReader judges the commands of a change.
type commandReader struct {
	family
	had   wordsHad        // the text before
	known map[string]bool // what the text before gives to installers, once that was asked for
}

// why gives the reason that a line has, "" if it has none.
func (r *commandReader) why(line string) string {
	lower := strings.ToLower(line)
	switch {
	case isComment([]byte(lower)):
		return ""
	case len(r.had.old) > 0 && r.runsOther(line):
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
	case setsTool(lower):
		return whyTool
	case r.bringsPackage(lower):
		return whyPackage
	}
	return ""
}

func (r *commandReader) runsOther(line string) bool {
	if !strings.ContainsAny(line, "/.") {
		return false // treePath wants one of them
	}
	if p := calledProgram(line); p != "" && !r.had.has(p) {
		return true
	}
	for _, c := range commandsIn(line) {
		if p := programOf(c, r.family&programs != 0); p != "" && !r.had.has(p) {
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
