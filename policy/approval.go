package policy

import (
	"cmp"
	"slices"
	"strings"
)

// candidate is what may count as an approval of a commit: an approval tag, also one that a merge embeds, or a signed
// merge for what it merges.
type candidate struct {
	name      string
	ref       string
	signature Signature
	unfit     string // why it counts for nobody, or ""
}

// candidates gives what covers a commit: approvals that name it or a commit that reaches it, and as far as the
// policy takes merges for that, those that bring it in. A merge approves what it merges, not the line it is
// made on. Below the landing people merge to have another's work at hand, as git pull does: that is no word
// about it unless the policy says so.
func (j *judgement) candidates(rule *Rule, c *Commit) []candidate {
	var all []candidate
	descendants := j.descendants(c.ID)
	for _, a := range j.approvals {
		if descendants[a.Commit] {
			all = append(all, candidate{name: a.Name, ref: a.Ref, signature: a.Signature})
		}
	}
	if rule.MergesApprove == "none" {
		return all
	}
	if c.Second != "" {
		all = append(all, candidate{
			name:      "the button of " + c.Forge,
			signature: Signature{Status: StatusGood, Principal: c.Second, Kind: c.Signature.Kind},
		})
	}
	for m := range j.landing.Commits() {
		if !j.approves(m) || m.Signature.Status != StatusGood || len(m.Parents) < 2 || descendants[m.Parents[0]] {
			continue
		}
		brings := slices.ContainsFunc(m.Parents[1:], func(parent string) bool { return descendants[parent] })
		if q := j.p.signerOf(m); brings && (q == nil || !j.withdrawn(c.ID, q)) {
			all = append(all, candidate{name: "merge " + m.ID, signature: m.Signature, unfit: j.unfit(m)})
			j.needsApprovals() // they may have taken it back
		}
	}
	return all
}

// approves says whether the policy takes a merge for an approval of what it merges.
func (j *judgement) approves(merge *Commit) bool {
	switch j.p.Signatures.MergesApprove {
	case "any":
		return true
	case "landing":
		return merge == &j.landing.Commit
	default:
		return false
	}
}

// unfit says why a merge that the policy takes for an approval is none, or "".
func (j *judgement) unfit(merge *Commit) string {
	if j.p.Signatures.MergesApprove == "landing" && j.mergedElsewhere(merge) {
		return j.elsewhere()
	}
	return ""
}

func (j *judgement) elsewhere() string {
	return "its message says that it was made on another branch than " + j.landing.Ref
}

// mergedElsewhere says whether a merge says of itself that it was made on another branch than the one it lands on:
// git writes "Merge branch 'topic' into BRANCH" there (git-fmt-merge-msg(1)). Whoever pushes such a branch makes its
// merges landings; who signed them merged another's work to have it at hand, as git pull does. A branch's name has no
// blank, so each "into" of the title is asked, those within the names of what was merged too. Git leaves main and
// master out, so where those are not protected, what git wrote without an "into" was made elsewhere.
func (j *judgement) mergedElsewhere(merge *Commit) bool {
	words := strings.FieldsFunc(merge.Title, func(r rune) bool { return strings.ContainsRune(" \t\r\n", r) })
	if len(words) == 0 || words[0] != "Merge" {
		return false
	}
	said := false
	for i, word := range words {
		if word == "into" {
			said, j.out.OfRef = true, true
			if i+1 == len(words) || "refs/heads/"+words[i+1] != j.landing.Ref {
				return true
			}
		}
	}
	if said || !titledByGit(words) || slices.ContainsFunc(gitLeavesOut, j.p.Protects) {
		return false
	}
	j.out.OfRef = true
	return !slices.Contains(gitLeavesOut, j.landing.Ref)
}

// gitLeavesOut are the branches that git doesn't name in the title of a merge, unless merge.suppressDest says
// otherwise.
var gitLeavesOut = []string{"refs/heads/main", "refs/heads/master"}

// titledByGit says whether git begins the title of a merge so.
func titledByGit(words []string) bool {
	if len(words) <= 2 {
		return true // another repository's HEAD
	}
	switch strings.TrimSuffix(words[1], ",") {
	case "HEAD", "branch", "branches", "tag", "tags", "commit", "commits", "remote-tracking":
		return true
	}
	return false
}

