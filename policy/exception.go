package policy

import (
	"fmt"
	"slices"
	"strings"
)

// ExceptionNote begins the note of each finding that an exception puts aside.
const ExceptionNote = "exception: "

// except puts findings aside for which a quorum of maintainers has signed an exception. There is no other
// way past the rules, and each is told to whoever reads of the push.
func (j *judgement) except() {
	if len(j.landing.Exceptions) == 0 {
		if !j.landing.Complete && !j.landing.Known.Exceptions {
			// They lie beside the approvals, so that where these are looked up they may be, too.
			exceptable := func(f Finding) bool { return f.Code.Meaning().Exceptable }
			j.out.Needs.Exceptions = j.out.Needs.Approvals || slices.ContainsFunc(j.out.Findings, exceptable)
		}
		return
	}
	j.out.Findings = slices.DeleteFunc(j.out.Findings, func(f Finding) bool {
		if !f.Code.Meaning().Exceptable {
			return false
		}
		by, reason := j.exceptedBy(f.Commit)
		if len(by) < j.p.Quorum.Maintainers {
			return false
		}
		text := fmt.Sprintf(ExceptionNote+"%s of commit %s is put aside by %s: %s",
			f.Code, f.Commit, strings.Join(by, ", "), reason)
		if !slices.Contains(j.out.Notes, text) {
			j.out.Notes = append(j.out.Notes, text)
		}
		return true
	})
}

// exceptedBy names the maintainers who signed an exception for a commit or for one that brings it, and
// that hasn't expired.
func (j *judgement) exceptedBy(commit string) (by []string, reason string) {
	descendants := j.descendants(commit)
	var signatures []Signature
	for _, e := range j.landing.Exceptions {
		if descendants[e.Commit] && e.problem() == "" && max(j.at, j.landing.Received) < e.Expires {
			signatures, reason = append(signatures, e.Signature), e.Reason
		}
	}
	return j.p.independent(signatures), reason
}

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
