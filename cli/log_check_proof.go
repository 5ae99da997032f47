package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"countersign/gate/record"
	"countersign/journal"
	"countersign/journal/merkle"
	"countersign/report"
)

func logCheckProofCommand(env Env, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check-proof FILE",
		Short: "Check a proof that a record is in a journal, without the journal",
		Long: `Checks a file that log prove has written, and prints its record: that the checkpoint in it is signed by the
key, and that the record is of the number in the tree of that checkpoint. It needs nothing but the file and the key.
That the log tells everybody the same it can't show: compare checkpoints by log consistency. Exit code 1 if the proof
doesn't hold.`,
		Args: cobra.ExactArgs(1),
	}
	key := cmd.Flags().String("key", "", "`public key` of the log, as log key prints it, or a file with it")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *key == "" {
			return mistyped(cmd, errors.New("by which key? --key KEY, as the log's owner gave it to you"))
		}
		verifier, err := verifierFor(cmd.Context(), env, "", *key)
		if err != nil {
			return err
		}
		file := env.path(args[0])
		content, err := readSmall(cmd.Context(), file)
		if err != nil {
			return named(file, err)
		}
		proven, r, err := checkProof(content, verifier)
		if err != nil {
			return exitError{exitRefused, fmt.Errorf("%s: %w", args[0], err)}
		}
		env.list(format, proven, func(out *report.Printer) {
			out.Printf("record %d of %s, proven by its checkpoint of %d records:\n", proven.Number, proven.Log, proven.Records)
			logLine(out, r)
		})
		return nil
	}
	return cmd
}

// provenRecord is what a proof has shown.
type provenRecord struct {
	Log     string        `json:"log"`
	Records int64         `json:"records"` // of the checkpoint
	Number  uint64        `json:"number"`
	Record  record.Record `json:"record"`
}

func checkProof(content []byte, key note.Verifier) (provenRecord, logged, error) {
	p, err := merkle.ParseProof(content)
	if err != nil {
		return provenRecord{}, logged{}, err
	}
	c, err := p.Check(key)
	if err != nil {
		return provenRecord{}, logged{}, err
	}
	e, ok := journal.ParseLine(p.Line)
	if !ok || e.Seq != uint64(p.Index)+1 {
		return provenRecord{}, logged{}, errors.New("what is proven is no record of a journal, or has another number there")
	}
	r, err := readRecord(e.Record)
	if err != nil {
		return provenRecord{}, logged{}, fmt.Errorf("what is proven is no record of a push: %w", err)
	}
	return provenRecord{c.Origin, c.Size, e.Seq, r.Record}, r, nil
}
