package settle

import (
	"bytes"
	"context"
	"errors"
	"time"

	"countersign/gate/attest"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// twinReader reads attestations and the commits that they are about.
type twinReader interface {
	attest.Repository
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
}

// withdrawnTwin adds to a landing a withdrawal about a commit that it doesn't bring, if it brings another object of the
// same signed words. Anybody can make one of what somebody signed: a signature's text can be wrapped otherwise, and
// OpenPGP and CMS have parts that nothing signs. Its signer took back the words, not one object.
func (a *Answers) withdrawnTwin(
	ctx context.Context, q Question, repo twinReader, r attest.Ref, arrived func(time.Time) verify.Arrival,
) error {
	first, err := a.withdrawnCommit(ctx, repo, r.Commit)
	if errors.Is(err, history.ErrMalformed) {
		return nil // nobody stands behind it
	}
	if err != nil {
		// Where nobody judges who makes such refs, anybody can name an object that isn't there.
		s, stated := a.Stated(ctx, q.By, repo, r, arrived(time.Unix(q.Landing.Commit.Committer.When, 0)))
		if stated == nil && s.Signature.Status != policy.StatusGood {
			return nil
		}
		return err
	}
	for c := range q.Landing.Commits() {
		twin, err := isTwin(ctx, repo, c, first)
		if err != nil {
			return err
		}
		if !twin {
			continue
		}
		s, err := a.Stated(ctx, q.By, repo, r, arrived(time.Unix(first.Committer.When, 0)))
		if err != nil {
			return err
		}
		w := s.Withdrawal()
		w.Commit = c.ID
		q.Landing.Withdrawals = append(q.Landing.Withdrawals, w)
	}
	return nil
}

// withdrawnCommit reads a commit once, however many landings are asked about.
func (a *Answers) withdrawnCommit(ctx context.Context, repo twinReader, id history.ID) (*history.Commit, error) {
	if c := a.withdrawn[id]; c != nil {
		return c, nil
	}
	c, err := repo.Commit(ctx, id)
	if err != nil {
		return nil, err
	}
	if a.withdrawn == nil {
		a.withdrawn = make(map[history.ID]*history.Commit)
	}
	a.withdrawn[id] = &c
	return &c, nil
}

// isTwin says whether a commit says what another says, byte for byte but for the signature.
func isTwin(ctx context.Context, repo twinReader, c *policy.Commit, first *history.Commit) (bool, error) {
	if c.Malformed != "" || c.Size != int64(len(first.Payload)) || c.Committer.When != first.Committer.When {
		return false, nil
	}
	id, err := history.ParseID(c.ID)
	if err != nil {
		return false, err
	}
	again, err := repo.Commit(ctx, id)
	return err == nil && bytes.Equal(again.Payload, first.Payload), err
}
