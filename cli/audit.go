package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/report"
)

func logAuditCommand(env Env, repository *string) *cobra.Command {
	return &cobra.Command{
		Use:   "audit",
		Short: "Compare what was decided with what was done",
		Long: `Compares the decisions in the journal with what Git made of them, and each protected ref, gone ones too,
with where the last judged push left it. What was accepted and not made is listed, and is no fault: a race
may have been lost. Exit code 1 if something was made that nobody accepted, or a protected ref was moved
past the hook; 3 if no record says what Git made, which hooks/post-receive writes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Damage first: what can't be read can't be compared.
			if err := eachRecord(env, *repository, func(logged, []byte) error { return nil }); err != nil {
				return err
			}
			g, err := env.open(*repository, "", gate.Options{Record: discard})
			if err != nil {
				return err
			}
			defer g.Close()
			c, err := g.Compare(cmd.Context(), env.Now())
			if err != nil {
				return err
			}
			for _, s := range c.NotMade {
				fmt.Fprintf(env.Stdout, "accepted, not made: %s\n", report.Escape(s))
			}
			for _, s := range c.NotAccepted {
				fmt.Fprintf(env.Stdout, "made, not accepted: %s\n", report.Escape(s))
			}
			for _, f := range c.Outside {
				fmt.Fprintf(env.Stdout, "moved outside: %s: %s\n", report.Escape(f.Ref), report.Escape(f.Detail))
			}
			switch {
			case len(c.NotAccepted)+len(c.Outside) > 0:
				return exitError{exitRefused, nil}
			case c.Unknown:
				return exitError{exitUndecided, errors.New("can't tell what was made: there is no record of hooks/post-receive; countersign install places it, countersign doctor looks")}
			}
			return nil
		},
	}
}

// examineMoves gives what log audit would find wrong.
func examineMoves(ctx context.Context, env Env, g *gate.Gate) []error {
	if g.Policy() == nil {
		return nil
	}
	c, err := g.Compare(ctx, env.Now())
	if err != nil {
		return nil // what is wrong with the journal is said already
	}
	var faults []error
	for _, f := range c.Outside {
		faults = append(faults, fmt.Errorf("moved outside: %s: %s: countersign log audit", report.Escape(f.Ref), report.Escape(f.Detail)))
	}
	if n := len(c.NotAccepted); n > 0 {
		faults = append(faults, fmt.Errorf("%d changes of protected refs were made that nobody accepted: countersign log audit", n))
	}
	return faults
}
