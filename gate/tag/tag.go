// Package tag reads what a protected tag holds, in the words of a policy.
//
// [Read] reads the tag object and what it leads to, and [Tag.Verify] has its signature verified by the keys of a
// policy. What is wrong with a tag is a fact about it, or an error that wraps [history.ErrMalformed] or
// [history.ErrLimit]. Any other error means that it can't be read. Nothing is written or kept.
package tag

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/gate/inforce"
	"countersign/gate/walk"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Repository is what Read and Verify ask of a repository.
type Repository interface {
	history.Tags
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
}

// Tag is what a protected tag holds, as it was read.
type Tag struct {
	policy.Tag
	Led    history.ID  // what it leads to: the object itself, where that is no tag
	object history.Tag // the tag object, where it is one
}

// Read reads what a protected tag holds. A tag on the way that has more beside its signature than the limit, in
// bytes, is an error.
func Read(ctx context.Context, repo Repository, ref string, id history.ID, limit int64) (t Tag, err error) {
	t.Tag = policy.Tag{Ref: ref, Shown: ref, ID: id.String()}
	t.Led, t.Leads, err = history.Peel(ctx, repo, id, func(at history.ID, tag *history.Tag) error {
		if at == id {
			t.Kind, t.object = "tag", *tag
			t.Name, t.Target, t.Tagger = tag.Name, tag.Target.String(), walk.Identity(tag.Tagger)
		}
		if size := int64(len(tag.Payload)); size > limit {
			return &history.LimitError{Limit: "message", Text: fmt.Sprintf("tag %s: %s", at, policy.OverMessage(size, limit))}
		}
		return nil
	})
	if errors.Is(err, history.ErrTooDeep) {
		return t, nil
	}
	t.Kind = cmp.Or(t.Kind, t.Leads)
	return t, err
}

// Verify has the signature of a tag verified by the keys of a policy that wants protected tags signed.
func (t *Tag) Verify(ctx context.Context, repo Repository, by *inforce.Policy, at verify.Arrival) error {
	if !by.Rules.Signatures.Tags {
		return nil
	}
	return t.VerifyAnyway(ctx, repo, by, at)
}

// VerifyAnyway has it verified whether the policy wants that or not. Nobody signed it before the commit that it leads
// to was made.
func (t *Tag) VerifyAnyway(ctx context.Context, repo Repository, by *inforce.Policy, at verify.Arrival) error {
	if t.Kind != "tag" || t.Leads == "" {
		return nil
	}
	made := max(t.Tagger.When, 0)
	if t.Leads == "commit" {
		c, err := repo.Commit(ctx, t.Led)
		if err != nil {
			return err
		}
		made = max(made, c.Committer.When)
	}
	t.Signature = by.Signature(t.object.Payload, t.object.Signature, t.Tagger.When, at.NoEarlier(time.Unix(made, 0)))
	return nil
}
