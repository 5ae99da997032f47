package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/policy"
	"countersign/report"
)

func logReviewCommand(env Env, repository *string) *cobra.Command {
	return &cobra.Command{
		Use:   "review [REFERENCE...]",
		Short: "List what passed by an exception, or say that you have looked at it",
		Long: `Without a REFERENCE lists the pushes that passed by an exception and that nobody has reviewed, with what was
put aside, by whom and why. With one it records that you have looked at it; reports then stop telling of it.`,
		RunE: func(cmd *cobra.Command, references []string) error {
			g, err := env.open(*repository, "", gate.Options{Record: openJournal})
			if err != nil {
				return err
			}
			defer g.Close()
			for _, reference := range references {
				if err := g.Review(cmd.Context(), gate.Request{Received: env.Now(), Pusher: env.operator()}, reference); err != nil {
					return usage("%s: %v", reference, err)
				}
			}
			if len(references) > 0 {
				return nil
			}
			waiting, err := g.Unreviewed()
			if err != nil {
				return err
			}
			return eachRecord(env, *repository, func(r logged, _ []byte) error {
				for _, reference := range waiting {
					if r.Schema != record.Push || r.Decision.Reference != reference {
						continue
					}
					fmt.Fprintln(env.Stdout, logLine(r))
					for _, note := range r.Decision.Notes {
						if strings.HasPrefix(note, policy.ExceptionNote) {
							fmt.Fprintf(env.Stdout, "  %s\n", report.Escape(note))
						}
					}
				}
				return nil
			})
		},
	}
}
