package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/journal"
	"countersign/policy"
	"countersign/report"
)

// logPath gives the journal of a repository, whose policy may be unreadable.
func logPath(env Env, repository string) (string, error) {
	g, err := env.open(repository, place{}, gate.Options{Record: discard})
	if g.Repository() == nil {
		return "", err
	}
	defer g.Close()
	return journalOf(g), nil
}

// eachRecord goes through a repository's journal. What is wrong with the journal is said at the end. One that hasn't
// begun has no records.
func eachRecord(ctx context.Context, env Env, repository string, do func(r logged, raw []byte) error) error {
	path, err := logPath(env, repository)
	if err != nil {
		return err
	}
	var faults []error
	for entry, err := range journal.Read(path) {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.As(err, new(*journal.Fault)) {
			faults = append(faults, err)
			continue
		}
		if unbegun(path, err) {
			say(env.errs, errors.New("nothing was pushed yet"))
			return nil
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
	switch {
	case r.Decision.Observed:
		return "observed"
	case r.Decision.Undecided != "":
		return "undecided"
	}
	return r.Decision.Verdict.String()
}

// logLine prints a record in one line.
func logLine(out *report.Printer, r logged) {
	var refs []string
	for _, ref := range r.Decision.Refs {
		refs = append(refs, ref.Ref)
	}
	if r.Schema == record.Baseline {
		refs = []string{fmt.Sprintf("what protected refs hold: %d", len(refs))}
	}
	by, wrong := "", strings.Join(codesOf(r.Decision), " ")
	if who := r.Pusher.Known(); who != "" {
		by = "  by " + who
	}
	if wrong != "" {
		wrong = "  " + wrong
	}
	out.Printf("%s  %-8s  %-9s  %s%s%s\n",
		r.Time.UTC().Format(time.RFC3339), r.Decision.Reference, became(r), strings.Join(refs, " "), by, wrong)
}
