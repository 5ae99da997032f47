package gate

import (
	"slices"
	"time"

	"countersign/gate/inforce"
	"countersign/policy"
	"countersign/verify"
)

// keyless names the authors, attested by a service, of whom no key can sign at a time that the policy takes.
func keyless(by *inforce.Policy, landing *policy.Landing, now time.Time) []string {
	authors := by.Rules.AttestedAuthors(landing)
	if authors == nil {
		return nil
	}
	listed := by.Keys.List()
	return slices.DeleteFunc(authors, func(author string) bool {
		return slices.ContainsFunc(listed, func(l verify.Listed) bool {
			s := policy.Signature{Status: policy.StatusGood, Principal: author, Kind: string(l.Kind)}
			return l.Principal == author && l.CanSign(now) && by.Rules.Counts(s) == ""
		})
	})
}
