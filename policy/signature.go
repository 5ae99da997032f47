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
	sign := OtherKey(s.Status, amend)
	switch s.Status {
	case statusMissing:
		code, detail, next = Unsigned, "it is not signed", sign
	case "malformed":
		code, detail, next = SignatureMalformed, "its signature is malformed", sign
	case statusUnknown:
		code, detail, next = SignerUnknown, "it is signed by a key that nobody in the keyring has", append(sign, "or ask a maintainer to add your key to the keyring, then push again")
	case "expired":
		code, detail, next = KeyExpired, "its key, or the signature, had ended", sign
	case "not-yet-valid":
		code, detail, next = KeyNotYetValid, "its key was not valid yet when it was signed", sign
	case "revoked":
		code, detail, next = KeyRevoked, "its key is revoked", sign
	case "weak":
		code, detail, next = SignatureWeak, "its signature uses an algorithm or key that proves nothing any more", sign
	case "unsupported":
		code, detail, next = SignatureUnsupported, "its kind of signature is not accepted here", sign
	case "wrong-purpose":
		code, detail, next = KeyPurpose, "its key or signature is not meant for signing commits", sign
	case "misdated":
		code, detail, next = SignatureDate, "its signature has a date that can't be right", []string{"date -u", amendNow}
	default:
		code, detail, next = SignatureBad, "its signature doesn't fit the commit", sign
	}
	if s.Reason != "" {
		detail += ": " + s.Reason
	}
	return code, detail, next
}
