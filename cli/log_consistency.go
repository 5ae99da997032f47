package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"countersign/journal/merkle"
	"countersign/report"
)

func logConsistencyCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "consistency OLD [NEW]",
		Short: "Prove that the log of an older checkpoint is the beginning of a newer one's",
		Long: `Proves that each record that the checkpoint in the file OLD has is still in the log, unchanged and at its
place, when NEW was signed; NEW is the newest checkpoint of the journal if it isn't named. Both must be signed by the
key. The tiles of the log are beside the journal, or in the folder that --tiles names: a copy of it, which needn't be
trusted. Exit code 1 if the log was rewritten between the two, or has fewer records by now than OLD. Keep both
checkpoints then: they prove it.`,
		Args: cobra.RangeArgs(1, 2),
	}
	key := publicKeyFlag(cmd)
	tiles := cmd.Flags().String("tiles", "", "`folder` with the tiles of the log (default: beside the journal)")
	_ = cmd.MarkFlagDirname("tiles")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx, path := cmd.Context(), ""
		if *tiles == "" || *key == "" || len(args) == 1 {
			var err error
			if path, err = logPath(env, *repository); err != nil {
				return err
			}
		}
		verifier, err := verifierFor(ctx, env, path, *key)
		if err != nil {
			return err
		}
		old, err := readCheckpoint(ctx, env, args[0], verifier)
		if err != nil {
			return err
		}
		var new merkle.Checkpoint
		if len(args) == 2 {
			new, err = readCheckpoint(ctx, env, args[1], verifier)
		} else {
			new, _, err = published(ctx, env, path, *key)
		}
		if err != nil {
			return err
		}
		switch {
		case old.Size <= new.Size:
		case len(args) == 2:
			return usage("the older checkpoint has %d records, the newer one %d: name the older one first", old.Size, new.Size)
		default:
			return exitError{exitRefused, fmt.Errorf("%w: %s has %d records, and the log's newest checkpoint %d: keep both, "+
				"and ask whoever has the log where the others are", merkle.ErrFork, args[0], old.Size, new.Size)}
		}
		folder := path + treeSuffix
		if *tiles != "" {
			folder = env.path(*tiles)
		}
		err = merkle.Open(folder).CheckConsistency(old, new)
		if errors.Is(err, merkle.ErrFork) {
			return exitError{exitRefused, err}
		}
		if err != nil {
			return err
		}
		shown := consistent{old.Origin, old.Size, new.Size}
		env.list(format, shown, func(out *report.Printer) {
			out.Printf("the %d records of the older checkpoint are the first of the %d of the newer one\n", old.Size, new.Size)
		})
		return nil
	}
	return cmd
}

// consistent says of which checkpoints one is the beginning of the other.
type consistent struct {
	Log string `json:"log"`
	Old int64  `json:"old"` // records
	New int64  `json:"new"`
}

// readCheckpoint reads a file with a checkpoint that a key has signed.
func readCheckpoint(ctx context.Context, env Env, file string, key note.Verifier) (merkle.Checkpoint, error) {
	signed, err := readSmall(ctx, env.path(file))
	if err != nil {
		return merkle.Checkpoint{}, named(file, err)
	}
	c, err := merkle.OpenCheckpoint(signed, key)
	if err != nil {
		return merkle.Checkpoint{}, exitError{exitRefused, named(file, err)}
	}
	return c, nil
}
