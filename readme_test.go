package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

var hexID = regexp.MustCompile(`\b[0-9a-f]{8,64}\b`)

// readmeBlocks gives the code blocks of the README, each as its lines.
func readmeBlocks(t interface{ Fatalf(string, ...any) }, readme string) [][]string {
	var blocks [][]string
	for i, part := range strings.Split(readme, "```") {
		if i%2 == 1 {
			_, code, _ := strings.Cut(part, "\n")
			blocks = append(blocks, strings.Split(strings.TrimSuffix(code, "\n"), "\n"))
		}
	}
	if blocks == nil {
		t.Fatalf("the README shows nothing")
	}
	return blocks
}

// readmeCommand is a session's command: the README's first block stands, line for line but for the
// ids, in what the demonstration printed.
func readmeCommand(readme string) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, _ bool, args []string) {
		mask := func(s string) string { return hexID.ReplaceAllString(strings.TrimSpace(s), "ID") }
		var printed []string
		for line := range strings.Lines(ts.ReadFile(args[0])) {
			printed = append(printed, mask(line))
		}
		want := readmeBlocks(ts, readme)[0]
		at := slices.Index(printed, mask(want[0]))
		for i, line := range want {
			if at < 0 || at+i >= len(printed) || printed[at+i] != mask(line) {
				ts.Fatalf("the README shows %q, the demonstration doesn't print it there", line)
			}
		}
	}
}

// No page holds what Git writes where two changes of it met.
func TestReadmeHasNoConflicts(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("*.md")
	more, err2 := filepath.Glob("*/*.md")
	if pages = append(pages, more...); err != nil || err2 != nil || len(pages) < 5 {
		t.Fatalf("%d pages, %v, %v", len(pages), err, err2)
	}
	for _, name := range pages {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for n, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "<<<<<<< ") || strings.HasPrefix(line, ">>>>>>> ") {
				t.Errorf("%s:%d: %s", name, n+1, line)
			}
		}
	}
}
