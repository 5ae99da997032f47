package policy

// signerOf gives the principal who made the good signature of a commit, or nil.
func (p *Policy) signerOf(c *Commit) *Principal {
	return p.signer(c.Signature)
}

// signer gives the principal who made a signature if it is good, or nil.
func (p *Policy) signer(s Signature) *Principal {
	if s.Status != statusGood {
		return nil
	}
	return p.Principal(s.Principal)
}

const amend = "git commit --amend --no-edit -S"

// OtherKey gives the steps by which something is signed once more; with another key, where the same would end in the
// same. Status is what became of the signature that it has.
func OtherKey(status string, sign string) []string {
	switch status {
	case statusUnknown, "expired", "revoked", "weak", "unsupported", "wrong-purpose":
		return []string{"git config user.signingKey KEY, one that counts for you by countersign keyring list", sign}
	default:
		return []string{sign}
	}
}

func signatureProblem(s Signature) (code Code, detail string, next []string) {
	next = OtherKey(s.Status, amend)
	switch s.Status {
	case statusMissing:
		code, detail = Unsigned, "it is not signed"
	case "malformed":
		code, detail = SignatureMalformed, "its signature is malformed"
	case statusUnknown:
		code, detail, next = SignerUnknown, "it is signed by a key that nobody in the keyring has", append(next, "or ask a maintainer to add your key to the keyring, then push again")
	case "expired":
		code, detail = KeyExpired, "its key, or the signature, had ended"
	case "not-yet-valid":
		code, detail = KeyNotYetValid, "its key was not valid yet when it was signed"
	case "revoked":
		code, detail = KeyRevoked, "its key is revoked"
	case "weak":
		code, detail = SignatureWeak, "its signature uses an algorithm or key that proves nothing any more"
	case "unsupported":
		code, detail = SignatureUnsupported, "its kind of signature is not accepted here"
	case "wrong-purpose":
		code, detail = KeyPurpose, "its key or signature is not meant for signing commits"
	case "misdated":
		code, detail, next = SignatureDate, "its signature has a date that can't be right", []string{"date -u", amendNow}
	default:
		code, detail = SignatureBad, "its signature doesn't fit the commit"
	}
	if s.Reason != "" {
		detail += ": " + s.Reason
	}
	return code, detail, next
}
