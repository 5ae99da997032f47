package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/cli"
)

// docs/commands.md has each command that help shows, and no other.
func TestReadmeCommandsAreListed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := helpShows(t)
	for _, name := range shown {
		if !strings.Contains(string(text), "`countersign "+name) {
			t.Errorf("docs/commands.md doesn't have %s", name)
		}
	}
	rows := regexp.MustCompile("(?m)^\\| `countersign ([a-z -]*[a-z])").FindAllStringSubmatch(string(text), -1)
	for _, m := range rows {
		if name, _, _ := strings.Cut(m[1], " --"); !slices.Contains(shown, name) {
			t.Errorf("docs/commands.md has %s, which help doesn't show", name)
		}
	}
	if len(rows) < 20 {
		t.Errorf("docs/commands.md has %d commands", len(rows))
	}
}

// helpShows gives the commands that the help of a command shows, and theirs. What is below completion is the shells' names.
func helpShows(t *testing.T, command ...string) []string {
	var out bytes.Buffer
	code := cli.Run(context.Background(), cli.Env{
		Args: append(slices.Clone(command), "--help"), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &out,
		Getenv: func(string) string { return "" }, Now: time.Now, Dir: t.TempDir(), Executable: "countersign",
	})
	if code != 0 {
		t.Fatalf("%v: exit code %d\n%s", command, code, &out)
	}
	help, _, _ := strings.Cut(out.String(), "\nFlags:\n")
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z][a-z-]*) +[A-Z]`).FindAllStringSubmatch(help, -1) {
		below := append(slices.Clone(command), m[1])
		all = append(all, strings.Join(below, " "))
		if m[1] != "completion" {
			all = append(all, helpShows(t, below...)...)
		}
	}
	return all
}
