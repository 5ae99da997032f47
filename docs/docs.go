// Package docs carries the texts that the program shows itself. Refusals are in refusals.md, one
// section for each code a finding can have; [Refusal] gives one of them.
package docs

import (
	_ "embed"
	"strings"
)

//go:embed refusals.md
var refusals string

// heading begins a section; the rest of its line is the code.
const heading = "\n## "

// Refusal gives what refusals.md says of a finding's code, without the heading and with one newline
// at its end. It says false of a code that it doesn't know.
func Refusal(code string) (string, bool) {
	if strings.Contains(code, "\n") {
		return "", false
	}
	_, section, known := strings.Cut(refusals, heading+code+"\n")
	if !known {
		return "", false
	}
	section, _, _ = strings.Cut(section, heading)
	return strings.Trim(section, "\n") + "\n", true
}
