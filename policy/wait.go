package policy

import (
	"fmt"
)

// Time is a reviewer, too: what lies in the open for a week can be looked at, and whoever took a key
// for a night has lost it again. When that time began only the receiver's journal knows.

// firstSeen is since when a commit has been in sight without a gap. Without a journal it is taken to be what the commit
// claims where history is read again, and now where something lands.
func (j *judgement) firstSeen(id string, claimed int64) int64 {
	switch {
	case j.landing.untimed():
		return claimed
	case j.landing.Seen == nil:
		return j.at
	}
	first := j.at
	for descendant := range j.descendants(id) {
		if at, ok := j.landing.Seen[descendant]; ok {
			first = min(first, at)
		}
	}
	return first
}

// approvalFirstSeen is when an approval was first seen, and not before it was made.
func (j *judgement) approvalFirstSeen(a Approval) int64 {
	switch {
	case a.Seen != 0:
		return max(a.Seen, a.When)
	case j.landing.untimed():
		return a.When
	default:
		return j.at
	}
}

// waited says whether a change has been in sight for as long as a rule wants.
func (j *judgement) waited(c *Commit, rule *Rule) bool {
	if j.landing.untimed() {
		text := fmt.Sprintf("commit %s: that it waited for %s, as rule %s asks, is unproven here, "+
			"without the server's journal", c.ID, span(rule.Wait), rule.Name)
		j.unproven = append(j.unproven, text)
		j.needsFirstSeen(c.ID)
		j.step(c, "rule "+rule.Name, true, "%s", text)
		return true
	}
	seen := j.firstSeen(c.ID, c.Committer.When)
	if j.at-seen < seconds(rule.Wait) {
		return false
	}
	j.step(c, "rule "+rule.Name, true, "waited for %s, in sight since %s", span(rule.Wait), date(seen))
	return true
}

// ifMadeUnknown says of something that waits that no time is counted for it, where that is so, and what mends that.
func (j *judgement) ifMadeUnknown(f *Finding) {
	if j.landing.MadeUnknown {
		f.Detail += "; no record says what git made here, so no time is counted"
		f.Next = append(f.Next, "ask the server's operator to place hooks/post-receive: "+
			"countersign install --server REPOSITORY; countersign doctor")
	}
}
