package cli

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/report"
)

func logShowCommand(env Env, repository *string) *cobra.Command {
	return &cobra.Command{
		Use:   "show REFERENCE",
		Short: "Show all that is known about a push, by the reference its pusher was given",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			found := false
			err := eachRecord(env, *repository, func(r record, _ []byte) error {
				if args[0] == "" || !strings.HasPrefix(r.Decision.Reference, args[0]) {
					return nil
				}
				found = true
				return showRecord(env.Stdout, r)
			})
			if err == nil && !found {
				err = exitError{exitUsage, fmt.Errorf("no push has the reference %s", args[0])}
			}
			return err
		},
	}
}

func showRecord(w io.Writer, r record) error {
	pusher := "not said by the server"
	if r.Pusher != (gate.Pusher{}) {
		pusher = strings.TrimSpace(r.Pusher.Name+" "+r.Pusher.Address) + " (" + r.Pusher.Source + ")"
	}
	if r.Schema != gate.RecordSchema {
		fmt.Fprintf(w, "record:   %s\n", became(r))
	}
	fmt.Fprintf(w, "received: %s, took %d ms\n", r.Time.UTC().Format(time.RFC3339), r.Millis)
	fmt.Fprintf(w, "pusher:   %s\n", report.Escape(pusher))
	fmt.Fprintf(w, "policy:   %s\n", report.Escape(r.Policy))
	fmt.Fprintf(w, "program:  %s\n", report.Escape(r.Program))
	for _, o := range r.Options {
		fmt.Fprintf(w, "option:   %s\n", report.Escape(o))
	}
	fmt.Fprintln(w)
	return report.Text(w, r.Decision, report.Options{})
}
