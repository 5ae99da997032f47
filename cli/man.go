package cli

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

func manCommand(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "man FOLDER",
		Short: "Write the manual pages",
		Long: `Writes a manual page for each command into FOLDER, which is made if it isn't there. man finds them in a folder
that is called man1 and lies in one that man searches:

    countersign man ~/.local/share/man/man1
    man countersign-verify`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			folder := env.path(args[0])
			if err := os.MkdirAll(folder, 0o777); err != nil {
				return err
			}
			var err error
			each(cmd.Root(), func(cmd *cobra.Command) {
				if err == nil && (cmd.IsAvailableCommand() || cmd == cmd.Root()) {
					err = os.WriteFile(filepath.Join(folder, pageName(cmd)+".1"), manualPage(cmd), 0o666)
				}
			})
			return err
		},
	}
}

// pageName gives what the manual page of a command is called.
func pageName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// manualPage gives a command's manual page, for man(7). It has the very lines of the help, whose tables are aligned, so
// that no line is filled. Cobra's own generator takes the help for Markdown, which loses them, and makes every start of
// the program half a millisecond slower.
func manualPage(cmd *cobra.Command) []byte {
	name := pageName(cmd)
	page := ".TH " + roff(strings.ToUpper(name)) + " 1 \"\" " + roff(cmd.Root().Name()) + "\n"
	section := func(title, text string) {
		if text = strings.Trim(text, "\n"); text != "" {
			page += ".SH " + title + "\n.nf\n" + roff(text) + "\n.fi\n"
		}
	}
	section("NAME", name+" - "+cmd.Short)
	section("SYNOPSIS", cmd.UseLine())
	section("DESCRIPTION", cmd.Long)
	section("OPTIONS", cmd.LocalFlags().FlagUsagesWrapped(100))
	_, codes, _ := strings.Cut(exitTable, ":\n")
	section("EXIT STATUS", codes)
	var others []string
	if cmd.HasParent() {
		others = append(others, pageName(cmd.Parent())+"(1)")
	}
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			others = append(others, pageName(sub)+"(1)")
		}
	}
	section("SEE ALSO", strings.Join(others, ",\n"))
	return []byte(page)
}

// roff writes text so that troff shows it as it is: its escape character, characters that it takes for typographic
// ones, and lines that would be requests (groff(7), Escape Sequences and Control Characters).
func roff(text string) string {
	escapes := strings.NewReplacer(
		`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`)
	lines := strings.Split(escapes.Replace(text), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
