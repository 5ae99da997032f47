package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"
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
		if c := j.landing.Find(f.Commit); c != nil {
			j.step(c, "exception", true, "%s", strings.TrimPrefix(text, ExceptionNote))
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

// MaxException is how long an exception may last: what is needed for longer belongs into the policy.
const MaxException = 14 * 24 * time.Hour

// problem says why an exception is none, "" if it is one.
func (e Exception) problem() string {
	if e.Reason == "" || e.Expires == 0 || e.Expires-e.When > seconds(MaxException) {
		return fmt.Sprintf("an exception says its reason, and when it expires, within %s", span(MaxException))
	}
	return ""
}
