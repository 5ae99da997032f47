package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/policy"
	"countersign/report"
)

func logAuditCommand(env Env, repository *string) *cobra.Command {
	return &cobra.Command{
		Use:   "audit",
		Short: "Compare what was decided with what was done",
		Long: `Goes through the journal and lists the updates of protected refs that were accepted and not made, and
those that were made without having been accepted. It needs the hook post-receive, which records what was
made; what reaches a ref without any hook, countersign verify finds. Exit code 1 if something was made
that nobody accepted.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			var a applied
			err := eachRecord(env, *repository, func(r record, _ []byte) error {
				a.add(r)
				return nil
			})
			if err != nil {
				return err
			}
			for _, s := range a.pending {
				fmt.Fprintf(env.Stdout, "accepted, not made: %s\n", report.Escape(s))
			}
			for _, s := range a.unasked {
				fmt.Fprintf(env.Stdout, "made, not accepted: %s\n", report.Escape(s))
			}
			if len(a.unasked) > 0 {
				return exitError{exitRefused, nil}
			}
			return nil
		},
	}
}

// applied matches updates that were made with those that were accepted before.
type applied struct {
	pending []string // accepted, oldest first
	unasked []string // made without that
}

func (a *applied) add(r record) {
	for _, u := range r.Decision.Refs {
		update := u.Ref + " to " + u.New
		switch {
		case !u.Protected:
		case r.Schema == gate.AppliedSchema:
			a.made(update)
		case r.Decision.Verdict == policy.Accepted:
			a.pending = append(a.pending, update)
		}
	}
}

func (a *applied) made(update string) {
	for i, s := range a.pending {
		if s == update {
			a.pending = append(a.pending[:i], a.pending[i+1:]...)
			return
		}
	}
	a.unasked = append(a.unasked, update)
}
