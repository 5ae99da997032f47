package policy

// Certificate is the push certificate that came with a push; see gitprotocol-pack(5), Push Certificate.
type Certificate struct {
	Unfit     string // why it isn't one of this push, "" if it is
	Signature Signature
}

// JudgePush says what stands against a push itself, whatever it brings, and who signed it, nil for nobody. The
// certificate is nil where none came. One that isn't valid stands against the push whether the policy wants one or not:
// somebody has changed it.
func (p *Policy) JudgePush(c *Certificate) (pusher *Principal, findings []Finding) {
	refuse := func(detail string) []Finding {
		next := []string{"push again with --signed", "or for good: git config push.gpgSign true", PushAgain}
		return []Finding{{Code: PushCertificate, Detail: detail, Next: next}}
	}
	switch {
	case c == nil && p.Push.Certificate == "required":
		return nil, refuse("the policy wants pushes to be signed, and this one isn't")
	case c == nil:
		return nil, nil
	case c.Unfit != "":
		return nil, refuse("its push certificate isn't valid: " + c.Unfit)
	case c.Signature.Status != StatusGood:
		detail := "its push certificate has no signature that counts: "
		return nil, refuse(detail + c.Signature.Status + ", " + c.Signature.Reason)
	}
	q, why := p.signedBy(c.Signature, "git push --signed")
	if why != nil {
		return nil, refuse("its push certificate: " + why.detail)
	}
	return q, nil
}
