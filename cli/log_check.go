package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"countersign/journal"
	"countersign/report"
)

func logCheckCommand(env Env, repository *string, format *outputs) *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Prove that no record was changed, removed or inserted",
		Long: `Proves from the first line to the last, over all its files, that no record of the journal was changed,
removed or inserted, and prints the number and the hash of the last one. Only who keeps these two
elsewhere can see that records at the end are gone. Where the oldest files were moved away, it says from
which record on it has proof.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			path, err := logPath(env, *repository)
			if err != nil {
				return err
			}
			head, err := journal.Check(path)
			if errors.As(err, new(*journal.Fault)) {
				return exitError{exitRefused, err}
			}
			if unbegun(path, err) {
				return errors.New("there is nothing to prove: nothing was pushed yet, or all of the journal is gone")
			}
			if err != nil {
				return err
			}
			proved := proof{max(head.First, 1), head.Seq + 1 - max(head.First, 1), head.Hash}
			env.list(format, proved, func(out *report.Printer) {
				if proved.First > 1 {
					out.Printf("what is before record %d was moved away; from there on:\n", proved.First)
				}
				out.Printf("%d records, all whole\nlast: %s\n", proved.Records, proved.Last)
			})
			return nil
		},
	}
}

// proof is what log check has proved.
type proof struct {
	First   uint64 `json:"first"` // the first record that is there
	Records uint64 `json:"records"`
	Last    string `json:"last"` // hash of the last one
}
