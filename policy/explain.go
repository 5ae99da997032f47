package policy

import (
	"fmt"
	"time"
)

// Step is one question that was asked of a commit, and its answer. Finding is set if the answer is
// a reason to refuse.
type Step struct {
	Commit  string   `json:"commit"`
	Check   string   `json:"check"` // "date", "signature", "identity", "rule NAME" or a finding's code
	Holds   bool     `json:"holds"`
	Text    string   `json:"text"`
	Finding *Finding `json:"finding,omitempty"`
}

// Explain judges a landing as Judge does and gives every step on the way, in order.
func Explain(p *Policy, l *Ledger, landing *Landing) []Step {
	var steps []Step
	p.judge(l, landing, func(s Step) { steps = append(steps, s) })
	return steps
}

func (j *judgement) step(c *Commit, check string, holds bool, format string, args ...any) {
	if j.trace != nil {
		j.trace(Step{Commit: c.ID, Check: check, Holds: holds, Text: fmt.Sprintf(format, args...)})
	}
}

// Kind says in a word what happened to a path: "added", "modified", "deleted", "mode" or "type".
func (ch Change) Kind() string {
	const typeBits = 0o170000
	switch {
	case ch.OldMode == 0:
		return "added"
	case ch.NewMode == 0:
		return "deleted"
	case ch.OldMode&typeBits != ch.NewMode&typeBits:
		return "type"
	case ch.OldMode != ch.NewMode:
		return "mode"
	default:
		return "modified"
	}
}

func date(when int64) string { return time.Unix(when, 0).UTC().Format("2006-01-02 15:04 UTC") }

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
