// Package inforce finds the policy that is in force at a point of a history, with its keyring, and asks it.
//
// A [Source] reads policies: the server's own, which lies beside the repository or is that of many repositories, or
// those in the tree, which begin at an introduction and have to be at least as strict as the server's floor. [Open]
// reads what the server's folders say,
// [Source.Find] the policy in force today, and [Source.At] the one that judges what comes after a commit.
// [Amendments] says what each landing of a [Line] makes of the policy in the tree.
//
// A [Policy] is immutable, and safe for many goroutines. It says who signed something, [Policy.Signature], and judges
// a landing, [Policy.Judge], together with the floor beneath it. Judging is a pure function; verifying may ask a
// transparency log over the network, where the policy has transparency = "online".
//
// Nothing is written. A Source is for one goroutine. An error means that the policy can't be known, so nothing may
// pass; a policy in a landing that can't be read is a fact about that landing, and no error.
package inforce

import (
	"slices"
	"time"

	"countersign/gate/keyring"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Policy is the policy in force at a point of a history, with its keyring. It is immutable.
type Policy struct {
	Rules  *policy.Policy
	Keys   *verify.Keyring // nil where a draft names no key
	floor  *policy.Policy  // judges too, nil for none
	folder history.ID      // the tree that it was read from; zero where it lies beside the repository
}

// above has a floor bound the policy; nil for none.
func (p *Policy) above(floor *policy.Policy) {
	if floor != nil {
		p.Rules = p.Rules.WithFloor(floor)
		p.floor = floor.AsFloorOf(p.Rules)
	}
}

// As gives the policy, and the floor beneath it, with what is made of their rules. The people and their keys stay.
func (p *Policy) As(other func(*policy.Policy) *policy.Policy) *Policy {
	c := *p
	c.Rules = other(p.Rules)
	if p.floor != nil {
		c.floor = other(p.floor)
	}
	return &c
}

// HasRule says whether the policy, or the floor beneath it, has a rule of that name.
func (p *Policy) HasRule(name string) bool {
	named := func(r policy.Rule) bool { return r.Name == name }
	return slices.ContainsFunc(p.Rules.Rules, named) || p.floor != nil && slices.ContainsFunc(p.floor.Rules, named)
}

// SameFolder says whether two policies were read from the same folder of a tree, or both beside the repository.
func (p *Policy) SameFolder(q *Policy) bool { return p.folder == q.folder }

// Adopted gives the commits up to which nothing is judged.
func (p *Policy) Adopted() ([]history.ID, error) {
	ids := make([]history.ID, len(p.Rules.Adoption.Commits))
	for i, s := range p.Rules.Adoption.Commits {
		id, err := history.ParseID(s)
		if err != nil {
			return nil, err
		}
		ids[i] = id
	}
	return ids, nil
}

// Judge asks the policy that stood before a landing, and the floor beneath it.
func (p *Policy) Judge(ledger *policy.Ledger, landing *policy.Landing) policy.Outcome {
	outcome := p.Rules.Judge(ledger, landing)
	if p.floor == nil {
		return outcome
	}
	return outcome.Join(p.floor.Judge(ledger, landing))
}

// Explain gives every question that Judge asks of a landing, with its answer: those of the policy, in order, and then
// those that the floor alone asks or answers otherwise.
func (p *Policy) Explain(ledger *policy.Ledger, landing *policy.Landing) []policy.Step {
	steps := policy.Explain(p.Rules, ledger, landing)
	if p.floor == nil {
		return steps
	}
	for _, s := range policy.Explain(p.floor, ledger, landing) {
		same := func(t policy.Step) bool { return t.Commit == s.Commit && t.Check == s.Check && t.Text == s.Text }
		if !slices.ContainsFunc(steps, same) {
			steps = append(steps, s)
		}
	}
	return steps
}

// maxEarlier is how much older than the commit or tag it stands on a signature may say it is: a clock
// may be wrong, but nobody signs what isn't written yet. Over the OpenPGP signatures of public histories
// the largest difference measured was seven days.
const maxEarlier = 14 * 24 * time.Hour

// Verify asks the keyring who signed. A signature's own time is believed only near the date of what it
// signs, in seconds since 1970: whoever has a key that has expired could date it back into its life.
func (p *Policy) Verify(payload, signature []byte, written int64, at verify.Arrival) verify.Result {
	r := p.Keys.VerifyAt(payload, signature, at)
	if r.Status == verify.Good && !r.SignedAt.IsZero() && time.Unix(written, 0).Sub(r.SignedAt) > maxEarlier {
		r.Status, r.Principal = verify.Misdated, ""
		r.Reason = "the signature is dated " + r.SignedAt.UTC().Format(time.DateOnly) + ", long before what it signs"
	}
	return r
}

// Signature says who signed, in the words of a policy; see [Policy.Verify].
func (p *Policy) Signature(payload, signature []byte, written int64, at verify.Arrival) policy.Signature {
	r := p.Verify(payload, signature, written, at)
	principal := r.Principal
	if r.Status != verify.Good {
		principal = ""
	}
	s := policy.Signature{
		Status: r.Status.String(), Principal: principal, Kind: string(r.Kind), Identity: r.Identity,
		Fingerprint: r.Fingerprint, KeyID: r.KeyID, Reason: r.Reason, Next: r.Next, KeyOwner: r.KeyOwner,
	}
	if !r.SignedAt.IsZero() {
		s.SignedAt = r.SignedAt.Unix()
	}
	return s
}

// isKey says whether a good signature was made by the key with a fingerprint, or by a subkey of it.
func (p *Policy) isKey(r verify.Result, fingerprint string) bool {
	if r.Fingerprint == fingerprint {
		return true
	}
	return slices.ContainsFunc(p.Keys.List(), func(k verify.Listed) bool {
		return k.Principal == r.Principal && slices.Contains(k.Fingerprints, r.Fingerprint) &&
			slices.Contains(k.Fingerprints, fingerprint)
	})
}

// Logs gives the addresses of the transparency logs that policies lead to. A policy may be nil.
func Logs(policies ...*Policy) []string {
	var logs []string
	for _, p := range policies {
		if p == nil {
			continue
		}
		if log := keyring.Log(p.Rules); log != "" {
			logs = append(logs, log)
		}
	}
	return logs
}
