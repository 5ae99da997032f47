package cli

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"countersign/journal"
	"countersign/journal/merkle"
	"countersign/report"
)

func logCheckCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Prove that no record was changed, removed or inserted",
		Long: `Proves from the first line to the last, over all its files, that no record of the journal was changed,
removed or inserted, and prints the number and the hash of the last one. Only who keeps these two
elsewhere can see that records at the end are gone. Where the oldest files were moved away, it says from
which record on it has proof.

Where checkpoints were made (log checkpoint), it makes the tree of the records anew, and compares it with the newest
one and with those in files that --checkpoint names: then it is seen, too, that records at the end are gone, or that all of
the journal was written anew.`,
		Args: cobra.NoArgs,
	}
	key := publicKeyFlag(cmd)
	kept := cmd.Flags().StringArray("checkpoint", nil,
		"`file` with a checkpoint that was kept elsewhere; may be given again")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path, err := logPath(env, *repository)
		if err != nil {
			return err
		}
		points, recount, err := recounting(cmd.Context(), env, path, *key, *kept)
		if err != nil {
			return err
		}
		head, err := checkJournal(path, recount)
		if errors.Is(err, merkle.ErrFork) {
			return exitError{exitRefused, err}
		}
		if unbegun(path, err) {
			return errors.New("there is nothing to prove: nothing was pushed yet, or all of the journal is gone")
		}
		if err != nil {
			return damaged(err)
		}
		proved := proof{max(head.First, 1), head.Seq + 1 - max(head.First, 1), head.Hash, points}
		env.list(format, proved, func(out *report.Printer) {
			if proved.First > 1 {
				out.Printf("what is before record %d was moved away; from there on:\n", proved.First)
			}
			out.Printf("%d records, all whole\nlast: %s\n", proved.Records, proved.Last)
			for _, n := range points {
				out.Printf("the first %d are those of a checkpoint\n", n)
			}
		})
		return nil
	}
	return cmd
}

// proof is what log check has proved.
type proof struct {
	First   uint64 `json:"first"` // the first record that is there
	Records uint64 `json:"records"`
	Last    string `json:"last"` // hash of the last one
	// Checkpoints are how many records those have that the journal was compared with.
	Checkpoints []int64 `json:"checkpoints"`
}

// recounting gives what compares the records of a journal with checkpoints, nil where there are none.
func recounting(ctx context.Context, env Env, path, key string, kept []string) ([]int64, *merkle.Recount, error) {
	tree := merkle.Open(path + treeSuffix)
	signed, err := tree.Checkpoint()
	if err != nil || signed == nil && len(kept) == 0 {
		return []int64{}, nil, err
	}
	verifier, err := verifierFor(ctx, env, path, key)
	if err != nil {
		return nil, nil, err
	}
	var newest merkle.Checkpoint
	var points []merkle.Checkpoint
	if signed != nil {
		if newest, _, err = published(ctx, env, path, key); err != nil {
			return nil, nil, err
		}
		points = append(points, newest)
	}
	for _, file := range kept {
		c, err := readCheckpoint(ctx, env, file, verifier)
		if err != nil {
			return nil, nil, err
		}
		points = append(points, c)
	}
	slices.SortStableFunc(points, func(a, b merkle.Checkpoint) int { return cmp.Compare(a.Size, b.Size) })
	sizes := make([]int64, len(points))
	for i, c := range points {
		sizes[i] = c.Size
	}
	return sizes, tree.NewRecount(newest, points...), nil
}

// checkJournal verifies a journal, and compares it with checkpoints.
func checkJournal(path string, recount *merkle.Recount) (journal.Head, error) {
	if recount == nil {
		return journal.Check(path)
	}
	var forked error
	head, err := journal.CheckEach(path, func(e journal.Entry) {
		line, err := hex.DecodeString(e.Hash)
		if err == nil && forked == nil {
			err = recount.Add(e.Seq, [32]byte(line))
		}
		if forked == nil {
			forked = err
		}
	})
	if forked == nil && err == nil {
		forked = recount.End()
	}
	return head, cmp.Or(err, forked)
}
