package shape

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// judgeWorkflow judges workflows and actions of GitHub, Gitea and Forgejo, pipelines of GitLab and what has the same
// words: GitHub, "Workflow syntax"; GitLab, "CI/CD YAML syntax reference".
func judgeWorkflow(path []string, old, now *node) (change, bool) {
	if len(path) == 0 || old == nil || now == nil || old.kind != scalar || now.kind != scalar {
		return change{}, false
	}
	a, quoteA := unquoted(old.text)
	b, quoteB := unquoted(now.text)
	last := path[len(path)-1]
	if quoteA != quoteB || strings.Contains(b, "${{") {
		return change{}, false
	}
	switch {
	case last == "uses":
		if olderNote(old.note, now.note) {
			return plain(0, "an older version of an action, as its comment says"), true
		}
		return usesChanged(a, b)
	case last == "image" || last == "container":
		if imageRaised(a, b) {
			return harmless(0, "a newer version of an image"), true
		}
		if unpinnedImage(a, b) {
			return risky(0, whyNewest), true
		}
	case last == "name" && len(path) > 2 && path[len(path)-3] == "steps" && asciiLine(b):
		return harmless(0, "the name of a step"), true
	case last == "runs-on" && runnerRaised(a, b):
		return harmless(0, "a newer runner"), true
	case path[0] == "repos" && last == "rev" && len(path) == 3 && pinRaised(a, b):
		return harmless(0, "a newer version of a hook"), true
	case versionKey(last) && (slices.Contains(path, "env") || slices.Contains(path, "with") || path[0] == "variables") &&
		newer(a, b):
		return harmless(0, "a newer version of a tool"), true
	}
	return change{}, false
}

// olderNote tells whether the comments behind two pins say that the version falls.
func olderNote(old, now string) bool {
	a, b := strings.Trim(old, " #"), strings.Trim(now, " #")
	return a != b && versionLike(a) && versionLike(b) && newer(b, a)
}

// usesChanged judges another pin of an action, as it is among the steps. What names another owner, action or
// folder is another action.
func usesChanged(old, now string) (change, bool) {
	nameA, pinA, _ := strings.Cut(old, "@")
	nameB, pinB, _ := strings.Cut(now, "@")
	switch {
	case strings.HasPrefix(now, "docker://"):
		if strings.HasPrefix(old, "docker://") && imageRaised(old[len("docker://"):], now[len("docker://"):]) {
			return harmless(0, "a newer version of an image"), true
		}
		return plain(0, "another action"), true
	case nameA != nameB || !asciiName(nameB):
		return plain(0, "another action"), true // risky if it is new to the file
	case pinRaised(pinA, pinB):
		return harmless(0, "a newer version of an action"), true
	case isCommit(pinA):
		return risky(0, "an action that was pinned by its commit"), true
	}
	return plain(0, "another version of an action, not known to be newer"), true
}

// pinRaised tells whether a pin is a newer version, or the whole name of a commit.
func pinRaised(old, now string) bool {
	if isCommit(now) {
		return isCommit(old) && len(old) == len(now) || versionLike(old)
	}
	return newer(old, now)
}

// runnerRaised tells whether a runner is GitHub's own, with a newer version.
func runnerRaised(old, now string) bool {
	for _, system := range []string{"ubuntu-", "macos-", "windows-"} {
		a, isA := strings.CutPrefix(old, system)
		b, isB := strings.CutPrefix(now, system)
		if isA && isB && newer(a, b) {
			return true
		}
	}
	return false
}

// versionKey tells whether a setting says which version of something is fetched: GO_VERSION, python-version.
func versionKey(key string) bool {
	key = strings.ToLower(key)
	return key == "version" || strings.HasSuffix(key, "_version") || strings.HasSuffix(key, "-version")
}

// whyWritten gives the reason that a line has in whatever way YAML lets it be written: keys in quotes, in braces or
// with blanks before their value, escapes, a value that stands on the next line.
func whyWritten(lower []byte) string {
	line := squeezed(unescaped(bytes.Map(func(r rune) rune {
		if r == '"' || r == '\'' {
			return -1
		}
		return r
	}, lower)))
	if strings.HasPrefix(line, "-?uses") || strings.HasPrefix(line, "?uses") {
		return "an action, written in an unusual way"
	}
	for _, key := range []string{"uses:", ",uses:", "{uses:"} {
		i := strings.Index(line, key)
		plainly := bytes.HasPrefix(bytes.TrimLeft(lower, " -"), []byte("uses:"))
		if i >= 0 && (key != "uses:" || strings.TrimLeft(line[:i], "-") == "") && (!plainly || line[i:] == "uses:") {
			return "an action, written in an unusual way"
		}
	}
	for _, key := range []string{
		"contents", "id-token", "packages", "actions", "pull-requests", "deployments", "attestations",
	} {
		if strings.HasPrefix(strings.TrimLeft(line, "{-"), key+":write") {
			return whySecret
		}
		if strings.Contains(line, "permissions:{") && strings.Contains(line, key+":write") {
			return whySecret
		}
	}
	if program(line) {
		return "what an action runs, or what runs the commands of a step"
	}
	for _, word := range []string{"pull_request_target", "workflow_run", "write-all", "permissions:write"} {
		if strings.Contains(line, word) {
			return whySecret
		}
	}
	return ""
}

// program tells whether a line without blanks says what an action runs, or a shell of the tree's own: GitHub,
// "Metadata syntax", runs.main; "Workflow syntax", steps.shell. Usual shells with usual options are none.
func program(line string) bool {
	key, value, _ := strings.Cut(strings.TrimLeft(line, "-"), ":")
	switch key {
	case "main", "pre", "post":
		return strings.HasSuffix(value, "js") && !strings.HasPrefix(value, "dist/")
	case "shell":
		return strings.Contains(value, "{0}") && (strings.Contains(value, "/") || strings.Contains(value, "$("))
	}
	return false
}

// unescaped resolves the escapes of ASCII that YAML has in double quotes: \x41, \u0041.
func unescaped(line []byte) []byte {
	if bytes.IndexByte(line, '\\') < 0 {
		return line
	}
	var out []byte
	for i := 0; i < len(line); i++ {
		for _, start := range []string{`\x`, `\u00`} {
			rest, found := bytes.CutPrefix(line[i:], []byte(start))
			if !found || len(rest) < 2 {
				continue
			}
			if c, err := strconv.ParseUint(string(rest[:2]), 16, 7); err == nil {
				out = append(out, bytes.ToLower([]byte{byte(c)})...)
				i += len(start) + 2
			}
		}
		if i < len(line) {
			out = append(out, line[i])
		}
	}
	return out
}

// asciiLine tells whether a text is one that a shell and a template leave alone.
func asciiLine(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return !strings.Contains(s, "${")
}
