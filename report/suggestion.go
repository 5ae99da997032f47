package report

import (
	"fmt"
	"io"
	"strings"

	"countersign/policy"
)

// Suggestion writes thresholds that keep the work of a policy below a bound, what each would have held, and the lines
// of the policy. Bound is what the owner asked for. All lists every commit.
func Suggestion(w io.Writer, s policy.Suggestion, bound string, all bool) error {
	p := NewPrinter(w)
	p.Printf("%s to %s: %s of %d may be held (%s)\n", day(s.From), day(s.To), Count(s.Most, "commit"), s.Commits, bound)
	p.Printf("held by the policy as it is: %d (%s)\n", s.Now, share(s.Now, s.Commits))
	p.Printf("held by what is suggested: %d (%s), of these %d by rules from which no tenure exempts\n",
		s.Held, share(s.Held, s.Commits), s.Fixed)
	if !s.Fits {
		p.Printf("no tenure that a rule may ask for holds so few: this is the lowest. Take a rule out, or allow more\n")
	}
	for _, r := range s.Rules {
		p.Printf("\n")
		p.Table(func(p *Printer) { suggestedRule(p, r) })
	}
	for _, r := range s.Rules {
		if r.Lower != nil {
			asks := []string{Count(r.Lower.Days, "day"), Count(r.Lower.Commits, "commit"), Count(r.Lower.Months, "month")}
			tried(p, fmt.Sprintf("with %s rule %s would let through", List(asks, "and"), r.Rule), r.Freed, all)
		}
	}
	tried(p, "held by the policy as it is, and let through by what is suggested", s.Freed, all)
	if s.Fits {
		p.Printf("\nfor policy.toml, in place of its rules or its profile:\n\n")
		for i := range s.Policy.Rules {
			p.rule(&s.Policy.Rules[i])
			p.Printf("\n")
		}
	} else {
		p.Printf("\n")
	}
	p.Printf("Numbers that fit the past prove nothing: they are made of what happened to be honest, or not, in it.\n" +
		"Read what would be let through, and decide what an attacker shall have to do first.\n")
	return p.Err()
}

// suggestedRule writes the steps of a rule, the suggested one marked, and what it asks for now.
func suggestedRule(p *Printer, r policy.SuggestedRule) {
	p.Printf("rule %s\tdays\tcommits\tmonths\theld\n", r.Rule)
	row := func(name string, t policy.TenureFigures, held int) {
		p.Printf("%s\t%d\t%d\t%d\t%d\n", name, t.Days, t.Commits, t.Months, held)
	}
	row("as it is", r.Now, r.NowHeld)
	for _, step := range r.Steps {
		name := ""
		if step.TenureFigures == r.Suggested {
			name = "suggested"
		}
		row(name, step.TenureFigures, step.Held)
	}
}

// tried lists commits.
func tried(p *Printer, title string, commits []policy.TriedCommit, all bool) {
	if len(commits) == 0 {
		return
	}
	p.Printf("\n%s: %d\n", title, len(commits))
	p.Table(func(p *Printer) {
		for i, c := range commits {
			if i == backtestRows && !all {
				break
			}
			p.Printf("%.10s\t%s\t%s\t%s\t%s\n", c.ID, day(c.Landed), strings.Join(c.Rules, ", "), c.Signer, c.Subject)
		}
	})
	if left := len(commits) - backtestRows; left > 0 && !all {
		p.Printf("and %d more: --all lists them\n", left)
	}
}

// rule writes a rule as policy.toml has it.
func (p *Printer) rule(r *policy.Rule) {
	p.Printf("[[rule]]\nname = %v\n", TOML(r.Name))
	if r.Why != "" {
		p.Printf("why = %v\n", TOML(r.Why))
	}
	p.strings("classes", r.Classes)
	var shapes []string
	for _, s := range r.Shapes {
		shapes = append(shapes, string(s))
	}
	p.strings("shapes", shapes)
	if r.Refuse {
		p.Printf("refuse = true\n")
		return
	}
	p.exempt("exempt", r.Exempt)
	p.Printf("approvals = %d\n", r.Approvals)
	if r.Approvers != nil {
		p.exempt("approvers", *r.Approvers)
	}
	if r.MergesApprove != "" {
		p.Printf("merges-approve = %v\n", TOML(r.MergesApprove))
	}
	if r.SignedOnly {
		p.Printf("tenure-from = \"signatures\"\n")
	}
	if r.Wait > 0 {
		p.Printf("wait = %v\n", TOML(r.Wait.String()))
	}
}

// strings writes a list of strings, nothing for none.
func (p *Printer) strings(key string, words []string) {
	for i, word := range words {
		if i == 0 {
			p.Printf("%s = [", key)
		} else {
			p.Printf(", ")
		}
		p.Printf("%v", TOML(word))
	}
	if len(words) > 0 {
		p.Printf("]\n")
	}
}

// exempt writes tenure that is asked for.
func (p *Printer) exempt(key string, e policy.Exempt) {
	if e.Nobody {
		p.Printf("%s = \"nobody\"\n", key)
		return
	}
	p.Printf("%s = { ", key)
	for _, f := range []struct {
		name string
		n    int
	}{{"days", e.Days}, {"commits", e.Commits}, {"months", e.Months}} {
		if f.n > 0 {
			p.Printf("%s = %d, ", f.name, f.n)
		}
	}
	p.Printf("in = %v }\n", TOML(e.In))
}

// SuggestionSchema names the form of what SuggestionJSON writes.
const SuggestionSchema = "countersign-backtest-suggestion/1"

// SuggestionJSON writes a suggestion for a program.
func SuggestionJSON(w io.Writer, s policy.Suggestion) error {
	return writeJSON(w, struct {
		Schema string `json:"schema"`
		policy.Suggestion
	}{SuggestionSchema, s}, "  ")
}
