package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate/record"
	"countersign/report"
)

func logShowCommand(env Env, repository *string, format *outputs) *cobra.Command {
	return &cobra.Command{
		Use:   "show REFERENCE",
		Short: "Show all that is known about a push, by the reference its pusher was given",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return mistyped(cmd, errors.New("which reference?"))
			}
			found := false
			err := eachWanted(cmd.Context(), env, *repository, filter{reference: args[0]}, func(r logged, raw []byte) error {
				found = true
				format.print(func(one *output) {
					one.list(json.RawMessage(raw), func(out *report.Printer) {
						showRecord(out, r)
						one.err = report.Text(one.to, r.Decision, report.Options{})
					})
				})
				return env.out.Err()
			})
			if err == nil && !found {
				err = exitError{exitUsage, fmt.Errorf("no push has the reference %s", args[0])}
			}
			return err
		},
	}
}

// showRecord prints what a record says of a push beside the decision.
func showRecord(out *report.Printer, r logged) {
	if r.Schema != record.Push {
		out.Printf("record:   %s\n", became(r))
	}
	out.Printf("received: %s, took %d ms\n", r.Time.UTC().Format(time.RFC3339), r.Millis)
	out.Printf("pusher:   %s\n", said(r.Pusher))
	if r.Pusher.Principal != "" {
		out.Printf("signed:   %s signed the push certificate\n", r.Pusher.Principal)
	}
	out.Printf("policy:   %s\n", r.Policy)
	out.Printf("program:  %s\n", r.Program)
	for _, o := range r.Options {
		out.Printf("option:   %s\n", o)
	}
	out.Printf("\n")
}

// said gives what the server says of who pushed.
func said(p record.Pusher) string {
	if p.Source == "" {
		return "not said by the server"
	}
	words := slices.DeleteFunc([]string{p.Name, p.Key, p.Address}, func(word string) bool { return word == "" })
	return strings.Join(words, " ") + " (" + p.Source + ")"
}
