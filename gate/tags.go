package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/history"
	"countersign/policy"
)

// tag judges a push of a protected tag: it never moves, is as [policy.Policy.JudgeTag] wants it, and stands on commits
// that are judged.
func (p *push) tag(ctx context.Context, u *update) error {
	if refused, err := p.judgeMove(ctx, u); err != nil || refused {
		return err
	}
	_, err := p.peeledWithin(ctx, u.New, p.inForce.policy.Limits.Message)
	if err != nil && !errors.Is(err, history.ErrTooDeep) {
		return err
	}
	t, target, err := p.readTag(ctx, u.resolved, u.New)
	if err != nil {
		return err
	}
	t.Shown, t.Received, t.Restored = u.Name, p.req.Received.Unix(), !u.real.IsZero()
	if err := p.verifyTag(ctx, p.inForce, &t, arrival{received: p.req.Received}); err != nil {
		return err
	}
	if findings := p.inForce.policy.JudgeTag(t); len(findings) > 0 {
		p.find(u, findings...)
		return nil
	}
	return p.tagged(ctx, u, target)
}

// tagged judges what a tag brings, if anything.
func (p *push) tagged(ctx context.Context, u *update, target history.ID) error {
	if judged, err := p.standsOnJudged(ctx, target); err != nil || judged {
		return err
	}
	return p.branch(ctx, u, target)
}

// readTag reads what a protected tag holds, but for its signature, and gives the object that it leads to.
func (g *Gate) readTag(ctx context.Context, ref string, id history.ID) (t policy.Tag, target history.ID, err error) {
	t = policy.Tag{Ref: ref, Shown: ref, ID: id.String(), Now: g.clock()}
	if t.Kind, err = g.repo.Kind(ctx, id); err != nil || t.Kind != "tag" {
		t.Leads = t.Kind
		return t, id, err
	}
	target, err = g.peeled(ctx, id)
	if errors.Is(err, history.ErrTooDeep) {
		return t, target, nil
	}
	if err == nil {
		t.Leads, err = g.repo.Kind(ctx, target)
	}
	if err != nil {
		return t, target, err
	}
	tag, err := g.repo.Tag(ctx, id)
	t.Name, t.Target, t.Tagger = tag.Name, tag.Target.String(), identity(tag.Tagger)
	return t, target, err
}

// verifyTag has the signature of a tag verified by the keys of a policy that wants protected tags signed. Nobody signed
// it before the commit that it leads to was made.
func (g *Gate) verifyTag(ctx context.Context, by *policyInForce, t *policy.Tag, at arrival) error {
	if t.Kind != "tag" || t.Leads == "" || !by.policy.Signatures.Tags {
		return nil
	}
	id, err := history.ParseID(t.ID)
	if err != nil {
		return err
	}
	tag, err := g.repo.Tag(ctx, id)
	if err != nil {
		return err
	}
	target, err := g.peeled(ctx, id)
	if err != nil {
		return err
	}
	committed, err := g.committed(ctx, target)
	if err != nil {
		return err
	}
	at.landed = time.Unix(max(tag.Tagger.When, committed), 0)
	t.Signature = signature(by.verify(tag.Payload, tag.Signature, tag.Tagger.When, at))
	return nil
}

// peeled gives the object that a tag leads to, or the object itself.
func (g *Gate) peeled(ctx context.Context, id history.ID) (history.ID, error) {
	target, _, err := history.Peel(ctx, g.repo, id, nil)
	return target, err
}

// peeledWithin also says whether one of the tags on the way has more beside its signature than a limit.
func (g *Gate) peeledWithin(ctx context.Context, id history.ID, limit int64) (history.ID, error) {
	target, _, err := history.Peel(ctx, g.repo, id, func(id history.ID, tag *history.Tag) error {
		if size := int64(len(tag.Payload)); size > limit {
			return &history.LimitError{Limit: "message", Text: fmt.Sprintf("tag %s: %s", id, policy.OverMessage(size, limit))}
		}
		return nil
	})
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
