package policy

import (
	"slices"
	"time"
)

// quorate names the maintainers behind approvals if they are as many as the quorum asks for, else it gives
// nil.
func (p *Policy) quorate(approvals []Approval) []string {
	if by := p.sponsorsOf(approvals); len(by) >= p.Quorum.Maintainers {
		return by
	}
	return nil
}

// sponsorsOf names the maintainers behind approvals, but no two with a conflict of interest.
func (p *Policy) sponsorsOf(approvals []Approval) []string {
	signatures := make([]Signature, len(approvals))
	for i, a := range approvals {
		signatures[i] = a.Signature
	}
	return p.independent(signatures)
}

// independent names the maintainers who made good signatures, but no two with a conflict of interest: people are
// principals, and no puppet makes a quorum. One signature more never makes them fewer.
func (p *Policy) independent(signatures []Signature) []string {
	var people []*Principal
	for _, s := range signatures {
		if q, _ := p.signedBy(s, amend); q != nil && q.Role == Maintainer && !slices.Contains(people, q) {
			people = append(people, q)
		}
	}
	var by []string
	people, _ = p.withoutConflict(people, p.Quorum.Maintainers)
	for _, q := range people {
		by = append(by, q.Name)
	}
	slices.Sort(by)
	return by
}

// quorumIsThere says whether there are as many maintainers who count together as the quorum asks for, and who can
// sign at a time and go on to. Before is the policy before this one.
func (p *Policy) quorumIsThere(before *Policy, at time.Time) bool {
	able := slices.DeleteFunc(p.maintainers(), func(q *Principal) bool { return !q.canSign(before.Principal(q.Name), at) })
	together, sure := p.withoutConflict(able, p.Quorum.Maintainers)
	return len(together) >= p.Quorum.Maintainers || !sure
}

// After says in words when a change that loosens the policy may land; see second.
func (q Quorum) After() string {
	who := "a maintainer"
	if q.Maintainers > 1 {
		who = "a second maintainer"
	}
	return span(q.CoolDown) + " after " + who + " stood behind it"
}

// second is whose support of a change the cool-down counts from, of all who support it, the earliest first: the
// second's, or the first's, where one is enough. Whoever hurries people along shall not gain by it.
func (p *Policy) second() int { return min(1, p.Quorum.Maintainers-1) }
