package merkle

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is what a log says of itself: how many records it has, and the root of their tree.
type Checkpoint struct {
	Origin string // which log it is
	Size   int64
	Root   tlog.Hash
}

// text gives the text that is signed (https://c2sp.org/tlog-checkpoint, "Note text").
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// Sign gives the checkpoint as a signed note (https://c2sp.org/signed-note).
func (c Checkpoint) Sign(signer note.Signer) ([]byte, error) {
	return note.Sign(&note.Note{Text: c.text()}, signer)
}

// errCheckpoint says that a text is no checkpoint.
var errCheckpoint = errors.New("it is no checkpoint: want three lines or more, of which the first is a log's name, " +
	"the second a number of records and the third a hash in base64")

// parseText reads the text of a checkpoint. Further lines are allowed, and mean nothing.
func parseText(text string) (c Checkpoint, err error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[len(lines)-1] != "" {
		return Checkpoint{}, errCheckpoint
	}
	for _, line := range lines[:len(lines)-1] {
		if line == "" {
			return Checkpoint{}, errCheckpoint
		}
	}
	size, ok := number(lines[1])
	root, also := hash(lines[2])
	if !ok || !also {
		return Checkpoint{}, errCheckpoint
	}
	return Checkpoint{lines[0], size, root}, nil
}

// number reads a decimal without zeros before it.
func number(text string) (int64, bool) {
	n, err := strconv.ParseInt(text, 10, 62)
	return n, err == nil && n >= 0 && strconv.FormatInt(n, 10) == text
}

// hash reads a hash in base64, in the one form that RFC 4648 section 4 gives it.
func hash(text string) (h tlog.Hash, ok bool) {
	b, ok := decode(text)
	if !ok || len(b) != len(h) {
		return h, false
	}
	return tlog.Hash(b), true
}

func decode(text string) ([]byte, bool) {
	b, err := base64.StdEncoding.Strict().DecodeString(text)
	return b, err == nil && base64.StdEncoding.EncodeToString(b) == text
}

// maxCheckpoint is longer than any checkpoint with a hundred signatures.
const maxCheckpoint = 64 << 10

// OpenCheckpoint reads a checkpoint that one of the keys has signed, whose name must be the log's. Signatures by
// others, as by witnesses, are passed over.
func OpenCheckpoint(signed []byte, keys ...note.Verifier) (Checkpoint, error) {
	if len(signed) > maxCheckpoint {
		return Checkpoint{}, fmt.Errorf("a checkpoint of more than %d bytes", maxCheckpoint)
	}
	n, err := note.Open(signed, note.VerifierList(keys...))
	if unverified := new(note.UnverifiedNoteError); errors.As(err, &unverified) {
		var by []string
		for _, s := range unverified.Note.UnverifiedSigs {
			by = append(by, fmt.Sprintf("%s+%08x", s.Name, s.Hash))
		}
		var want []string
		for _, k := range keys {
			want = append(want, fmt.Sprintf("%s+%08x", k.Name(), k.KeyHash()))
		}
		return Checkpoint{}, fmt.Errorf("the checkpoint is signed by %s, not by %s", strings.Join(by, ", "),
			strings.Join(want, ", "))
	}
	if err != nil {
		return Checkpoint{}, fmt.Errorf("the checkpoint can't be verified: %w", err)
	}
	c, err := parseText(n.Text)
	if err != nil {
		return Checkpoint{}, err
	}
	for _, s := range n.Sigs { // one form for each signature
		if _, ok := decode(s.Base64); !ok || s.Name != c.Origin {
			return Checkpoint{}, fmt.Errorf("the checkpoint of %s is signed as %s, or its signature isn't written as "+
				"RFC 4648 has it", c.Origin, s.Name)
		}
	}
	return c, nil
}

// parseSigned reads a checkpoint whose signatures somebody else checks.
func parseSigned(signed []byte) (Checkpoint, error) {
	text, _, found := strings.Cut(string(signed), "\n\n")
	if !found {
		return Checkpoint{}, errCheckpoint
	}
	return parseText(text + "\n")
}

// ErrFork says that one log has said two things of itself that can't both be true: records that a checkpoint had are
// gone, changed or in another order.
var ErrFork = errors.New("the log was rewritten")

// CheckConsistency shows that the tree of an older checkpoint is the beginning of that of a newer one, by a tree that
// has the newer one's tiles. That needn't be trusted. The error wraps [ErrFork] where it isn't.
func (t *Tree) CheckConsistency(old, new Checkpoint) error {
	if old.Origin != new.Origin {
		return fmt.Errorf("the checkpoints are of two logs, %s and %s", old.Origin, new.Origin)
	}
	fork := fmt.Errorf("%w: the checkpoint of %d records isn't the beginning of that of %d", ErrFork, old.Size, new.Size)
	switch {
	case old.Size > new.Size:
		return fmt.Errorf("the older checkpoint has %d records, the newer one %d: name the older one first",
			old.Size, new.Size)
	case old.Size == 0 && old.Root != emptyRoot, old.Size == new.Size && old.Root != new.Root:
		return fork
	case old.Size == 0, old.Size == new.Size:
		return nil
	}
	proof, err := tlog.ProveTree(new.Size, old.Size, t.of(new))
	if err != nil {
		return fmt.Errorf("%s doesn't have the newer checkpoint's tree: %w", t.dir, err)
	}
	if tlog.CheckTree(proof, new.Size, new.Root, old.Size, old.Root) != nil {
		return fork
	}
	return nil
}
