package cli

import (
	"context"
	"errors"
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
	ref := cmd.Flags().String("ref", "", "judge RANGE by the rules of this `ref`")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *ref != "" && len(args) == 0 {
			return mistyped(cmd, errors.New("--ref wants a RANGE to judge so"))
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
		as := *ref
		if as != "" {
			if as, err = g.RefCalled(as); err != nil {
				return usage("--ref: %v", err)
			}
		}
		d, err := landed(cmd.Context(), g, strings.Join(args, ""), as)
		if err != nil {
			return err
		}
		return show(cmd, env.Stdout, *format, d)
	}
	return cmd
}

// landed judges a range, or everything since adoption.
func landed(ctx context.Context, g *gate.Gate, spec, ref string) (policy.Decision, error) {
	audits, err := g.Audits(ctx, spec, false)
	if err != nil {
		return policy.Decision{}, err
	}
	var d policy.Decision
	var old []string
	for _, a := range audits {
		if ref != "" {
			a = a.For(ref)
		}
		r := policy.RefDecision{Ref: a.Read, Old: a.From().String(), New: a.Holds().String(), Protected: g.Policy().Protects(a.Ref)}
		if a.Read != a.Ref {
			r.As = a.Ref
		}
		if a.Assumed {
			d.Notes = append(d.Notes, fmt.Sprintf("%s is judged as %s; say --ref for another", a.Read, a.Ref))
		}
		findings, isOld, err := g.AuditRef(ctx, a)
		if err != nil {
			return policy.Decision{}, err
		}
		d.Findings = append(d.Findings, findings...)
		if isOld {
			old = append(old, a.Ref)
		}
		if err := judgeLanded(ctx, g, a, &r, &d); err != nil {
			return policy.Decision{}, err
		}
		d.Refs = append(d.Refs, r)
	}
	if note := gate.OldTags(old); note != "" {
		d.Notes = append(d.Notes, note)
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
