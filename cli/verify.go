package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

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

    git fetch origin 'refs/approvals/*:refs/approvals/*'

Without a RANGE, and where the journal is at hand, as it is on the server, each protected ref is also
compared with the value that the last judged push left: a branch that was rewound, or a tag that was
deleted, beside a push.`,
		Args: cobra.MaximumNArgs(1),
	}
	repository, folder, reader, format := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd), formatFlag(cmd)
	ref := cmd.Flags().String("ref", "", "judge RANGE by the rules of this `ref`")
	journal := cmd.Flags().String("journal", "",
		"`file` of the journal to compare the protected refs with (default: the repository's)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *ref != "" && len(args) == 0 {
			return mistyped(cmd, errors.New("--ref wants a RANGE to judge so"))
		}
		if *journal != "" && len(args) > 0 {
			return mistyped(cmd, errors.New("--journal is for all protected refs, without a RANGE"))
		}
		o := gate.Options{GoGit: reader.goGit()}
		if *journal != "" {
			o.Records = func(string, policy.Journal) iter.Seq2[[]byte, error] { return recordsIn(env.path(*journal)) }
		}
		g, err := env.usable(*repository, *folder, o)
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
		if len(args) == 0 && (err == nil || errors.Is(err, gate.ErrNoneProtected)) {
			d, err = compared(cmd.Context(), g, env.Now(), *journal, d, err)
		}
		if err != nil {
			return err
		}
		return show(env, format.word, d)
	}
	return cmd
}

// compared adds to a decision about all protected refs which of them aren't where the last judged push left them. Where
// there is none, an error says so, which stands unless one of them is gone.
func compared(
	ctx context.Context, g *gate.Gate, now time.Time, file string, d policy.Decision, none error,
) (policy.Decision, error) {
	c, err := g.Compare(ctx, now)
	switch {
	case err != nil:
		return d, fmt.Errorf("the journal: %w", err)
	case file != "" && !c.Journal:
		return d, usage("--journal: there is no journal %s", file)
	case len(c.Outside) > 0:
		d.Verdict, d.Findings = policy.Refused, append(d.Findings, c.Outside...)
		return d, nil
	case !c.Journal:
		d.Notes = append(d.Notes, "no journal is at hand, so the refs weren't compared with what the pushes left")
	}
	return d, none
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
		r := policy.RefDecision{
			Ref: a.Read, Old: a.From().String(), New: a.Holds().String(), Protected: g.Policy().Protects(a.Ref),
		}
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
		if parents := j.Landing.Commit.Parents; r.Landings == 0 {
			r.From = history.ID{}.String()
			if len(parents) > 0 {
				r.From = parents[0]
			}
			if len(parents) > 0 && r.From == r.Old {
				r.From = ""
			}
		}
		r.Landings++
		r.Commits += 1 + len(j.Landing.Brought)
		d.Findings = append(d.Findings, j.Findings...)
		d.Notes = slices.Concat(d.Notes, j.Landing.Excepted, j.Landing.Unproven)
		return nil
	})
}

// show writes a decision in the wanted format, and ends with its exit code.
func show(env Env, format string, d policy.Decision) error {
	var err error
	if format == "json" {
		err = report.JSON(env.Stdout, d)
	} else {
		err = report.Text(env.Stdout, d, report.Options{})
	}
	if err == nil && d.Verdict != policy.Accepted {
		err = exitError{exitRefused, nil}
	}
	return err
}
