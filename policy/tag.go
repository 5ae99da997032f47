package policy

import (
	"fmt"
	"strings"
)

// Tag is a protected tag where it is to stand, or stands.
type Tag struct {
	Ref   string // full name
	Shown string // as the pusher wrote it
	ID    string // of what the ref holds

	// Kind is what the ref holds, "tag" for an annotated tag, and Leads what that leads to through other tags: ""
	// if that is too deep to follow.
	Kind, Leads string
	Name        string // what the tag object calls itself
	Target      string // what the tag object is about
	Tagger      Identity
	Signature   Signature

	Received int64 // the receiver's clock, seconds since 1970; 0 where it is here already
	Now      int64 // the clock of whoever judges what is here already; 0 where it isn't asked
	Restored bool  // the quorum lets the ref go back to what it was, which is as old as it is
}

// JudgeTag says what stands against a protected tag: what a tag object leads to must not be too deep to follow. With
// signatures.tags it has to be annotated, signed by a maintainer and named as its ref, and its date must be possible.
func (p *Policy) JudgeTag(t Tag) []Finding {
	return t.against(p.tagProblem(t, p.Signatures.Tags, false))
}

// JudgeRelease says what stands against the tag that a release is made of, which has to be signed whatever
// signatures.tags says. Where no policy says who is a maintainer, anybody whose key counts may have signed it.
func (p *Policy) JudgeRelease(t Tag, anybody bool) []Finding {
	return t.against(p.tagProblem(t, true, anybody))
}

func (t Tag) against(w *problem) []Finding {
	if w == nil {
		return nil
	}
	return []Finding{{Code: w.code, Ref: t.Ref, Detail: w.detail, Next: w.next}}
}

func (p *Policy) tagProblem(t Tag, signed, anybody bool) *problem {
	name := strings.TrimPrefix(t.Ref, "refs/tags/")
	again := t.Again() + " " + t.Target
	switch {
	case t.Kind != "tag" && signed:
		const detail = "it is a lightweight tag; protected tags are annotated and signed"
		return &problem{TagLightweight, detail, []string{t.Again() + " " + t.ID}}
	case t.Kind != "tag":
		return nil
	case t.Leads == "":
		return &problem{RefNotCommit, "it is a tag of a tag of a tag, too deep to follow", []string{t.Again() + " COMMIT"}}
	case !signed:
		return nil
	case t.Name != name:
		return &problem{TagName, fmt.Sprintf("the tag object calls itself %q", t.Name), []string{again}}
	}
	switch q := p.signer(t.Signature); {
	case t.Signature.Status != StatusGood:
		detail := "it has no valid signature: " + t.Signature.Status
		if t.Signature.Reason != "" {
			detail += ", " + t.Signature.Reason
		}
		return &problem{TagUnsigned, detail, otherKey(t.Signature.Status, again)}
	case !anybody && (q == nil || q.Role != Maintainer):
		detail := t.Signature.Principal + " is no maintainer: maintainers sign protected tags"
		return &problem{SignerRole, detail, []string{"have a maintainer sign it: " + again}}
	case !p.accepts(t.Signature):
		return &problem{SignatureUnsupported, notAccepted(t.Signature), otherKey(StatusUnsupported, again)}
	case p.Signatures.Identity != "off" && p.ByEmail(t.Tagger.Email) != q:
		detail := fmt.Sprintf("signed by %s, but the tagger's address %.100q is not one of theirs", q.Name, t.Tagger.Email)
		next := []string{"name an address that the keyring lists for " + q.Name + ": git config user.email ADDRESS", again}
		return &problem{SignerMismatch, detail, next}
	case t.Restored:
		return nil
	default:
		return p.tagDate(t.Tagger.When, t.Received, t.Now, again)
	}
}

// LeadsElsewhere is the finding about a tag that is here and leads to no commit. One that is pushed JudgeMove refuses.
func (t Tag) LeadsElsewhere() Finding {
	return Finding{
		Code: RefNotCommit, Ref: t.Ref, Detail: "it leads to a " + t.Leads + " where a commit belongs",
		Next: []string{t.Again() + " COMMIT"},
	}
}

// OldTags says in one sentence which tags were not held to the rules of tags, "" for none.
func OldTags(names []string) string {
	const shown = 3
	if len(names) == 0 {
		return ""
	}
	more := ""
	if n := len(names) - shown; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	first := strings.Join(names[:min(len(names), shown)], ", ")
	return "tags that stand on what was adopted, and are no newer, weren't held to the rules of tags: " + first + more
}

// Adopt is the step by which a commit and what it reaches come in unjudged.
func Adopt(commit string) string {
	return fmt.Sprintf("or, if it is older than this gate, have the operator write commits = [%q] under [adoption] of "+
		"the policy", commit)
}

// Again is the command that makes a tag anew, but for what it is about. Git allows names that a shell would obey;
// those are left to the reader.
func (t Tag) Again() string {
	name := strings.TrimPrefix(t.Shown, "refs/tags/")
	if !Plain(name) {
		name = "NAME"
	}
	return "git tag -s -f " + name
}
