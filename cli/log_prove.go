package cli

import (
	"errors"
	"io/fs"

	"github.com/spf13/cobra"

	"countersign/gate/record"
	"countersign/journal"
	"countersign/journal/merkle"
	"countersign/report"
)

func logProveCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "prove [REFERENCE]",
		Short: "Write a proof that a push is in the journal, which can be checked anywhere",
		Long: `Prints a proof (https://c2sp.org/tlog-proof): the record of the push, its number, hashes, and the newest
checkpoint. Whoever has the log's public key can check it without the journal: log check-proof. The proof has the
whole record in it, names and addresses included. What was recorded after the newest checkpoint can be proven after
the next.`,
		Example: `  countersign log prove 5f2a88c1 > push.tlog-proof
  countersign log check-proof push.tlog-proof --key example.org/project+1b2c3d4e+AbCd...`,
		Args: cobra.MaximumNArgs(1),
	}
	key := publicKeyFlag(cmd)
	number := cmd.Flags().Uint64("record", 0, "the `number` of the record, in place of a reference: as \"seq\" has it "+
		"in the journal")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !oneOf(len(args) == 1 && args[0] != "", *number > 0) {
			return mistyped(cmd, errors.New("which record? a REFERENCE, or --record NUMBER"))
		}
		path, err := logPath(env, *repository)
		if err != nil {
			return err
		}
		c, signed, err := published(cmd.Context(), env, path, *key)
		if err != nil {
			return err
		}
		var e journal.Entry
		if *number > 0 {
			e, err = numbered(path, *number)
		} else {
			e, err = referred(cmd, path, args[0])
		}
		if err != nil {
			return err
		}
		if e.Seq > uint64(c.Size) {
			return usage("record %d is newer than the last checkpoint: countersign log checkpoint, then this again", e.Seq)
		}
		proof, err := merkle.Open(path+treeSuffix).Prove(e.Written(), int64(e.Seq-1), c, signed)
		if err != nil {
			return exitError{exitRefused, err}
		}
		file := proof.Format()
		shown := provenFile{c.Origin, c.Size, e.Seq, string(file)}
		env.list(format, shown, func(out *report.Printer) { printSigned(out, file) })
		return nil
	}
	return cmd
}

// provenFile is a proof as JSON.
type provenFile struct {
	Log     string `json:"log"`
	Records int64  `json:"records"` // of the checkpoint
	Number  uint64 `json:"number"`  // of the record
	Proof   string `json:"proof"`   // as log check-proof reads it
}

// numbered finds a record by its number.
func numbered(path string, seq uint64) (journal.Entry, error) {
	for e, err := range journal.ReadFrom(path, seq) {
		switch {
		case err != nil:
			return journal.Entry{}, damaged(err)
		case e.Seq != seq:
			return journal.Entry{}, usage("record %d was moved away: put its segment back beside %s for this once", seq, path)
		}
		return e, nil
	}
	return journal.Entry{}, usage("the journal has no record %d yet", seq)
}

// referred finds the record of a push by the beginning of its reference.
func referred(cmd *cobra.Command, path, reference string) (found journal.Entry, err error) {
	f := filter{reference: reference}
	table := journal.OpenTable(path+rowsSuffix, path, rowsVersion, rowOf)
	rows, err := table.Select(cmd.Context(), f.matcher())
	if err != nil {
		return found, damaged(err)
	}
	for e, err := range table.Entries(rows) {
		if err != nil {
			return found, damaged(err)
		}
		r, err := readRecord(e.Record)
		if err != nil || !f.takes(r) || r.Schema != record.Push {
			continue
		}
		if found.Seq != 0 {
			return found, usage("%s is the reference of several pushes, of the records %d and %d: name one by --record",
				reference, found.Seq, e.Seq)
		}
		found = e
	}
	if found.Seq == 0 {
		return found, usage("no push has the reference %s, or its segment was moved away", reference)
	}
	return found, nil
}

// named words what is wrong with a file that the user named.
func named(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return usage("%s: there is no such file", file)
	}
	return err
}
