package report

import (
	"slices"
	"strings"
)

// commands are what a step's command begins with.
var commands = []string{"git ", "countersign ", "date "}

// parts cuts a step into its words, with their colon, and its command, which nothing follows. Either may be "".
func parts(step string) (words, command string) {
	for at := 0; ; {
		if slices.ContainsFunc(commands, func(c string) bool { return strings.HasPrefix(step[at:], c) }) {
			return step[:at], step[at:]
		}
		colon := strings.Index(step[at:], ": ")
		if colon < 0 {
			return step, ""
		}
		at += colon + len(": ")
	}
}

// step adds a step after a lead. A command that doesn't fit gets rows of its own, and can be typed as it stands: it is
// never cut, and a row that goes on ends with what a shell takes for that.
func (p *page) step(indent int, lead, step string) {
	said, command := parts(step)
	if p.columns == 0 || command == "" || indent+width(lead+step) <= p.columns {
		p.line(indent, lead+step)
		return
	}
	if lead+said != "" {
		p.line(indent, strings.TrimSuffix(lead+said, " "))
		indent += 2
	}
	const goesOn = ` \`
	words := arguments(command)
	row := words[0]
	for _, word := range words[1:] {
		if indent+width(row+" "+word+goesOn) > p.columns {
			p.add(indent, row+goesOn)
			row = "  " + word
			continue
		}
		row += " " + word
	}
	p.add(indent, row)
}

// arguments cuts a command at the spaces outside single quotes. It leaves a long option with what follows it, and a
// program, of which there may be several joined by &&, with its subcommand.
func arguments(command string) (words []string) {
	quoted := false
	begin := 0
	for i, r := range command {
		switch {
		case r == '\'':
			quoted = !quoted
		case r == ' ' && !quoted && (!strings.HasPrefix(command[begin:i], "--") || strings.Contains(command[begin:i], " ") ||
			strings.HasPrefix(command[i+1:], "-")) && !slices.Contains(commands, command[begin:i+1]):
			words = append(words, command[begin:i])
			begin = i + 1
		}
	}
	return append(words, command[begin:])
}
