package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/journal"
	"countersign/policy"
	"countersign/report"
)

func logCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Read the journal: what was pushed, and what became of it",
		Long: `Lists the records of a repository's journal, oldest first, a line each: when, under which reference, what became of
which refs, who pushed as far as the server says, and the codes of what was wrong. What became of them is
  accepted, refused, undecided  what the hook said of a push; it stands even if the push was broken off after it
  applied                       what Git then made of it
  found                         what install found on protected refs that the journal knew nothing of
  may move                      an operator let the guard pass a move: countersign move
  let stand                     an operator let a ref stay where no push had put it: countersign accept-move
  reviewed                      somebody looked at what an exception let pass: countersign log review`,
		Args: noneSuch,
	}
	repository := cmd.PersistentFlags().StringP("repository", "C", ".", "Git `folder` of the repository")
	var f filter
	after := cmd.Flags().String("since", "", "only pushes since then: a `time` as 2026-06-01 or 2026-06-01T12:00:00Z")
	cmd.Flags().StringVar(&f.principal, "principal", "", "only pushes by that `name`, or with something wrong with what it signed or approved")
	cmd.Flags().StringVar(&f.commit, "commit", "", "only pushes to, from or about a commit whose `id` begins so")
	cmd.Flags().BoolVar(&f.refused, "refused", false, "only pushes that were refused")
	asJSON := cmd.Flags().Bool("json", false, "print the records themselves, one a line")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var err error
		if f.since, err = moment(*after); err != nil {
			return mistyped(cmd, err)
		}
		return eachRecord(env, *repository, func(r logged, raw []byte) error {
			if !f.takes(r) {
				return nil
			}
			line := logLine(r)
			if *asJSON {
				line = string(raw)
			}
			_, err := fmt.Fprintln(env.Stdout, line)
			return err
		})
	}
	cmd.AddCommand(logShowCommand(env, repository), logCheckCommand(env, repository), logAuditCommand(env, repository), logReviewCommand(env, repository))
	return cmd
}

func logShowCommand(env Env, repository *string) *cobra.Command {
	return &cobra.Command{
		Use:   "show REFERENCE",
		Short: "Show all that is known about a push, by the reference its pusher was given",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			found := false
			err := eachRecord(env, *repository, func(r logged, _ []byte) error {
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

func showRecord(w io.Writer, r logged) error {
	pusher := "not said by the server"
	if r.Pusher != (record.Pusher{}) {
		pusher = strings.TrimSpace(r.Pusher.Name+" "+r.Pusher.Address) + " (" + r.Pusher.Source + ")"
	}
	if r.Schema != record.Push {
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

func logCheckCommand(env Env, repository *string) *cobra.Command {
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
			if err != nil {
				return err
			}
			if head.First > 1 {
				fmt.Fprintf(env.Stdout, "what is before record %d was moved away; from there on:\n", head.First)
			}
			fmt.Fprintf(env.Stdout, "%d records, all whole\nlast: %s\n", head.Seq+1-max(head.First, 1), head.Hash)
			return nil
		},
	}
}

// logPath gives the journal of a repository, whose policy may be unreadable.
func logPath(env Env, repository string) (string, error) {
	g, err := env.open(repository, "", gate.Options{Record: discard})
	if g.Repository() == nil {
		return "", err
	}
	defer g.Close()
	return journalOf(g), nil
}

// eachRecord goes through a repository's journal. What is wrong with the journal is said at the end.
func eachRecord(env Env, repository string, do func(r logged, raw []byte) error) error {
	path, err := logPath(env, repository)
	if err != nil {
		return err
	}
	var faults []error
	for entry, err := range journal.Read(path) {
		if errors.As(err, new(*journal.Fault)) {
			faults = append(faults, err)
			continue
		}
		if err != nil {
			return err
		}
		r, err := readRecord(entry.Record)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: line %d: no record of a push: %w", entry.File, entry.Line, err))
			continue
		}
		if err := do(r, entry.Record); err != nil {
			return err
		}
	}
	if faults != nil {
		return exitError{exitRefused, errors.Join(faults...)}
	}
	return nil
}

// logged is a record with its decision read.
type logged struct {
	record.Record
	Decision policy.Decision
}

func readRecord(raw []byte) (r logged, err error) {
	if err := json.Unmarshal(raw, &r.Record); err != nil {
		return r, err
	}
	r.Decision, err = report.ReadJSON(bytes.NewReader(r.Record.Decision))
	return r, err
}

// filter says which records are wanted. The zero filter takes all.
type filter struct {
	since     time.Time
	principal string
	commit    string
	refused   bool
}

func (f filter) takes(r logged) bool {
	return !r.Time.Before(f.since) &&
		(!f.refused || r.Decision.Verdict != policy.Accepted) &&
		(f.principal == "" || concerns(r, f.principal)) &&
		(f.commit == "" || names(r.Decision, f.commit))
}

// concerns says whether somebody pushed, or stands behind something that was found wrong.
func concerns(r logged, who string) bool {
	return r.Pusher.Name == who || slices.ContainsFunc(r.Decision.Findings, func(f policy.Finding) bool {
		return f.Signer == who || slices.Contains(f.Have, who) ||
			slices.ContainsFunc(f.Discounted, func(d policy.Discount) bool { return d.Principal == who })
	})
}

func names(d policy.Decision, commit string) bool {
	begins := func(id string) bool { return strings.HasPrefix(id, commit) }
	return slices.ContainsFunc(d.Refs, func(r policy.RefDecision) bool { return begins(r.Old) || begins(r.New) }) ||
		slices.ContainsFunc(d.Findings, func(f policy.Finding) bool { return begins(f.Commit) || begins(f.Landing) })
}

// moment reads a time; "" is the zero time.
func moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: say 2026-06-01 or 2026-06-01T12:00:00Z", s)
}

// became says in a word or two what a record says became of its refs.
func became(r logged) string {
	switch r.Schema {
	case record.Applied:
		return "applied"
	case record.Review:
		return "reviewed"
	case record.Move:
		return "let stand"
	case record.Operator:
		return "may move"
	case record.Baseline:
		return "found"
	}
	if r.Decision.Undecided != "" {
		return "undecided"
	}
	return r.Decision.Verdict.String()
}

// logLine says a record in one line.
func logLine(r logged) string {
	var refs, codes []string
	for _, ref := range r.Decision.Refs {
		refs = append(refs, ref.Ref)
	}
	if r.Schema == record.Baseline {
		refs = []string{fmt.Sprintf("what protected refs hold: %d", len(refs))}
	}
	for _, f := range r.Decision.Findings {
		if !slices.Contains(codes, string(f.Code)) {
			codes = append(codes, string(f.Code))
		}
	}
	line := fmt.Sprintf("%s  %-8s  %-9s  %s", r.Time.UTC().Format(time.RFC3339), r.Decision.Reference, became(r), strings.Join(refs, " "))
	if r.Pusher.Name != "" {
		line += "  by " + r.Pusher.Name
	}
	if len(codes) > 0 {
		line += "  " + strings.Join(codes, " ")
	}
	return report.Escape(line)
}
