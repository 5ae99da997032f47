package policy

import (
	"fmt"
	"slices"
)

// The statuses of package verify that this package tells apart. Any other is a bad signature.
const (
	StatusGood         = "good"
	StatusMissing      = "missing"
	StatusMalformed    = "malformed"
	StatusUnknown      = "unknown-key"
	StatusUnsupported  = "unsupported"
	StatusWrongPurpose = "wrong-purpose"
	StatusExpired      = "expired"
	StatusNotYetValid  = "not-yet-valid"
	StatusRevoked      = "revoked"
	StatusWeak         = "weak"
	StatusMisdated     = "misdated"
	StatusBad          = "bad"
)

// signerOf gives the principal who made the good signature of a commit, or nil.
func (p *Policy) signerOf(c *Commit) *Principal {
	return p.signer(c.Signature)
}

// anonymous says whether nobody in the keyring signed the commit: it has no signature, or a stranger's, which
// is worth as much, however weak or odd it is. One that is malformed is refused: whose it is depends on who reads it.
func (c *Commit) anonymous() bool {
	switch c.Signature.Status {
	case StatusMissing, StatusUnknown:
		return true
	case StatusWeak, StatusUnsupported, StatusWrongPurpose, StatusExpired, StatusNotYetValid:
		return c.Signature.KeyOwner == ""
	default:
		return false
	}
}

// problem is why something that is signed doesn't count, and what mends that.
type problem struct {
	code   Code
	detail string
	next   []string
}

// signedBy gives the principal who made a signature, if it counts: it is good, somebody's in the keyring, and of a kind
// that the policy accepts. Else it says why it doesn't; sign is the command that signs anew.
func (p *Policy) signedBy(s Signature, sign string) (*Principal, *problem) {
	if s.Status != StatusGood {
		return nil, badSignature(s, sign)
	}
	q := p.Principal(s.Principal)
	switch {
	case q == nil:
		return nil, &problem{SignerUnknown, "the signer is not in the keyring", otherKey(StatusUnknown, sign)}
	case !p.accepts(s):
		return nil, &problem{SignatureUnsupported, notAccepted(s), otherKey(StatusUnsupported, sign)}
	default:
		return q, nil
	}
}

// accepts says whether the policy accepts the kind of a signature.
func (p *Policy) accepts(s Signature) bool { return slices.Contains(p.Signatures.Kinds, s.Kind) }

// notAccepted says so of the kind of a signature.
func notAccepted(s Signature) string {
	return fmt.Sprintf("the policy doesn't accept %s signatures", s.Kind)
}

// Counts says why a signature doesn't count, "" if it does.
func (p *Policy) Counts(s Signature) string {
	switch {
	case s.Status != StatusGood:
		return "its signature is " + s.Status + ": " + s.Reason
	case !p.accepts(s):
		return notAccepted(s)
	default:
		return ""
	}
}

// signer gives the principal who made a signature if it is good, or nil.
func (p *Policy) signer(s Signature) *Principal {
	if s.Status != StatusGood {
		return nil
	}
	return p.Principal(s.Principal)
}

// amend signs the newest commit anew.
const amend = "git commit --amend --no-edit -S"

// amendNow does, and dates it anew.
const amendNow = "git commit --amend --no-edit --date=now -S"

// Against says what stands against a signature by itself, whoever may have made it: the code of a finding and one
// sentence. The code is "" where nothing does: it is good, or there is none.
func Against(s Signature) (Code, string) {
	if s.Status == StatusGood || s.Status == StatusMissing {
		return "", ""
	}
	w := badSignature(s, "")
	return w.code, w.detail
}

// otherKey gives the steps by which something is signed once more; with another key, where the same would end in the
// same. Status is what became of the signature that it has.
func otherKey(status string, sign string) []string {
	switch status {
	case StatusUnknown, StatusExpired, StatusNotYetValid, StatusRevoked, StatusWeak, StatusUnsupported,
		StatusWrongPurpose:
		return []string{"name a key of yours that the keyring has: git config user.signingKey KEY", sign}
	default:
		return []string{sign}
	}
}

// badSignature says what is wrong with a signature that isn't good.
func badSignature(s Signature, sign string) *problem {
	w := &problem{next: otherKey(s.Status, sign)}
	switch s.Status {
	case StatusMissing:
		w.code, w.detail = Unsigned, "it is not signed"
	case StatusMalformed:
		w.code, w.detail = SignatureMalformed, "its signature is malformed"
	case StatusUnknown:
		w.code, w.detail = SignerUnknown, "it is signed by a key that nobody in the keyring has"
		w.next = append(w.next, "or ask a maintainer to add your key to the keyring", PushAgain)
	case StatusExpired:
		w.code, w.detail = KeyExpired, "its key, or the signature, had ended"
	case StatusNotYetValid:
		w.code, w.detail = KeyNotYetValid, "its key was not valid yet when it was signed"
	case StatusRevoked:
		w.code, w.detail = KeyRevoked, "its key is revoked"
	case StatusWeak:
		w.code, w.detail = SignatureWeak, "its signature uses an algorithm or key that proves nothing any more"
	case StatusUnsupported:
		w.code, w.detail = SignatureUnsupported, "its kind of signature is not accepted here"
	case StatusWrongPurpose:
		w.code, w.detail = KeyPurpose, "its key or signature is not meant for signing commits"
	case StatusMisdated:
		w.code, w.detail = SignatureDate, "its signature has a date that can't be right"
		w.next = []string{"date -u", amendNow}
	default:
		w.code, w.detail = SignatureBad, "its signature doesn't fit the commit"
	}
	if s.Reason != "" {
		w.detail += ": " + s.Reason
	}
	if s.Next != "" {
		w.next = []string{s.Next, sign}
	}
	return w
}
