package install

import (
	"fmt"
	"strings"
)

const starter = `# Who may land what in this repository. What isn't said here has its default.
# As long as no [[principal]] is named below, every push to a protected ref is refused.
version = 1

[protect]
refs = [%s]

[adoption]
# What these commits reach was there before the gate, and is not judged.
commits = [%s]

# Name the people whose signatures count, two maintainers at least: nobody approves a change of
# their own. Keys stand here, or as files in the folder keys/ beside this file. Then run
# "countersign policy check" here.
#
# [[principal]]
# name = "alice"
# role = "maintainer"           # or "contributor", "reviewer", "service"
# emails = ["alice@example.org"]
# introduced-by = "founder"     # or the name of whoever vouched for them
# keys = [
#   { ssh = "ssh-ed25519 AAAA… alice" },
#   { openpgp = "keys/alice.asc" },
# ]
`

// StarterPolicy gives the text of a first policy: the refs to protect, as patterns, and the full ids
// of the commits up to which nothing is judged. Until somebody is named in it, it refuses.
func StarterPolicy(protect, adopted []string) string {
	return fmt.Sprintf(starter, list(protect), list(adopted))
}

// list writes the elements of a TOML array, ids and ref patterns without control characters.
func list(words []string) string {
	if len(words) < 2 {
		return strings.Join(quoted(words), "")
	}
	return "\n  " + strings.Join(quoted(words), ",\n  ") + ",\n"
}

func quoted(words []string) []string {
	q := make([]string, len(words))
	for i, w := range words {
		q[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(w) + `"`
	}
	return q
}
