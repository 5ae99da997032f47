package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// scriptOf gives the one script that a file of a forge's CI has: the lines of the block after "run: |" or "- |".
func scriptOf(yaml string) string {
	var script []string
	indent := -1
	for line := range strings.Lines(yaml) {
		text := strings.TrimLeft(line, " ")
		switch depth := len(line) - len(text); {
		case indent >= 0 && depth > indent:
			script = append(script, text)
		case indent >= 0 && strings.TrimSpace(text) != "":
			return strings.Join(script, "")
		case text == "run: |\n" || text == "- |\n":
			indent = depth
		}
	}
	return strings.Join(script, "")
}

// What runs in CI, others write into: names of branches, titles, all that an event has. None of it gets into a script
// but by a variable, and what a script reads a job sets.
func TestCIScripts(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("ci/*/*.yml")
	if err != nil || len(files) != 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script := scriptOf(string(text))
		if !strings.Contains(script, "go build") {
			t.Fatalf("%s: no script is found", name)
		}
		if strings.Contains(script, "{{") {
			t.Errorf("%s: an expression stands in a script", name)
		}
		for _, m := range regexp.MustCompile(`uses: *(\S+)`).FindAllStringSubmatch(string(text), -1) {
			if !regexp.MustCompile(`@[0-9a-f]{40}$`).MatchString(m[1]) {
				t.Errorf("%s: %s is not pinned by the full id of a commit", name, m[1])
			}
		}
	}
	action, err := os.ReadFile("ci/github/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	given := []string{"CS_URL", "CS_USER", "CS_BRANCH", "CS_REQUEST", "CS_HEAD", "CS_FORMATS"} // github.sh sets them
	for _, m := range regexp.MustCompile(`(?m)^ +([A-Z_]+): \$\{\{`).FindAllStringSubmatch(string(action), -1) {
		given = append(given, m[1])
	}
	for _, name := range []string{"ci/github.sh", "ci/judge.sh"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\$\{?((?:CS|PULL)_[A-Z]+)`).FindAllStringSubmatch(string(text), -1) {
			if !slices.Contains(given, m[1]) {
				t.Errorf("%s reads %s, which ci/github/action.yml doesn't set", name, m[1])
			}
		}
	}
}
