package merkle

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Proof shows to whoever has a log's public key that a record is in it.
type Proof struct {
	Line       []byte // of the record in the journal, with its newline
	Index      int64  // of its leaf, from 0
	Path       tlog.RecordProof
	Checkpoint []byte // signed
}

const (
	proofHead  = "c2sp.org/tlog-proof@v1"
	proofExtra = "extra "
	proofIndex = "index "
	maxPath    = 63 // hashes: as many as a tree has levels
)

// Prove makes the proof of a record, given its line, in the tree of a checkpoint.
func (t *Tree) Prove(line []byte, index int64, c Checkpoint, signed []byte) (*Proof, error) {
	path, err := tlog.ProveRecord(c.Size, index, t.of(c))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.dir, err)
	}
	p := &Proof{line, index, path, signed}
	if err := p.check(c); err != nil {
		return nil, err
	}
	return p, nil
}

// Format gives the proof as a file (https://c2sp.org/tlog-proof). The extra data is the record's line: its SHA-256 is
// the entry.
func (p *Proof) Format() []byte {
	var b bytes.Buffer
	line := base64.StdEncoding.EncodeToString(p.Line)
	fmt.Fprintf(&b, "%s\n%s%s\n%s%d\n", proofHead, proofExtra, line, proofIndex, p.Index)
	for _, h := range p.Path {
		fmt.Fprintf(&b, "%s\n", h)
	}
	b.WriteByte('\n')
	b.Write(p.Checkpoint)
	return b.Bytes()
}

// errProof says that a file is no proof.
var errProof = errors.New("it is no proof: want a file that countersign log prove has written")

// ParseProof reads what Format wrote, and nothing else. It checks nothing but the form.
func ParseProof(b []byte) (*Proof, error) {
	head, signed, found := bytes.Cut(b, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 3 || len(lines) > 3+maxPath || lines[0] != proofHead {
		return nil, errProof
	}
	extra, hasExtra := strings.CutPrefix(lines[1], proofExtra)
	index, hasIndex := strings.CutPrefix(lines[2], proofIndex)
	line, ok := decode(extra)
	n, also := number(index)
	if !hasExtra || !hasIndex || !ok || !also {
		return nil, errProof
	}
	p := &Proof{Line: line, Index: n, Checkpoint: signed}
	for _, text := range lines[3:] {
		h, ok := hash(text)
		if !ok {
			return nil, errProof
		}
		p.Path = append(p.Path, h)
	}
	return p, nil
}

// Check verifies the proof by a key, and gives the checkpoint that it is by.
func (p *Proof) Check(key note.Verifier) (Checkpoint, error) {
	c, err := OpenCheckpoint(p.Checkpoint, key)
	if err != nil {
		return Checkpoint{}, err
	}
	return c, p.check(c)
}

func (p *Proof) check(c Checkpoint) error {
	if p.Index >= c.Size {
		return fmt.Errorf("the record has the number %d, and the checkpoint only %d records", p.Index+1, c.Size)
	}
	if tlog.CheckRecord(p.Path, c.Size, c.Root, p.Index, leafHash(sha256.Sum256(p.Line))) != nil {
		return fmt.Errorf("the record isn't number %d of the log: it, its place or the proof is another", p.Index+1)
	}
	return nil
}
