package gate

import (
	"context"

	"countersign/gate/tag"
	"countersign/history"
	"countersign/verify"
)

// tag judges a push of a protected tag: it never moves, is as [policy.Policy.JudgeTag] wants it, and stands on commits
// that are judged.
func (p *push) tag(ctx context.Context, u *update) error {
	if refused, err := p.judgeMove(ctx, u); err != nil || refused {
		return err
	}
	t, err := tag.Read(ctx, p.site.Repo, u.resolved, u.New, p.site.Rules().Limits.Message)
	if err != nil {
		return err
	}
	t.Shown, t.Received, t.Restored, t.Now = u.Name, p.req.Received.Unix(), !u.real.IsZero(), p.site.Clock()
	if err := t.Verify(ctx, p.site.Repo, p.site.InForce, verify.LandsNow(p.req.Received)); err != nil {
		return err
	}
	if findings := p.site.Rules().JudgeTag(t.Tag); len(findings) > 0 {
		old, err := p.oldTag(ctx, u, &t)
		if err != nil {
			return err
		}
		if old {
			p.oldTags = append(p.oldTags, u.Name)
			return nil
		}
		p.find(u, findings...)
		return nil
	}
	return p.tagged(ctx, u, t.Led)
}

// tagged judges what a tag brings, if anything.
func (p *push) tagged(ctx context.Context, u *update, target history.ID) error {
	if judged, err := p.standsOnJudged(ctx, target); err != nil || judged {
		return err
	}
	return p.brings(ctx, u, target)
}
