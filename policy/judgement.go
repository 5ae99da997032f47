package policy

import (
	"fmt"
	"slices"
	"strings"
)

// judgement is one landing being judged.
type judgement struct {
	p       *Policy
	l       *Ledger
	landing *Landing
	at      int64 // the landing time
	out     Outcome
	// Those that count.
	approvals   []Approval
	withdrawals []Withdrawal
	unproven    []string   // what had to be taken for granted without a journal
	trace       func(Step) // nil unless somebody asked for the steps
}

// Step is one question that was asked of a commit, and its answer. Finding is set if the answer is
// a reason to refuse; a later step may be an exception that puts it aside.
type Step struct {
	Commit  string   `json:"commit"`
	Check   string   `json:"check"` // "date", "signature", "identity", "exception", "rule NAME" or a finding's code
	Holds   bool     `json:"holds"`
	Text    string   `json:"text"`
	Finding *Finding `json:"finding,omitempty"`
}

// notTouched is the text of a step about a rule that a commit doesn't concern.
const notTouched = "touches nothing that it asks about"

// Rule gives the rule that a step is about, "" for none and for one that the commit doesn't concern.
func (s Step) Rule() string {
	name, is := strings.CutPrefix(s.Check, "rule ")
	if !is || s.Text == notTouched {
		return ""
	}
	return name
}

// step tells whoever asked for the steps of a question that was answered.
func (j *judgement) step(c *Commit, check string, holds bool, format string, args ...any) {
	if j.trace != nil {
		j.trace(Step{Commit: c.ID, Check: check, Holds: holds, Text: fmt.Sprintf(format, args...)})
	}
}

// add puts a finding to the others.
func (j *judgement) add(f Finding) {
	j.out.Findings = append(j.out.Findings, f)
	if j.trace != nil {
		check := string(f.Code)
		if f.Rule != "" {
			check = "rule " + f.Rule
		}
		j.trace(Step{Commit: f.Commit, Check: check, Text: f.Detail, Finding: &f})
	}
}

// find adds a finding about a commit.
func (j *judgement) find(c *Commit, code Code, detail string, next ...string) {
	j.add(j.finding(c, code, detail, next...))
}

// finding gives one about a commit, with what the commit says of itself.
func (j *judgement) finding(c *Commit, code Code, detail string, next ...string) Finding {
	f := Finding{
		Code: code, Ref: j.landing.Ref, Commit: c.ID, Subject: c.Subject, Detail: detail, Next: next,
		Claim: c.Committer.Name + " <" + c.Committer.Email + ">", Fingerprint: c.Signature.Fingerprint,
	}
	if len(c.Parents) == 1 && len(c.Changes) == 0 {
		for i, n := range next {
			next[i] = AmendEmpty(n)
		}
	}
	if c != &j.landing.Commit {
		f.Landing = j.landing.Commit.ID
	}
	f.Signer, f.AttestedBy = j.p.Author(c)
	return f
}

// What a step may name that only the push tells: BASE is the commit before the first one that was judged, TIP what was
// pushed, and HEAD:REF where to. Package report puts them in.
const (
	mergeIt = "git checkout --detach BASE && git merge --no-ff -S TIP && git push origin HEAD:REF"
	// Rewritten is the step that has git write commits anew.
	Rewritten = "make it again with git itself: git rebase -r --force-rebase --gpg-sign BASE"
)

// AmendEmpty has a command that amends amend a commit that changes nothing, too: git refuses to without a word for it.
func AmendEmpty(step string) string {
	if strings.Contains(step, "--allow-empty") {
		return step
	}
	return strings.Replace(step, "--amend ", "--amend --allow-empty ", 1)
}

// needs notes that a fact about a commit is needed, and says whether it is: it isn't where it was looked up already.
func (j *judgement) needs(of func(*Needs) *map[string]bool, id string) bool {
	if j.landing.Complete || (*of(&j.landing.Known))[id] {
		return false
	}
	set := of(&j.out.Needs)
	if *set == nil {
		*set = make(map[string]bool)
	}
	(*set)[id] = true
	return true
}

func gitsMerge(n *Needs) *map[string]bool    { return &n.GitsMerge }
func landedBefore(n *Needs) *map[string]bool { return &n.LandedBefore }
func firstSeen(n *Needs) *map[string]bool    { return &n.FirstSeen }

// needsApprovals notes that approvals may answer something, unless they were looked up.
func (j *judgement) needsApprovals() {
	j.out.Needs.Approvals = j.out.Needs.Approvals || !j.landing.Complete && !j.landing.Known.Approvals
}

// needsFirstSeen notes that something waits, or would have had to: approvals may take the place of that, and are
// looked up first; the journal is as long as it is.
func (j *judgement) needsFirstSeen(commits ...string) {
	switch {
	case j.landing.NoJournal:
	case !j.landing.Known.Approvals:
		j.needsApprovals()
	default:
		for _, id := range commits {
			j.needs(firstSeen, id)
		}
	}
}

// descendants gives the commits of the landing that reach one, itself included.
func (j *judgement) descendants(id string) map[string]bool {
	descendants := map[string]bool{id: true}
	for d := range j.landing.Commits() { // parents come before children
		if slices.ContainsFunc(d.Parents, func(parent string) bool { return descendants[parent] }) {
			descendants[d.ID] = true
		}
	}
	return descendants
}
