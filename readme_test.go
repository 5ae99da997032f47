package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"countersign/cli"
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

// TestReadmeBacktest makes the README's tables of xz's history anew: what the default policy would
// have held in the five years before the backdoor was found, and two other policies.
func TestReadmeBacktest(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	repo := filepath.Join(dir, "xz.git")
	run(t, dir, "git", "init", "-q", "--bare", repo)
	importHistory(t, repo, "testdata/history/xz.fi.gz")
	write := func(name, text string) string {
		folder := filepath.Join(dir, name)
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, "policy.toml"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return folder
	}
	strict := write("strict", "[[rule]]\nname = \"opaque-files\"\nclasses = [\"binary\", \"executable\", \"archive\", \"encoded\", \"large\"]\nexempt = \"nobody\"\n")
	backtest := func(args ...string) string {
		var out, errs bytes.Buffer
		env := environment()
		env.Args = append([]string{"backtest", "--claimed", "--all", "-C", repo, "--since", "2019-03-29", "--until", "2024-03-29", "main"}, args...)
		env.Stdout, env.Stderr, env.Now = &out, &errs, time.Now
		if code := cli.Run(context.Background(), env); code != 0 {
			t.Fatalf("backtest %v: exit code %d\n%s", args, code, errs.Bytes())
		}
		return out.String()
	}
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := slices.Concat(readmeBlocks(t, string(readme))...)

	// The ids of the stand-ins for cf44e4b7 and 6e636819, the payload, 328c52da, the sabotage of the
	// sandbox, and e5faaebb, the ifunc change.
	payload, sabotage, ifunc := []string{"27dd496c30", "7a248d4ef4"}, "56b0048738", "7b755fed79"
	all := backtest()
	for _, id := range append(payload, sabotage, ifunc) {
		if !strings.Contains(all, "\n"+id+"  ") {
			t.Errorf("the default policy doesn't hold %s", id)
		}
	}
	opaque := backtest("--rule", "opaque-files")
	nobody := backtest("--policy", strict)
	for _, id := range payload {
		for name, out := range map[string]string{"opaque-files alone": opaque, "exempt nobody": nobody} {
			if !strings.Contains(out, "\n"+id+"  ") {
				t.Errorf("%s doesn't hold %s", name, id)
			}
		}
	}
	if strings.Contains(opaque, "opaque-files  lasse") {
		t.Errorf("opaque-files holds the founder:\n%s", opaque)
	}
	for _, want := range []struct{ out, line string }{
		{all, "1182 commits (1 of them merges) in 1169 landings, 2019-05-01 to 2024-03-25"},
		{all, "held for a second person: 131 (11.1 %)"},
		{all, "opaque-files  16       6     0.5 %"},
		{all, "build-and-ci  299      125   10.6 %"},
		{all, "fixtures      16       5     0.4 %"},
		{opaque, "held for a second person: 6 (0.5 %)"},
		{nobody, "held for a second person: 16 (1.4 %)"},
	} {
		if !strings.Contains(want.out, want.line+"\n") {
			t.Errorf("the backtest doesn't say %q:\n%.1500s", want.line, want.out)
		}
		if !slices.Contains(shown, want.line) {
			t.Errorf("the README doesn't show %q", want.line)
		}
	}
}

func importHistory(t *testing.T, repo, stream string) {
	t.Helper()
	f, err := os.Open(stream)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("git", "-C", repo, "fast-import", "--quiet")
	cmd.Stdin = z
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
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
