package cli

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// Each command that help lists has a manual page, which says what its help says and has no other requests than those
// that lay it out.
func TestManualPages(t *testing.T) {
	p := newPerson(t)
	p.must("man", "share/man1")
	pages, err := filepath.Glob(filepath.Join(p.dir, "share/man1/*"))
	if err != nil {
		t.Fatal(err)
	}
	shown := strings.NewReplacer(`\e`, `\`, `\-`, "-", `\(aq`, "'", `\(ga`, "`", `\(ha`, "^", `\(ti`, "~", `\&`, "")
	var wanted []string
	root := rootCommand(p.env)
	root.InitDefaultCompletionCmd("x") // as running it does
	each(root, func(cmd *cobra.Command) {
		if cmd.Hidden {
			return
		}
		file := strings.ReplaceAll(cmd.CommandPath(), " ", "-") + ".1"
		if cmd.IsAvailableCommand() || !cmd.HasParent() {
			wanted = append(wanted, file)
			var text []string
			for line := range strings.Lines(p.read("share/man1/" + file)) {
				if word, _, _ := strings.Cut(line, " "); strings.HasPrefix(word, ".") {
					if !slices.Contains([]string{".TH", ".SH", ".nf", ".fi"}, strings.TrimSpace(word)) {
						t.Errorf("%s: a request %s", file, line)
					}
					continue
				}
				text = append(text, line)
			}
			wantOutput(t, file, shown.Replace(strings.Join(text, "")), strings.TrimSpace(cmd.Long), cmd.Short, "refused")
		}
	})
	for _, page := range pages {
		if !slices.Contains(wanted, filepath.Base(page)) {
			t.Errorf("%s is of no command", page)
		}
	}
}

func TestRoff(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\n.b":     "a\n\\&.b",
		"'quoted'":  `\(aqquoted\(aq`,
		`\n ~ ^ -x`: `\en \(ti \(ha \-x`,
		"`x`":       `\(gax\(ga`,
	} {
		if got := roff(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}
