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

// maxTagDepth is how many tags of tags are followed.
const maxTagDepth = 8

// tag judges a protected tag: annotated, signed by a maintainer, named as its ref, never moved, and
// on commits that are judged.
func (p *push) tag(ctx context.Context, u *update) error {
	if !u.real.IsZero() {
		ok, err := p.mayMove(ctx, u, p.now.policy.Protect.AllowRewind)
		if err != nil {
			return err
		}
		if !ok {
			p.refuse(u, policy.TagMoved, "it stands already at "+u.real.String()+"; a released name never changes what it means", "give the release a new name", u.moveAdvice())
			return nil
		}
	}
	kind, err := p.repo.Kind(ctx, u.New)
	if err != nil {
		return err
	}
	if kind != "tag" {
		if p.now.policy.Signatures.Tags {
			p.refuse(u, policy.TagLightweight, "it is a lightweight tag; protected tags are annotated and signed", signAgain(u))
			return nil
		}
		return p.tagged(ctx, u, u.New)
	}
	target, err := p.peeled(ctx, u.New)
	if errors.Is(err, errTooDeep) {
		p.refuse(u, policy.RefNotCommit, "it is "+err.Error())
		return nil
	}
	if err != nil {
		return err
	}
	if p.now.policy.Signatures.Tags {
		tag, err := p.repo.Tag(ctx, u.New)
		if err != nil {
			return err
		}
		committed, err := p.committed(ctx, target)
		if err != nil {
			return err
		}
		if !p.signedTag(u, &tag, committed) {
			return nil
		}
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

// errTooDeep says that a tag leads to no object within maxTagDepth steps.
var errTooDeep = errors.New("a tag of a tag of a tag, too deep to follow")

// peeled gives the object that a tag leads to, or the object itself.
func (p *push) peeled(ctx context.Context, id history.ID) (history.ID, error) {
	for range maxTagDepth {
		kind, err := p.repo.Kind(ctx, id)
		if err != nil || kind != "tag" {
			return id, err
		}
		tag, err := p.repo.Tag(ctx, id)
		if err != nil {
			return id, err
		}
		if limit := p.now.policy.Limits.Message; int64(len(tag.Payload)) > limit {
			return id, fmt.Errorf("%w: tag %s: %s", history.ErrLimit, id, policy.OverMessage(int64(len(tag.Payload)), limit))
		}
		id = tag.Target
	}
	return id, errTooDeep
}

// committed says when a commit was made, in seconds since 1970: nobody signed a tag of it earlier, whatever
// the tag says. It is 0 for another object.
func (p *push) committed(ctx context.Context, id history.ID) (int64, error) {
	kind, err := p.repo.Kind(ctx, id)
	if err != nil || kind != "commit" {
		return 0, err
	}
	c, err := p.repo.Commit(ctx, id)
	return c.Committer.When, err
}

func (p *push) signedTag(u *update, tag *history.Tag, committed int64) bool {
	name := strings.TrimPrefix(u.resolved, "refs/tags/")
	again := signAgain(u)
	if tag.Name != name {
		p.refuse(u, policy.TagName, fmt.Sprintf("the tag object calls itself %q", tag.Name), again)
		return false
	}
	r := p.now.verify(tag.Payload, tag.Signature, tag.Tagger.When, arrival{time.Unix(max(tag.Tagger.When, committed), 0), p.req.Received})
	if r.Status != verify.Good {
		detail := "it has no valid signature: " + r.Status.String()
		if r.Reason != "" {
			detail += ", " + r.Reason
		}
		p.refuse(u, policy.TagUnsigned, detail, again)
		return false
	}
	q := p.now.policy.Principal(r.Principal)
	if q == nil || q.Role != policy.Maintainer {
		p.refuse(u, policy.SignerRole, r.Principal+" is no maintainer: maintainers sign protected tags")
		return false
	}
	if !slices.Contains(p.now.policy.Signatures.Kinds, string(r.Kind)) {
		p.refuse(u, policy.SignatureUnsupported, fmt.Sprintf("the policy doesn't accept %s signatures", r.Kind))
		return false
	}
	if p.now.policy.Signatures.Identity != "off" && p.now.policy.ByEmail(tag.Tagger.Email) != q {
		p.refuse(u, policy.SignerMismatch, fmt.Sprintf("signed by %s, but the tagger's address %.100q is not one of theirs", r.Principal, tag.Tagger.Email),
			"git config user.email ADDRESS, one the keyring lists for "+r.Principal, again)
		return false
	}
	// Where the quorum approved that the tag goes back to what it was, that is as old as it is.
	return !u.real.IsZero() || !p.tagDate(u, tag.Tagger.When)
}

// signAgain is the command that makes a tag anew. Git allows names that a shell would obey; those are
// left to the reader.
func signAgain(u *update) string {
	name := strings.TrimPrefix(u.Name, "refs/tags/")
	if strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/+-") != "" || strings.HasPrefix(name, "-") {
		name = "NAME"
	}
	return "git tag -s -f " + name
}

// tagDate refuses a tag whose date the receiver's clock contradicts, and says whether it did: an old
// date could bring an expired key back to life.
func (p *push) tagDate(u *update, when int64) bool {
	now := p.req.Received
	at := time.Unix(when, 0)
	switch {
	case at.After(now.Add(p.now.policy.Signatures.ClockSkew)):
		p.refuse(u, policy.DateFuture, "the tag is dated after the receiver's clock", "make the tag again with the right time")
	case at.Before(now.Add(-p.now.policy.Tenure.MaxLandingAge)):
		p.refuse(u, policy.DateTooOld, "the tag is dated "+at.UTC().Format(time.DateOnly)+", too long ago to be new", "make the tag again")
	default:
		return false
	}
	return true
}
