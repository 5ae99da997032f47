package install

import (
	"fmt"
	"strings"
)

const starter = `# Who may land what%s. What isn't said here has its default.
# As long as no [[principal]] is named below, every push is refused.
version = 1

[protect]
refs = [%s]
%s
# Name the people whose signatures count, two maintainers at least: nobody approves a change of
# their own. Keys stand here, or as files in the folder keys/ beside this file. Then run
# "%s" here.
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
	return fmt.Sprintf(starter, " in this repository", list(protect), "\n[adoption]\n"+AdoptionText(adopted),
		"countersign policy check")
}

// CommonPolicy gives the text of a first policy by which many repositories are judged.
func CommonPolicy(protect []string) string {
	return fmt.Sprintf(starter, " in the repositories that are judged by it", list(protect), "",
		"countersign policy check --policy . -C REPOSITORY")
}

// AdoptionText gives the text of the file that says what a repository which is judged by a common policy held before.
func AdoptionText(adopted []string) string {
	return fmt.Sprintf("# What these commits reach was there before the gate, and is not judged.\n"+
		"commits = [%s]\n", list(adopted))
}

const founding = `# Who may land what in this repository. Each landing is judged by the policy before it; to loosen this one takes
# the quorum of maintainers and some days. What isn't said here has its default.
version = 1

[protect]
refs = [%s]

[[principal]]
name = %s
role = "maintainer"
emails = [%s]
introduced-by = "founder"
keys = [%s]

# Two maintainers at least, or nobody can approve a change of the other. A reviewer approves and signs nothing:
#
# [[principal]]
# name = "bob"
# role = "maintainer"           # or "contributor", "reviewer", "service"
# emails = ["bob@example.org"]
# introduced-by = "founder"     # or the name of whoever vouched for them
# keys = [{ openpgp = "keys/bob.asc" }]
#
# Alone, time can do what a second person would: a change waits in sight before it lands.
#
# [[rule]]
# name = "opaque-files"
# classes = ["binary", "executable", "archive", "encoded", "large", "build", "ci", "fixture", "vendored"]
# exempt = "nobody"
# wait = "7d"
`

// FoundingPolicy gives the text of a policy in the tree that names one maintainer; key is a table as the policy
// has it in keys.
func FoundingPolicy(protect []string, name, email, key string) string {
	return fmt.Sprintf(founding, list(protect), Quote(name), Quote(email), key)
}

// Quote writes a TOML string, of text without control characters.
func Quote(s string) string { return quoted([]string{s})[0] }

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
