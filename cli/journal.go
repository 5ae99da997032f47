package cli

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"countersign/gate"
	"countersign/gate/refstate"
	"countersign/gate/shared"
	"countersign/journal"
	"countersign/policy"
)

// journalPath is where a repository's records go.
func journalPath(gitDir string, setting policy.Journal) string {
	return filepath.Join(gitDir, filepath.FromSlash(cmp.Or(setting.File, policy.Default().Journal.File)))
}

// openJournal opens the journal. Its folder may be missing where nobody has configured anything yet;
// that push is refused and recorded, too.
func openJournal(gitDir string, setting policy.Journal) (gate.Recorder, error) {
	path := journalPath(gitDir, setting)
	if err := shared.MakeFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return journal.Open(path, cmp.Or(setting.Rotate, policy.Default().Journal.Rotate))
}

// records reads a repository's journal, where there is one.
func records(gitDir string, setting policy.Journal) iter.Seq2[[]byte, error] {
	return recordsIn(journalPath(gitDir, setting))
}

// recordsIn reads a journal.
func recordsIn(path string) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for entry, err := range whole(journal.Read(path)) {
			if !yield(entry.Record, err) {
				return
			}
		}
	}
}

// whole leaves a torn last line out of what is read of a journal. It is no record: whoever wrote it wasn't told that
// anything was decided, or is about to be.
func whole(entries iter.Seq2[journal.Entry, error]) iter.Seq2[journal.Entry, error] {
	return func(yield func(journal.Entry, error) bool) {
		for entry, err := range entries {
			var fault *journal.Fault
			if errors.As(err, &fault) && fault.Damage == journal.Torn {
				continue
			}
			if !yield(entry, err) {
				return
			}
		}
	}
}

// damaged gives an error about the journal the exit code of one that was changed, and leaves others as they are.
func damaged(err error) error {
	if errors.As(err, new(*journal.Fault)) {
		return exitError{exitRefused, err}
	}
	return err
}

const indexSuffix = ".index"

// openIndex opens the index of the journal, which lies beside it.
func openIndex(gitDir string, setting policy.Journal) refstate.Index {
	path := journalPath(gitDir, setting)
	entries := func(e journal.Entry) ([]journal.Pair, error) {
		entries, err := refstate.Entries(e.Record)
		pairs := make([]journal.Pair, len(entries))
		for i, e := range entries {
			pairs[i] = journal.Pair(e)
		}
		return pairs, err
	}
	return index{journal.OpenIndex(path+indexSuffix, path, refstate.IndexVersion, entries)}
}

// index is a journal's as the gate asks it.
type index struct{ *journal.Index }

func (x index) Lookup(ctx context.Context, key string) ([][]byte, error) {
	found, err := x.Index.Lookup(ctx, key)
	values := make([][]byte, len(found))
	for i, f := range found {
		values[i] = f.Value
	}
	return values, err
}

// discard is the journal of those who keep none.
func discard(string, policy.Journal) (gate.Recorder, error) { return journal.Discard, nil }

// unbegun says whether a journal that can't be read was never there: nothing was pushed yet. The first push that is
// judged makes an index beside it.
func unbegun(path string, err error) bool {
	return errors.Is(err, fs.ErrNotExist) && !exists(path+indexSuffix)
}

// exists says whether there is a file. One that can't be looked at is there.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// journalOf gives where a repository's records are.
func journalOf(g *gate.Gate) string {
	var setting policy.Journal
	if p := g.Policy(); p != nil {
		setting = p.Journal
	}
	return journalPath(g.GitDir(), setting)
}
