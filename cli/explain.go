package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"countersign/docs"
	"countersign/gate"
	"countersign/report"
)

func explainCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain CODE|REV",
		Short: "Explain a refusal by its code, or all that was asked about a commit",
		Long: `With the code of a refusal, such as approval-missing: what it means and what to do.

With a commit: what it changes and in which classes that falls, and every question that was asked of it
and its answer, in order. A commit that no protected branch has is judged as the new tip of the first
of them.`,
		Args: cobra.ExactArgs(1),
	}
	repository, folder, reader, format := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if text, ok := docs.Refusal(args[0]); ok {
			_, err := io.WriteString(env.Stdout, text)
			return err
		}
		goGit, err := env.goGit(cmd, *reader)
		if err != nil {
			return err
		}
		g, err := env.usable(*repository, *folder, gate.Options{GoGit: goGit})
		if err != nil {
			return err
		}
		defer g.Close()
		e, err := g.Explain(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		switch *format {
		case "text":
			return explainText(env.Stdout, e)
		case "json":
			out := json.NewEncoder(env.Stdout)
			out.SetIndent("", "  ")
			return out.Encode(e)
		default:
			return noFormat(cmd, *format)
		}
	}
	return cmd
}

func explainText(w io.Writer, e gate.Explained) error {
	var b strings.Builder
	fmt.Fprintf(&b, "commit %s  %s\n", e.Commit.ID, report.Escape(e.Commit.Subject))
	if e.Landing != e.Commit.ID {
		fmt.Fprintf(&b, "brought by %s onto %s\n", e.Landing, report.Escape(e.Ref))
	} else {
		fmt.Fprintf(&b, "lands on %s\n", report.Escape(e.Ref))
	}
	fmt.Fprintf(&b, "\nchanges %d of its own\n", len(e.Changes))
	for _, c := range e.Changes {
		classes := "no class"
		if len(c.Classes) > 0 {
			classes = strings.Join(c.Classes, ", ")
		}
		fmt.Fprintf(&b, "  %s  (%s, %s)\n", report.Escape(c.Path), c.Change, classes)
		for _, as := range c.ShownAs {
			fmt.Fprintf(&b, "    a symbolic link shows it as %s\n", report.Escape(as))
		}
	}
	b.WriteString("\nasked of it\n")
	refused := false
	for _, s := range e.Steps {
		answer := "yes"
		if !s.Holds {
			answer, refused = "NO ", true
		}
		fmt.Fprintf(&b, "  %s  %s: %s\n", answer, report.Escape(s.Check), report.Escape(s.Text))
		if s.Finding != nil {
			for _, d := range s.Finding.Discounted {
				fmt.Fprintf(&b, "       doesn't count: %s, because %s\n", report.Escape(d.Name), report.Escape(d.Reason))
			}
		}
	}
	verdict := "\nit may pass\n"
	if refused {
		verdict = "\nit may not pass\n"
	}
	b.WriteString(verdict)
	_, err := io.WriteString(w, b.String())
	return err
}
