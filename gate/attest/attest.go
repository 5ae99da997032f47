// Package attest reads attestations: signed tags by which a principal says something about a commit, at
// refs/KIND/COMMIT/PRINCIPAL. Parse takes the name of such a ref apart, and Read says what its tag says and whose word
// it is. What is no signed tag of that commit by that principal is read without an error: its signature isn't good, and
// the reason stands there, so that it counts for nothing.
//
// Whether an attestation is enough for anything is for package policy to say. Nothing here is kept between calls.
package attest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// The lines of an attestation's message that mean something.
const (
	RefLine     = "Approved-ref: "  // the approval is for this ref only
	MoveLine    = "Approved-move: " // OLD SP NEW: the ref of RefLine may be moved so, though NEW doesn't continue OLD
	ReasonLine  = "Reason: "
	ExpiresLine = "Expires: " // RFC 3339
)

// Ref is a ref, or one to be, with an attestation's name.
type Ref struct {
	Kind      policy.AttestationKind
	Commit    history.ID
	Principal string
	Tag       history.ID // what the ref holds
	Called    string     // the name, for messages
}

// Parse reads the name of a ref.
func Parse(ref string, tag history.ID) (Ref, error) {
	fields := strings.Split(ref, "/")
	if !policy.IsAttestation(ref) || len(fields) != 4 || fields[3] == "" {
		return Ref{}, errors.New("want refs/" + fields[1] + "/COMMIT/PRINCIPAL")
	}
	commit, err := history.ParseID(fields[2])
	if err == nil && commit.IsZero() {
		err = errors.New("all zeros name no commit")
	}
	return Ref{policy.AttestationKind(fields[1]), commit, fields[3], tag, ref}, err
}

// Among gives those of some refs that are attestations by their names.
func Among(refs []history.Ref) []Ref {
	var found []Ref
	for _, ref := range refs {
		if r, err := Parse(ref.Name, ref.ID); err == nil { // else it is none, whatever it is
			found = append(found, r)
		}
	}
	return found
}

// Named gives the ref that an attestation has by its kind, commit and principal.
func Named(kind policy.AttestationKind, commit history.ID, principal string, tag history.ID) Ref {
	return Ref{kind, commit, principal, tag, kind.Ref(commit.String(), principal)}
}

// Statement is what an attestation says, and whose word it is.
type Statement struct {
	Ref
	Signature policy.Signature
	When      int64 // the tagger's claim, seconds since 1970
	Message   []byte
}

// Repository is what Read asks of a repository.
type Repository interface {
	Kind(ctx context.Context, id history.ID) (string, error)
	Tag(ctx context.Context, id history.ID) (history.Tag, error)
}

// Verify says who signed what was written at a time, in seconds since 1970, by when it arrived.
type Verify func(payload, signature []byte, written int64, at verify.Arrival) policy.Signature

// Read reads an attestation. It arrived no earlier than the commit that it is about was made: nobody vouched for that
// before.
func Read(ctx context.Context, repo Repository, r Ref, at verify.Arrival, by Verify) (Statement, error) {
	kind, err := repo.Kind(ctx, r.Tag)
	if err != nil {
		return Statement{Ref: r}, err
	}
	if kind != "tag" {
		return r.none(policy.StatusMissing, "it is a lightweight tag; what counts is a signed, annotated one"), nil
	}
	tag, err := repo.Tag(ctx, r.Tag)
	if err != nil {
		return Statement{Ref: r}, err
	}
	return State(r, &tag, at, by), nil
}

// State says what a tag object says where it is to be an attestation.
func State(r Ref, tag *history.Tag, at verify.Arrival, by Verify) Statement {
	if tag.Target != r.Commit {
		return r.none(policy.StatusBad, "it is about "+tag.Target.String())
	}
	// A tag that says nothing of an approval, as a release or a bookmark, can't be made one by putting
	// it under another name.
	if want := r.Kind.Tag(r.Commit.String(), r.Principal); tag.Name != want {
		return r.none(policy.StatusWrongPurpose, fmt.Sprintf("the tag object calls itself %q, not %q", tag.Name, want))
	}
	at = at.NoEarlier(time.Unix(tag.Tagger.When, 0))
	s := Statement{r, by(tag.Payload, tag.Signature, tag.Tagger.When, at), tag.Tagger.When, tag.Message}
	if s.Signature.Principal != "" && s.Signature.Principal != r.Principal {
		reason := fmt.Sprintf("it stands under the name of %s, but %s signed it", r.Principal, s.Signature.Principal)
		return r.none(policy.StatusBad, reason)
	}
	return s
}

func (r Ref) none(status, reason string) Statement {
	return Statement{Ref: r, Signature: policy.Signature{Status: status, Reason: reason}}
}

// Line gives what stands after a word at the beginning of a line of the message, "" if there is none.
func (s *Statement) Line(word string) string {
	for line := range bytes.Lines(s.Message) {
		if text, ok := bytes.CutPrefix(line, []byte(word)); ok {
			return string(bytes.TrimRight(text, "\n"))
		}
	}
	return ""
}

// Approval gives what it says as an approval.
func (s *Statement) Approval() policy.Approval {
	return policy.Approval{
		Commit: s.Commit.String(), Source: "tag", Name: s.Called, Object: s.Tag.String(), Ref: s.Line(RefLine),
		Signature: s.Signature, When: s.When,
	}
}

// Withdrawal gives what it says as a withdrawal.
func (s *Statement) Withdrawal() policy.Withdrawal {
	return policy.Withdrawal{Commit: s.Commit.String(), Signature: s.Signature, When: s.When}
}

// Exception gives what it says as an exception; Expires is 0 where it doesn't say when it ends.
func (s *Statement) Exception() policy.Exception {
	e := policy.Exception{
		Commit: s.Commit.String(), Signature: s.Signature, When: s.When, Reason: s.Line(ReasonLine),
	}
	if expires, err := time.Parse(time.RFC3339, s.Line(ExpiresLine)); err == nil {
		e.Expires = expires.Unix()
	}
	return e
}
