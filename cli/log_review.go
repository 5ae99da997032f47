package cli

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/gate/review"
	"countersign/policy"
	"countersign/report"
)

func logReviewCommand(env Env, repository *string, format *outputs) *cobra.Command {
	return &cobra.Command{
		Use:   "review [REFERENCE...]",
		Short: "List what passed by an exception, or say that you have looked at it",
		Long: `Without a REFERENCE lists the pushes that passed by an exception and that nobody has reviewed, with what was
put aside, by whom and why. With one it records that you have looked at it; reports then stop telling of it.`,
		RunE: func(cmd *cobra.Command, references []string) error {
			g, err := env.open(*repository, place{}, gate.Options{Record: openJournal})
			if err != nil {
				return err
			}
			defer g.Close()
			for _, reference := range references {
				req := gate.Request{Received: env.Now(), Pusher: env.operator()}
				if err := g.Review(cmd.Context(), req, reference); err != nil {
					return usage("%s: %v", reference, err)
				}
			}
			if len(references) > 0 {
				return nil
			}
			waiting, err := review.In(g.GitDir()).Waiting()
			if err != nil {
				return err
			}
			if len(waiting) == 0 {
				say(env.errs, errors.New("nothing waits for a review"))
			}
			for _, reference := range waiting {
				err := eachWanted(cmd.Context(), env, *repository, filter{reference: reference}, func(r logged, raw []byte) error {
					if r.Schema != record.Push || r.Decision.Reference != reference {
						return nil
					}
					return format.row(json.RawMessage(raw), func(out *report.Printer) {
						logLine(out, r)
						for _, note := range r.Decision.Notes {
							if strings.HasPrefix(note, policy.ExceptionNote) {
								out.Printf("  %s\n", note)
							}
						}
					})
				})
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}
