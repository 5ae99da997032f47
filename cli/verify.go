package cli

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

func verifyCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "verify [RANGE]",
		Short: "Judge history that has landed, as the hook would have",
		Long: `Judges what protected branches hold since adoption, or what a RANGE holds: A..B, or B for all of it
since adoption. The rules and the findings are the hook's; only the receiver's clock is missing, which
bounds the dates of what lands. Approvals are read from refs/approvals/, which a clone has after

    git fetch origin 'refs/approvals/*:refs/approvals/*'`,
		Args: cobra.MaximumNArgs(1),
	}
	repository, folder, reader, format := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		goGit, err := env.goGit(cmd, *reader)
		if err != nil {
			return err
		}
		g, err := env.usable(*repository, *folder, gate.Options{GoGit: goGit})
		if err != nil {
			return err
		}
		defer g.Close()
		d, err := landed(cmd.Context(), g, strings.Join(args, ""))
		if err != nil {
			return err
		}
		return show(cmd, env.Stdout, *format, d)
	}
	return cmd
}

// landed judges a range, or everything since adoption.
func landed(ctx context.Context, g *gate.Gate, spec string) (policy.Decision, error) {
	audits, err := g.Audits(ctx, spec, false)
	if err != nil {
		return policy.Decision{}, err
	}
	var d policy.Decision
	for _, a := range audits {
		r := policy.RefDecision{Ref: a.Ref, Old: a.From().String(), New: a.Range.Tip.String(), Protected: g.Policy().Protects(a.Ref)}
		if err := judgeLanded(ctx, g, a, &r, &d); err != nil {
			return policy.Decision{}, err
		}
		d.Refs = append(d.Refs, r)
	}
	if len(d.Findings) == 0 {
		d.Verdict = policy.Accepted
	}
	return d, nil
}

// judgeLanded adds what an audit finds to a decision.
func judgeLanded(ctx context.Context, g *gate.Gate, a gate.Audit, r *policy.RefDecision, d *policy.Decision) error {
	return g.Audit(ctx, a, func(j gate.Judged) error {
		r.Landings++
		r.Commits += 1 + len(j.Landing.Brought)
		d.Findings = append(d.Findings, j.Findings...)
		d.Notes = slices.Concat(d.Notes, j.Landing.Excepted, j.Landing.Unproven)
		return nil
	})
}

// show writes a decision in the wanted format, and ends with its exit code.
func show(cmd *cobra.Command, w io.Writer, format string, d policy.Decision) error {
	var err error
	switch format {
	case "text":
		err = report.Text(w, d, report.Options{})
	case "json":
		err = report.JSON(w, d)
	default:
		return noFormat(cmd, format)
	}
	if err == nil && d.Verdict != policy.Accepted {
		err = exitError{exitRefused, nil}
	}
	return err
}

func noFormat(cmd *cobra.Command, format string) error {
	return mistyped(cmd, fmt.Errorf("no format is called %q: want text or json", format))
}

// formatFlag gives a command that reports the flag that says how.
func formatFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("format", "text", "how to print: text or json")
}

// readerFlag gives a command the flag that says what reads the repository.
func readerFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("reader", "auto", "what reads the repository: git, go-git, or auto for git if it is there")
}

func (e Env) goGit(cmd *cobra.Command, reader string) (bool, error) {
	if !slices.Contains([]string{"auto", "git", "go-git"}, reader) {
		return false, mistyped(cmd, fmt.Errorf("no reader is called %q: want git, go-git or auto", reader))
	}
	return reader == "go-git" || reader == "auto" && !history.HasGit(), nil
}
