package kept

import (
	"crypto/sha256"
	"strings"
)

// reachedVersion is that of the format of what is reached.
const reachedVersion = "countersign reached 1\n"

// Reached gives what is kept of which commits some others reach: by id, whether any of these does. Of what isn't in it
// nothing is known. Since ids name contents, an answer stays right for good.
func (s *Store) Reached(from []string) map[string]bool {
	reached := make(map[string]bool)
	rest, _ := checked(s.read("reached"), reachedVersion)
	begun, lines, _ := strings.Cut(string(rest), "\n")
	if begun != strings.Join(from, " ") {
		return reached
	}
	for line := range strings.Lines(lines) {
		id, isNot := strings.CutPrefix(strings.TrimSuffix(line, "\n"), "not ")
		reached[id] = !isNot
	}
	return reached
}

// KeepReached writes down at once which commits some others reach, in place of what is kept.
func (s *Store) KeepReached(from []string, reached map[string]bool) {
	text := append(make([]byte, sha256.Size), reachedVersion...)
	text = append(append(text, strings.Join(from, " ")...), '\n')
	for id, yes := range reached {
		if !yes {
			text = append(text, "not "...)
		}
		text = append(append(text, id...), '\n')
	}
	s.write("reached", summed(text))
}
