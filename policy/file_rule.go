package policy

import (
	"fmt"
	"slices"
)

// rule reads one [[rule]].
func (r *reader) rule(t *table, p *Policy) {
	rule := Rule{Approvals: 1, Exempt: Exempt{Nobody: true}}
	t.str("name", &rule.Name)
	t.str("why", &rule.Why)
	t.strs("classes", &rule.Classes)
	r.shapes(t, &rule)
	t.boolean("refuse", &rule.Refuse)
	t.oneOf("merges-approve", &rule.MergesApprove, "none")
	t.integer("approvals", &rule.Approvals, 1)
	t.duration("wait", &rule.Wait)
	r.hold(t, p, &rule)
	from := "any"
	t.oneOf("tenure-from", &from, "signatures", "any")
	rule.SignedOnly = from == "signatures"
	r.exempt(t, "exempt", &rule.Exempt)
	if t.raw["approvers"] != nil {
		rule.Approvers = new(Exempt)
	}
	r.exempt(t, "approvers", rule.Approvers)
	t.done()
	if rule.Approvers != nil && rule.Approvers.Nobody {
		t.problem("approvers", "approvers: want the tenure asked of them, { days = 365, … }")
	}
	if !simpleName(rule.Name) {
		t.problem("name", "the rule's name %q: want %s", rule.Name, simpleNameWords)
	}
	if slices.ContainsFunc(p.Rules, func(other Rule) bool { return other.Name == rule.Name }) {
		t.problem("name", "there are two rules called %q", rule.Name)
	}
	if len(rule.Classes) == 0 {
		t.problem("classes", "rule %q names no classes: it would never apply", rule.Name)
	}
	known := p.Classes.Names()
	for i, class := range rule.Classes {
		if !slices.Contains(known, class) {
			t.elementProblem("classes", i, "unknown class %q%s", class, orNewer(class, known))
		}
	}
	for _, key := range []string{"approvals", "approvers", "exempt", "merges-approve", "tenure-from", "wait", "hold"} {
		if rule.Refuse && t.raw[key] != nil {
			t.problem(key, "rule %q refuses, so %q can mean nothing beside it", rule.Name, key)
		}
	}
	p.Rules = append(p.Rules, rule)
}

// shapes reads the shapes that a rule asks about.
func (r *reader) shapes(t *table, rule *Rule) {
	var names []string
	t.strs("shapes", &names)
	for i, name := range names {
		if !slices.Contains(shapes, Shape(name)) {
			t.elementProblem("shapes", i, "unknown shape %q: want \"risky\", \"new\", \"plain\" or \"harmless\"", name)
		}
		rule.Shapes = append(rule.Shapes, Shape(name))
	}
	if t.raw["shapes"] != nil && len(names) == 0 {
		t.problem("shapes", "shapes names none: the rule would ask about nothing but content; leave it out for all")
	}
}

// hold reads what "wait" was called before, with a note.
func (r *reader) hold(t *table, p *Policy, rule *Rule) {
	if t.raw["hold"] == nil {
		return
	}
	before := len(r.problems)
	t.duration("hold", &rule.Wait)
	switch {
	case t.raw["wait"] != nil:
		t.problem("hold", "\"wait\" and \"hold\" stand side by side in %s: \"hold\" is what \"wait\" was called; "+
			"take it out", t.shown)
	case len(r.problems) == before:
		line := r.lines.find(at(t.path, "hold"))
		text := fmt.Sprintf("\"hold\" in %s is called \"wait\" now: write wait = %q", t.shown, t.raw["hold"])
		p.Notes = append(p.Notes, Problem{r.name, line, text}.String())
	}
}

// exempt reads { days = …, commits = …, months = …, in = "class" } or "nobody".
func (r *reader) exempt(t *table, key string, e *Exempt) {
	t.known = append(t.known, key)
	switch v := t.raw[key].(type) {
	case nil:
	case string:
		if v != "nobody" {
			t.problem(key, "%s = %q: want \"nobody\" or { days = 365, commits = 10, in = \"class\" }", key, v)
		}
		*e = Exempt{Nobody: true}
	case map[string]any:
		*e = Exempt{In: "class"}
		inner := &table{r: r, path: at(t.path, key), shown: key + " of " + t.shown, raw: v}
		inner.integer("days", &e.Days, 0)
		inner.integer("commits", &e.Commits, 0)
		inner.integer("months", &e.Months, 0)
		inner.oneOf("in", &e.In, "rule", "class", "all")
		inner.done()
		if e.Days == 0 && e.Commits == 0 && e.Months == 0 {
			t.problem(key, "%s asks for no tenure at all: want days, commits or months above 0", key)
		}
	default:
		t.problem(key, "%s: want \"nobody\" or { days = 365, commits = 10, in = \"class\" }", key)
	}
}
