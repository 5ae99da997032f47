package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// tag judges a push of a protected tag: it never moves, is as tagAt.judge wants it, and stands on commits that
// are judged.
func (p *push) tag(ctx context.Context, u *update) error {
	if !u.real.IsZero() {
		ok, err := p.mayMove(ctx, u, p.now.policy.Protect.AllowRewind)
		if err != nil {
			return err
		}
		if !ok {
			p.refuse(u, policy.TagMoved, "it stands already at "+u.real.String()+"; a released name never changes what it means", "give the release a new name: git tag -s NAME "+u.New.String()+"^{}", "or "+u.moveAdvice(), "then push again")
			return nil
		}
	}
	if _, err := p.peeledWithin(ctx, u.New, p.now.policy.Limits.Message); err != nil && !errors.Is(err, history.ErrTooDeep) {
		return err
	}
	t := tagAt{Gate: p.Gate, by: p.now, ref: u.resolved, shown: u.Name, id: u.New, received: p.req.Received, back: !u.real.IsZero()}
	target, f, err := t.judge(ctx)
	if err != nil {
		return err
	}
	if f != nil {
		p.refuse(u, f.Code, f.Detail, f.Next...)
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

// tagAt is a protected tag where it is to stand, or stands.
type tagAt struct {
	*Gate
	by         *standing
	ref, shown string // full names: of the ref, and as the pusher wrote it
	id         history.ID
	received   time.Time // when it came in; zero where it was there already
	back       bool      // the quorum lets the ref go back to what it was

	status verify.Status // of the signature, once it is judged
}

// judge says what stands against a tag, nil for nothing, and the commit or other object that it leads to. A tag has
// to be annotated, signed by a maintainer and named as its ref, and its date must be possible.
func (t *tagAt) judge(ctx context.Context) (target history.ID, f *policy.Finding, err error) {
	kind, err := t.repo.Kind(ctx, t.id)
	if err != nil {
		return target, nil, err
	}
	signed := t.by.policy.Signatures.Tags
	if kind != "tag" {
		if signed {
			f = t.finding(policy.TagLightweight, "it is a lightweight tag; protected tags are annotated and signed", t.again()+" "+t.id.String())
		}
		return t.id, f, nil
	}
	target, err = t.peeled(ctx, t.id)
	if errors.Is(err, history.ErrTooDeep) {
		return target, t.finding(policy.RefNotCommit, "it is "+err.Error(), t.again()+" COMMIT"), nil
	}
	if err != nil || !signed {
		return target, nil, err
	}
	tag, err := t.repo.Tag(ctx, t.id)
	if err != nil {
		return target, nil, err
	}
	committed, err := t.committed(ctx, target)
	if err != nil {
		return target, nil, err
	}
	return target, t.signed(&tag, committed), nil
}

func (t *tagAt) finding(code policy.Code, detail string, next ...string) *policy.Finding {
	return &policy.Finding{Code: code, Ref: t.ref, Detail: detail, Next: next}
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

// signed judges a tag by its signature; committed is when the commit was made that it leads to.
func (t *tagAt) signed(tag *history.Tag, committed int64) *policy.Finding {
	name := strings.TrimPrefix(t.ref, "refs/tags/")
	p, again := t.by.policy, t.again()+" "+tag.Target.String()
	if tag.Name != name {
		return t.finding(policy.TagName, fmt.Sprintf("the tag object calls itself %q", tag.Name), again)
	}
	r := t.by.verify(tag.Payload, tag.Signature, tag.Tagger.When, arrival{time.Unix(max(tag.Tagger.When, committed), 0), t.received})
	if t.status = r.Status; r.Status != verify.Good {
		detail := "it has no valid signature: " + r.Status.String()
		if r.Reason != "" {
			detail += ", " + r.Reason
		}
		return t.finding(policy.TagUnsigned, detail, policy.OtherKey(r.Status.String(), again)...)
	}
	q := p.Principal(r.Principal)
	if q == nil || q.Role != policy.Maintainer {
		return t.finding(policy.SignerRole, r.Principal+" is no maintainer: maintainers sign protected tags", "have a maintainer sign it: "+again)
	}
	if !slices.Contains(p.Signatures.Kinds, string(r.Kind)) {
		return t.finding(policy.SignatureUnsupported, fmt.Sprintf("the policy doesn't accept %s signatures", r.Kind), policy.OtherKey(verify.Unsupported.String(), again)...)
	}
	if p.Signatures.Identity != "off" && p.ByEmail(tag.Tagger.Email) != q {
		return t.finding(policy.SignerMismatch, fmt.Sprintf("signed by %s, but the tagger's address %.100q is not one of theirs", r.Principal, tag.Tagger.Email),
			"git config user.email ADDRESS, one the keyring lists for "+r.Principal, again)
	}
	if t.back { // that is as old as it is
		return nil
	}
	return t.badDate(p, tag.Tagger.When, t.received, again)
}

// again is the command that makes a tag anew. Git allows names that a shell would obey; those are
// left to the reader.
func (t *tagAt) again() string {
	name := strings.TrimPrefix(t.shown, "refs/tags/")
	if typed(name) != name || strings.HasPrefix(name, "-") {
		name = "NAME"
	}
	return "git tag -s -f " + name
}

// badDate says what a clock holds against the date of a tag, nil for nothing. A tag that comes in now is neither older
// nor newer than it may be: an old date could bring an expired key back to life. Of one that is here
// already only this machine's clock is known, before which it was made.
func (g *Gate) badDate(p *policy.Policy, when int64, received time.Time, again string) *policy.Finding {
	at, now, whose := time.Unix(when, 0), received, "the receiver's clock"
	if received.IsZero() {
		if g.clock() == 0 {
			return nil
		}
		now, whose = time.Unix(g.clock(), 0), "the clock of this machine"
	}
	switch {
	case at.After(now.Add(p.Signatures.ClockSkew)):
		return &policy.Finding{Code: policy.DateFuture, Detail: "the tag is dated after " + whose, Next: []string{"date -u, to see whether the clock is right", again}}
	case !received.IsZero() && at.Before(now.Add(-p.Tenure.MaxLandingAge)):
		return &policy.Finding{Code: policy.DateTooOld, Detail: "the tag is dated " + at.UTC().Format(time.DateOnly) + ", too long ago to be new", Next: []string{again}}
	default:
		return nil
	}
}

// clock is what this machine's clock says, in seconds since 1970; 0 where it isn't asked.
func (g *Gate) clock() int64 {
	if g.o.Now == nil {
		return 0
	}
	return g.o.Now().Unix()
}
