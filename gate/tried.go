package gate

import (
	"slices"
	"strings"
	"time"

	"countersign/gate/inforce"
	"countersign/history"
	"countersign/policy"
)

// tried is the merge of a pull request, which its service hasn't made yet.
type tried struct {
	*history.TriedMerge
	service string
	now     time.Time
}

// sign gives the merge the signature that its service would make, as a policy would judge it: with a key that can sign.
func (t *tried) sign(c *policy.Commit, by *inforce.Policy) {
	if c.ID != t.ID.String() {
		return
	}
	c.Signature = policy.Signature{Status: policy.StatusUnknown, Reason: "the policy has no key of " + t.service}
	for _, l := range by.Keys.List() {
		if l.Principal != t.service {
			continue
		}
		s := policy.Signature{Status: policy.StatusGood, Principal: t.service, Kind: string(l.Kind)}
		if !l.CanSign(t.now) {
			s = policy.Signature{Status: policy.StatusExpired, Kind: s.Kind, Reason: "no key of " + t.service + " can sign now"}
		}
		if c.Signature = s; by.Rules.Counts(s) == "" {
			return
		}
	}
}

// mergedByPerson says how a person makes the merge that a service may not make, or that nobody approved.
func mergedByPerson(ref string) []string {
	onto := policy.Typed("origin/" + strings.TrimPrefix(ref, "refs/heads/"))
	return []string{
		"merge it in the branch of the request, by hand: git fetch origin && git merge --no-ff -S " + onto, "then push that",
	}
}

// again is the step after an approval: it starts nothing by itself.
const again = "push the approval, and run this check again, where refs/approvals/* is fetched"

// tell puts a finding into the words of whoever reads of a pull request. Nobody can approve or amend the merge that was
// judged, since it isn't there: what is wrong with it is said of the head of the request. Timeless says that no journal
// is at hand.
func (t *tried) tell(f *policy.Finding, head string, timeless bool) {
	id := t.ID.String()
	merge := f.Commit == id
	if merge {
		f.Commit, f.Subject, f.Claim, f.Detail = head, "", "", "the merge of it: "+f.Detail
	}
	if f.Landing == id {
		f.Landing = ""
	}
	f.Discounted = slices.DeleteFunc(f.Discounted, func(d policy.Discount) bool { return strings.HasSuffix(d.Name, id) })
	if waits := f.Code == policy.OnHold || f.Code == policy.CoolDown; waits && timeless {
		f.Detail += "; no journal is at hand, so no time is counted here"
	}
	switch f.Code {
	case policy.ApprovalMissing, policy.OnHold, policy.ContentRefused:
		switch {
		case merge:
			f.Next, f.Ask = mergedByPerson(f.Ref), nil
		case f.Code != policy.ContentRefused:
			f.Next = []string{"countersign approve " + f.Commit, again}
		}
	case policy.QuorumMissing:
		f.Next = slices.DeleteFunc(f.Next, func(step string) bool { return !strings.Contains(step, "countersign approve ") })
		f.Next = append(f.Next, again)
		if merge && strings.Contains(strings.Join(f.Next, " "), id) { // both sides changed the policy
			f.Next = mergedByPerson(f.Ref)
		}
	case policy.CoolDown:
		f.Next = []string{"when the time is over, push the merge to a server that keeps the journal; where there is none, " +
			"an administrator of the forge merges it past this check, and countersign verify judges it by the approvals' dates"}
	default:
		if merge && f.Code.Meaning().About == policy.AboutSignature && f.Code != policy.SignerRole {
			f.Next = []string{
				"put the key with which " + t.service + " signs now into the policy: docs/github.md says where to get it",
			}
		}
	}
}
