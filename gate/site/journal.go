package site

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io/fs"
	"iter"
	"strings"

	"countersign/gate/refstate"
	"countersign/history"
	"countersign/policy"
)

// Receive says when the push that is judged came in, or that somebody asks now what the journal says of the refs as
// they are. The journal is read anew. Where history is judged that has landed, nobody says so.
func (s *Site) Receive(at int64) { s.received, s.states, s.journal = at, nil, "" }

// HasJournal says whether a journal is at hand, though there may be nothing in it.
func (s *Site) HasJournal() bool { return s.o.Records != nil }

// RefLog gives what the journal says of the refs, nil where there is no journal.
func (s *Site) RefLog(ctx context.Context) (*refstate.Log, error) {
	if s.states != nil || s.o.Records == nil {
		return s.states, nil
	}
	setting := s.Rules().Journal
	read := sha256.New()
	journal := refstate.Journal{Records: summed(s.o.Records(s.GitDir(), setting), read)}
	if s.o.Index != nil {
		journal.Index = s.o.Index(s.GitDir(), setting)
	}
	l, err := refstate.Open(ctx, journal, s.Repo, s.received)
	if s.o.Index == nil {
		now := hex.EncodeToString(read.Sum(nil))
		if s.journal != "" && s.journal != now {
			now = "it changed between two questions"
		}
		s.journal = now
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("the journal of the refs: %w", err)
	}
	s.states = l
	return l, nil
}

// summed gives records, each of which goes into a sum when it is read.
func summed(records iter.Seq2[[]byte, error], sum hash.Hash) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for record, err := range records {
			if err == nil {
				sum.Write(binary.BigEndian.AppendUint64(nil, uint64(len(record))))
				sum.Write(record)
			}
			if !yield(record, err) {
				return
			}
		}
	}
}

// JournalDigest is the SHA-256, in hexadecimal, of the journal as it was read for the questions asked of it so far, or,
// where nothing was asked or an index was, as it is.
func (s *Site) JournalDigest(ctx context.Context) (string, error) {
	switch {
	case s.o.Records == nil:
		return "", nil
	case s.journal != "":
		return s.journal, nil
	}
	read := sha256.New()
	for _, err := range summed(s.o.Records(s.GitDir(), s.Rules().Journal), read) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("the journal of the refs: %w", err)
		}
	}
	return hex.EncodeToString(read.Sum(nil)), nil
}

// StateOf gives what the journal says of a ref that has a value now, and takes for made what led there.
func (s *Site) StateOf(ctx context.Context, ref string, now history.ID) (*refstate.State, error) {
	l, err := s.RefLog(ctx)
	if err != nil {
		return nil, err
	}
	return l.State(ctx, ref, now)
}

// WholeLog gives what the journal says of all refs, nil where there is no journal.
func (s *Site) WholeLog(ctx context.Context) (*refstate.Whole, error) {
	l, err := s.RefLog(ctx)
	if err != nil {
		return nil, err
	}
	return l.Whole(ctx)
}

// View looks at what was in sight.
func (s *Site) View(ctx context.Context) (refstate.View, error) {
	l, err := s.RefLog(ctx)
	if err != nil {
		return refstate.View{}, err
	}
	repo, err := s.Aside()
	return refstate.View{Log: l, Repository: repo, Visible: inView}, err
}

// inView says whether people look at a ref: clones fetch branches and tags, and web pages show them; reviewers
// fetch attestations. What lies under another name nobody sees who isn't told of it.
func inView(ref string) bool {
	return strings.HasPrefix(ref, "refs/heads/") || strings.HasPrefix(ref, "refs/tags/") || policy.IsAttestation(ref)
}

// AttestedAt says when the journal first has an object as an attestation in its place, in seconds since 1970; 0 where
// it doesn't.
func (s *Site) AttestedAt(
	ctx context.Context, kind policy.AttestationKind, commit, principal, object string,
) (int64, error) {
	tag, err := history.ParseID(object)
	if err != nil {
		return 0, err
	}
	state, err := s.StateOf(ctx, kind.Ref(commit, principal), tag)
	if err != nil {
		return 0, err
	}
	return state.FirstSeen(object), nil
}