// withdrawn says whether somebody took back their word for a commit, or for one that brings it: their signature
// under it is no more worth than an approval of theirs. They may approve it anew.
func (j *judgement) withdrawn(commit string, q *Principal) bool {
	descendants := j.descendants(commit)
	return slices.ContainsFunc(j.withdrawals, func(w Withdrawal) bool {
		return descendants[w.Commit] && j.p.signer(w.Signature) == q
	})
}

// NotWithdrawn gives the approvals that whoever gave them hasn't taken back since.
func NotWithdrawn(approvals []Approval, withdrawals []Withdrawal) []Approval {
	var standing []Approval
	for _, a := range approvals {
		if !slices.ContainsFunc(withdrawals, func(w Withdrawal) bool {
			return w.Signature.Status == StatusGood && w.Signature.Principal == a.Signature.Principal &&
				w.Commit == a.Commit && w.When >= a.When
		}) {
			standing = append(standing, a)
		}
	}
	return standing
}

// approvers names the principals who stand second behind a commit for a rule, and says of the
// others who approve it why they don't count. People are principals: two keys or two addresses of
// one principal are one person.
func (j *judgement) approvers(rule *Rule, c *Commit, touched []TouchedPath, accountable *Principal) (
	have []string, discounted []Discount,
) {
	for _, a := range j.candidates(rule, c) {
		j.out.OfRef = j.out.OfRef || a.ref != ""
		q, why := j.p.signedBy(a.signature, amend)
		reason := ""
		switch {
		case why != nil:
			reason = why.detail
		case a.ref != "" && a.ref != j.landing.Ref:
			reason = "it approves the commit for another ref: " + a.ref
		default:
			reason = cmp.Or(j.ineligible(rule, c, touched, q, accountable), a.unfit)
		}
		if reason == "" {
			if !slices.Contains(have, q.Name) {
				have = append(have, q.Name)
			}
			continue
		}
		discounted = append(discounted, Discount{Principal: a.signature.Principal, Name: a.name, Reason: reason})
	}
	slices.Sort(have)
	if j.p.attester(c) != nil {
		return j.unlike(have, j.needed(rule, c), discounted)
	}
	return have, discounted
}

// needed says how many approvals a rule asks of a commit. Nobody signed what a service attests, and whoever has it say
// so may be the one who approves: one more is asked, and that of the author who is named counts.
func (j *judgement) needed(rule *Rule, c *Commit) int {
	if j.p.attester(c) != nil {
		return rule.Approvals + 1
	}
	return rule.Approvals
}

// unlike takes out of those who approve whoever has a conflict of interest with others of them.
func (j *judgement) unlike(have []string, need int, discounted []Discount) ([]string, []Discount) {
	var people []*Principal
	for _, name := range have {
		people = append(people, j.p.Principal(name))
	}
	chosen, _ := j.p.withoutConflict(people, need)
	for _, q := range people {
		if !slices.Contains(chosen, q) {
			why := j.p.conflictAmong([]*Principal{q}, chosen)
			discounted = append(discounted, Discount{Principal: q.Name, Name: "the approval of " + q.Name, Reason: why})
		}
	}
	have = slices.DeleteFunc(have, func(name string) bool { return !slices.Contains(chosen, j.p.Principal(name)) })
	return have, discounted
}

// ineligible says why a principal can't stand second behind another's change of these paths, or "".
func (j *judgement) ineligible(rule *Rule, c *Commit, touched []TouchedPath, q, accountable *Principal) string {
	switch {
	case j.p.Powerless(q.Name, true) != "":
		return j.p.Powerless(q.Name, true)
	case q == accountable && j.p.attester(c) == nil:
		return q.Name + " already stands behind the change: it is their own"
	}
	if why := j.p.conflict(accountable, q); why != "" {
		return why
	}
	if rule.Approvers == nil {
		return ""
	}
	for _, classes := range rule.Approvers.accounts(rule, touched) {
		if !rule.Approvers.met(rule.tenure(j.p, j.l, q.Name, classes, j.at)) {
			return q.Name + " lacks the tenure that the rule asks of approvers"
		}
	}
	return ""
}

// couldApprove names who else could stand second, in the policy's order.
func (j *judgement) couldApprove(
	rule *Rule, c *Commit, touched []TouchedPath, accountable *Principal, have []string,
) []string {
	var names []string
	for i := range j.p.Principals {
		q := &j.p.Principals[i]
		if q.approves() && !slices.Contains(have, q.Name) && j.ineligible(rule, c, touched, q, accountable) == "" {
			names = append(names, q.Name)
		}
	}
	return names
}
