package policy

import (
	"fmt"
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
