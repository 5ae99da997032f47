package cli

import (
	"cmp"
	"strings"

	"github.com/spf13/cobra"

	"countersign/docs"
	"countersign/gate"
	"countersign/gate/audit"
	"countersign/policy"
	"countersign/report"
)

func explainCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "explain CODE|REV",
		Short: "Explain a refusal by its code, or all that was asked about a commit",
		Long: `With the code of a refusal, such as approval-missing: what it means and what to do.

With a commit: what it changes and in which classes that falls, and every question that was asked of it
and its answer, in order. A commit that no protected branch has is judged as the new tip of the first
of them. With --claimed, committers are taken for signers, as backtest --claimed does; it needs no policy.`,
		Args: cobra.ExactArgs(1),
	}
	repository, folder, reader, format := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd), formatFlag(cmd)
	claimed := claimedFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if text, ok := docs.Refusal(args[0]); ok {
			env.list(format, explainedCode{args[0], text}, func(out *report.Printer) { out.Own(text) })
			return nil
		}
		g, err := env.usable(*repository, *folder, gate.Options{GoGit: reader.goGit(), Draft: *claimed})
		if err != nil {
			return nearCode(args[0], err)
		}
		defer g.Close()
		e, err := g.Auditor().Explain(cmd.Context(), args[0], *claimed)
		if err != nil {
			return nearCode(args[0], err)
		}
		env.list(format, e, func(out *report.Printer) { explainText(out, e) })
		return nil
	}
	return cmd
}

// explainedCode is what there is to say of a code.
type explainedCode struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// nearCode says, where the user named nothing that is here, which code they may have meant.
func nearCode(word string, err error) error {
	var codes []string
	for _, code := range policy.Codes() {
		codes = append(codes, string(code))
	}
	near := policy.Nearest(word, codes)
	if near == "" || exitCode(err) != exitUsage {
		return err
	}
	return usage("%w\nno refusal has the code %q; did you mean: countersign explain %s", err, word, near)
}

func explainText(out *report.Printer, e audit.Explained) {
	out.Printf("commit %s  %s\n", e.Commit.ID, e.Commit.Subject)
	if e.Landing != e.Commit.ID {
		out.Printf("brought by %s onto %s\n", e.Landing, e.Ref)
	} else {
		out.Printf("lands on %s\n", e.Ref)
	}
	out.Printf("\nchanges %d of its own\n", len(e.Changes))
	for _, c := range e.Changes {
		out.Printf("  %s  (%s, %s)\n", c.Path, c.Change, classesOf(c.Classes))
		for _, as := range c.ShownAs {
			out.Printf("    a symbolic link shows it as %s\n", as)
		}
		for _, r := range c.Lines {
			out.Printf("    %s\n", report.Line(r))
		}
	}
	out.Printf("\nasked of it\n")
	for _, s := range e.Steps {
		answer := "yes"
		if !s.Holds {
			answer = "NO "
		}
		out.Printf("  %s  %s: %s\n", answer, s.Check, s.Text)
		if s.Finding != nil {
			for _, d := range s.Finding.Discounted {
				out.Printf("       doesn't count: %s, because %s\n", d.Name, d.Reason)
			}
		}
	}
	out.Printf("\n%s\n", mayPass(e))
}

// mayPass says whether a commit may pass.
func mayPass(e audit.Explained) string {
	other := ""
	for _, f := range e.Findings {
		if f.Commit == e.Commit.ID {
			return "it may not pass"
		}
		other = f.Commit
	}
	if other != "" {
		return "it may pass, but not together with what lands with it: countersign explain " + other
	}
	return "it may pass"
}

// classesOf names classes.
func classesOf(names []string) string { return cmp.Or(strings.Join(names, ", "), "no class") }
