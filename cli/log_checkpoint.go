package cli

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/mod/sumdb/note"

	"countersign/journal"
	"countersign/journal/merkle"
	"countersign/report"
)

// treeSuffix is of the folder with the tree of a journal's records, after its name.
const treeSuffix = ".tree"

func logCheckpointCommand(env Env, repository *string, format *outputs) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "checkpoint",
		Short: "Sign how many records the journal has, and the root of their tree",
		Long: `Appends what was recorded since the last checkpoint to the tree of the journal's records (RFC 6962), and
signs its size and root as a checkpoint (https://c2sp.org/tlog-checkpoint), which it prints. Who keeps one checkpoint
elsewhere can find later that any record up to it was changed, taken out or put in: log consistency, log check.

The tree is in a folder beside the journal, in the form that a web server can serve (https://c2sp.org/tlog-tiles). It
has hashes alone, and keeps those of segments that are moved away later. It never signs what contradicts the last
checkpoint: exit code 1 if the journal does. Run it by a timer, before log tiles.`,
		Args: cobra.NoArgs,
	}
	file := keyFlag(cmd)
	old := cmd.Flags().String("old-key", "",
		"`public key` that the last checkpoint is signed by, where the key is a new one")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		path, err := logPath(env, *repository)
		if err != nil {
			return err
		}
		keyFile, err := keyPath(env, *repository, *file)
		if err != nil {
			return err
		}
		signer, key, err := readKey(cmd.Context(), keyFile)
		if err != nil {
			return err
		}
		keys := []note.Verifier{key}
		if *old != "" {
			before, err := readVerifier(cmd.Context(), *old)
			if err != nil {
				return err
			}
			keys = append(keys, before)
		}
		signed, err := makeCheckpoint(cmd.Context(), path, signer, keys)
		if err != nil {
			return err
		}
		c, err := merkle.OpenCheckpoint(signed, key)
		if err != nil {
			return err
		}
		env.list(format, newSigned(c, signed), func(out *report.Printer) { printSigned(out, signed) })
		return nil
	}
	return cmd
}

// signedTree is a checkpoint as JSON.
type signedTree struct {
	Log     string `json:"log"`
	Records int64  `json:"records"`
	Root    string `json:"root"`
	Note    string `json:"note"` // as it is signed
}

func newSigned(c merkle.Checkpoint, signed []byte) signedTree {
	return signedTree{c.Origin, c.Size, c.Root.String(), string(signed)}
}

// printSigned prints what a file with a checkpoint holds.
func printSigned(out *report.Printer, signed []byte) {
	for line := range strings.Lines(string(signed)) {
		out.Printf("%s\n", strings.TrimSuffix(line, "\n"))
	}
}

// makeCheckpoint appends to the tree of a journal and signs it. The keys are those that the last checkpoint may be
// signed by.
func makeCheckpoint(ctx context.Context, path string, signer note.Signer, keys []note.Verifier) ([]byte, error) {
	release, err := journal.Hold(ctx, path+treeSuffix+".lock")
	if err != nil {
		return nil, fmt.Errorf("%s.lock: %w", path+treeSuffix, err)
	}
	defer release()
	tree := merkle.Open(path + treeSuffix)
	before, err := tree.Checkpoint()
	if err != nil {
		return nil, err
	}
	var from merkle.Checkpoint
	if before != nil {
		if from, err = merkle.OpenCheckpoint(before, keys...); err != nil {
			return nil, usage("the last checkpoint, in %s: %w\nnext: name the key that signed it by --old-key",
				path+treeSuffix, err)
		}
		if from.Origin != signer.Name() {
			return nil, usage("the key is of the log %s, and the checkpoints are of %s: make a key by that name",
				signer.Name(), from.Origin)
		}
	}
	growth, err := tree.Grow(from)
	if err != nil {
		return nil, err
	}
	if err := growBy(growth, path, uint64(from.Size)); err != nil {
		return nil, err
	}
	return growth.Publish(signer)
}

// growBy appends the records after number size, and holds the record of that number against the tree's last leaf.
func growBy(growth *merkle.Growth, path string, size uint64) error {
	last, ours := growth.Last(), uint64(0)
	for e, err := range whole(journal.ReadFrom(path, max(size, 1))) {
		switch {
		case errors.Is(err, fs.ErrNotExist) && size == 0:
			return errors.New("there is nothing to sign: nothing was pushed yet, or all of the journal is gone")
		case err != nil:
			return damaged(err)
		}
		prev := hex.EncodeToString(last[:])
		switch {
		case e.Seq == size && e.Hash != prev, e.Seq == size+1 && ours == 0 && size > 0 && e.Repaired == 0 && e.Prev != prev:
			return exitError{exitRefused, fmt.Errorf("%w: record %d isn't the one that the last checkpoint has: "+
				"countersign log check", merkle.ErrFork, size)}
		case e.Seq > size && e.Seq != uint64(growth.Size())+1:
			return usage("records %d to %d were moved away before a checkpoint was made of them: put their segments back "+
				"beside %s for this once", growth.Size()+1, e.Seq-1, path)
		}
		ours = e.Seq
		if e.Seq == size {
			continue
		}
		line, err := hex.DecodeString(e.Hash)
		if err == nil {
			err = growth.Add([32]byte(line))
		}
		if err != nil {
			return err
		}
	}
	if ours < size {
		return exitError{exitRefused, fmt.Errorf("%w: the last checkpoint has %d records, the journal ends before: "+
			"countersign log check", merkle.ErrFork, size)}
	}
	return nil
}

// published gives the newest checkpoint of a journal, by a key: as it is printed, in a file, or "" for the one beside
// the journal's own key.
func published(ctx context.Context, env Env, path, key string) (merkle.Checkpoint, []byte, error) {
	verifier, err := verifierFor(ctx, env, path, key)
	if err != nil {
		return merkle.Checkpoint{}, nil, err
	}
	signed, err := merkle.Open(path + treeSuffix).Checkpoint()
	if err != nil {
		return merkle.Checkpoint{}, nil, err
	}
	if signed == nil {
		return merkle.Checkpoint{}, nil, usage("there is no checkpoint yet: countersign log checkpoint")
	}
	c, err := merkle.OpenCheckpoint(signed, verifier)
	if err != nil {
		return merkle.Checkpoint{}, nil, exitError{exitRefused, fmt.Errorf("%s: %w", path+treeSuffix, err)}
	}
	return c, signed, nil
}

func verifierFor(ctx context.Context, env Env, path, key string) (note.Verifier, error) {
	switch {
	case key == "":
		key = path + keySuffix + vkeySuffix
	case !strings.Contains(key, "+"):
		key = env.path(key)
	}
	return readVerifier(ctx, key)
}

// publicKeyFlag gives a command the flag that names the key that checkpoints must be signed by.
func publicKeyFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("key", "", "`public key` of the log, as log key prints it, or a file with it "+
		"(default: the one beside the journal's key)")
}
