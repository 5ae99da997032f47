package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/policy"
	"countersign/report"
)

func logCompareCommand(env Env, repository *string, format *outputs) *cobra.Command {
	return &cobra.Command{
		Use:   "compare",
		Short: "Compare the journal with where the protected refs are",
		Long: `Compares the decisions in the journal with what Git made of them, and each protected ref, gone ones too,
with where the last judged push left it. What was accepted and not made is listed, and is no fault: a race
may have been lost. Exit code 1 if something was made that nobody accepted, or a protected ref was moved
past the hook; 3 if no record says what Git made, which hooks/post-receive writes.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// Damage first: what can't be read can't be compared.
			if err := eachRecord(cmd.Context(), env, *repository, func(logged, []byte) error { return nil }); err != nil {
				return err
			}
			g, err := env.open(*repository, place{}, gate.Options{Record: discard})
			if err != nil {
				return err
			}
			defer g.Close()
			c, err := g.Auditor().Compare(cmd.Context(), env.Now())
			if err != nil {
				return err
			}
			env.list(format, comparison(c), func(out *report.Printer) {
				for _, s := range c.NotMade {
					out.Printf("accepted, not made: %s\n", s)
				}
				for _, s := range c.NotAccepted {
					out.Printf("made, not accepted: %s\n", s)
				}
				for _, f := range c.Outside {
					out.Printf("moved outside: %s: %s\n", f.Ref, f.Detail)
				}
			})
			switch {
			case len(c.NotAccepted)+len(c.Outside) > 0:
				return exitError{exitRefused, nil}
			case c.Unknown || !c.Journal:
				return exitError{exitUndecided, errors.New("can't tell what was made: there is no record of " +
					"hooks/post-receive; countersign install places it, countersign doctor looks")}
			}
			return nil
		},
	}
}

// compared is a comparison as JSON.
type compared struct {
	NotMade     []string         `json:"not_made"`
	NotAccepted []string         `json:"not_accepted"`
	Outside     []policy.Finding `json:"outside"`
	Unknown     bool             `json:"unknown"` // no record says what was made
}

func comparison(c audit.Compared) compared {
	return compared{
		append([]string{}, c.NotMade...), append([]string{}, c.NotAccepted...),
		append([]policy.Finding{}, c.Outside...), c.Unknown,
	}
}

// examineMoves gives what log compare would find wrong.
func examineMoves(ctx context.Context, env Env, g *gate.Gate) []error {
	if g.Policy() == nil {
		return nil
	}
	c, err := g.Auditor().Compare(ctx, env.Now())
	if err != nil {
		return nil // what is wrong with the journal is said already
	}
	var faults []error
	for _, f := range c.Outside {
		faults = append(faults, fmt.Errorf("moved outside: %s: %s: countersign log compare", f.Ref, f.Detail))
	}
	if n := len(c.NotAccepted); n > 0 {
		faults = append(faults, fmt.Errorf("%d changes of protected refs were made that nobody accepted: "+
			"countersign log compare", n))
	}
	return faults
}
