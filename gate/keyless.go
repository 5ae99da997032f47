package gate

import (
	"slices"
	"time"

	"countersign/gate/inforce"
	"countersign/policy"
	"countersign/verify"
)

// keyless names the authors, attested by a service, of whom no key can sign at a time that the policy takes.
func keyless(by *inforce.Policy, landing *policy.Landing, now time.Time) (names []string) {
	var listed []verify.Listed
	for _, c := range append(slices.Clone(landing.Brought), landing.Commit) {
		author, service := by.Rules.Author(&c)
		if service == "" || slices.Contains(names, author) {
			continue
		}
		if listed == nil {
			listed = by.Keys.List()
		}
		if !slices.ContainsFunc(listed, func(l verify.Listed) bool {
			s := policy.Signature{Status: policy.StatusGood, Principal: author, Kind: string(l.Kind)}
			return l.Principal == author && canSign(l, now) && by.Rules.Counts(s) == ""
		}) {
			names = append(names, author)
		}
	}
	return names
}

// canSign says whether an entry of the keyring has a key that can sign at a time.
func canSign(l verify.Listed, at time.Time) bool {
	ended := func(end time.Time) bool { return !end.IsZero() && !at.Before(end) }
	if l.Revoked != verify.NotRevoked || at.Before(l.From) || ended(l.Until) {
		return false
	}
	return l.Kind == verify.X509 || l.Authority || slices.ContainsFunc(l.Keys, func(k verify.ListedKey) bool {
		return k.CanSign && k.Revoked == "" && !ended(k.Expires)
	})
}
