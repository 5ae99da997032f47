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

func signatureProblem(s Signature) (code Code, detail string, next []string) {
	sign := []string{"git commit --amend --no-edit -S"}
	switch s.Status {
	case statusMissing:
		code, detail, next = Unsigned, "it is not signed", sign
	case "malformed":
		code, detail, next = SignatureMalformed, "its signature is malformed", sign
	case statusUnknown:
		code, detail, next = SignerUnknown, "it is signed by a key that nobody in the keyring has", []string{"sign with a key of the keyring, or ask a maintainer to add yours: countersign keyring list"}
	case "expired":
		code, detail, next = KeyExpired, "its key, or the signature, had ended", sign
	case "not-yet-valid":
		code, detail, next = KeyNotYetValid, "its key was not valid yet when it was signed", sign
	case "revoked":
		code, detail, next = KeyRevoked, "its key is revoked", sign
	case "weak":
		code, detail, next = SignatureWeak, "its signature uses an algorithm or key that proves nothing any more", sign
	case "unsupported":
		code, detail = SignatureUnsupported, "its kind of signature is not accepted here"
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
