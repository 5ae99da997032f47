package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// tag judges a push of a protected tag: it never moves, is as [policy.Policy.JudgeTag] wants it, and stands on commits
// that are judged.
func (p *push) tag(ctx context.Context, u *update) error {
	if refused, err := p.judgeMove(ctx, u); err != nil || refused {
		return err
	}
	t, err := p.readTag(ctx, u.resolved, u.New, p.inForce.policy.Limits.Message)
	if err != nil {
		return err
	}
	t.Shown, t.Received, t.Restored = u.Name, p.req.Received.Unix(), !u.real.IsZero()
	if err := p.verifyTag(ctx, p.inForce, &t, verify.LandsNow(p.req.Received)); err != nil {
		return err
	}
	if findings := p.inForce.policy.JudgeTag(t.Tag); len(findings) > 0 {
		p.find(u, findings...)
		return nil
	}
	return p.tagged(ctx, u, t.target)
}

// tagged judges what a tag brings, if anything.
func (p *push) tagged(ctx context.Context, u *update, target history.ID) error {
	if judged, err := p.standsOnJudged(ctx, target); err != nil || judged {
		return err
	}
	return p.branch(ctx, u, target)
}

// heldTag is what a protected tag holds, as it was read.
type heldTag struct {
	policy.Tag
	object history.Tag // the tag object, where it is one
	target history.ID  // what that leads to, or the object itself
}

// readTag reads what a protected tag holds. A tag on the way that has more beside its signature than the limit, in
// bytes, is an error.
func (g *Gate) readTag(ctx context.Context, ref string, id history.ID, limit int64) (t heldTag, err error) {
	t.Tag = policy.Tag{Ref: ref, Shown: ref, ID: id.String(), Now: g.clock()}
	t.target, t.Leads, err = history.Peel(ctx, g.repo, id, func(at history.ID, tag *history.Tag) error {
		if at == id {
			t.Kind, t.object = "tag", *tag
			t.Name, t.Target, t.Tagger = tag.Name, tag.Target.String(), identity(tag.Tagger)
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

// verifyTag has the signature of a tag verified by the keys of a policy that wants protected tags signed. Nobody signed
// it before the commit that it leads to was made.
func (g *Gate) verifyTag(ctx context.Context, by *policyInForce, t *heldTag, at verify.Arrival) error {
	if t.Kind != "tag" || t.Leads == "" || !by.policy.Signatures.Tags {
		return nil
	}
	made := max(t.Tagger.When, 0)
	if t.Leads == "commit" {
		c, err := g.repo.Commit(ctx, t.target)
		if err != nil {
			return err
		}
		made = max(made, c.Committer.When)
	}
	t.Signature = by.signature(t.object.Payload, t.object.Signature, t.Tagger.When, at.NoEarlier(time.Unix(made, 0)))
	return nil
}

// peeled gives the object that a tag leads to, or the object itself.
func (g *Gate) peeled(ctx context.Context, id history.ID) (history.ID, error) {
	target, _, err := history.Peel(ctx, g.repo, id, nil)
	return target, err
}

// committed says when a commit was made, in seconds since 1970: nobody signed a tag of it earlier, whatever
// the tag says. It is 0 for another object.
func (g *Gate) committed(ctx context.Context, id history.ID) (int64, error) {
	kind, err := g.repo.Kind(ctx, id)
	if err != nil || kind != "commit" {
		return 0, err
	}
	c, err := g.repo.Commit(ctx, id)
	return c.Committer.When, err
}

// clock is what this machine's clock says, in seconds since 1970; 0 where it isn't asked.
func (g *Gate) clock() int64 {
	if g.o.Now == nil {
		return 0
	}
	return g.o.Now().Unix()
}
