package policy

import "slices"

// ExemptIn gives the classes of a rule for which a principal's tenure exempts them at a time: they need nobody's
// approval there.
func (p *Policy) ExemptIn(l *Ledger, rule *Rule, principal string, at int64) []string {
	q := p.Principal(principal)
	if rule.Refuse || q == nil || !q.lands() {
		return nil
	}
	var classes []string
	for _, class := range rule.Classes {
		in := class
		if rule.Exempt.In == "all" {
			in = overall
		}
		if rule.Exempt.met(l.Tenure(p, principal, in, at)) {
			classes = append(classes, class)
		}
	}
	return classes
}

// met says whether somebody has the tenure that exempts.
func (e Exempt) met(t TenureFigures) bool {
	return !e.Nobody && t.Days >= e.Days && t.Commits >= e.Commits && t.Months >= e.Months
}

// accounts names what tenure is asked in: each class that a path falls in, as of who makes the change, or overall.
func (e Exempt) accounts(touched []TouchedPath) []string {
	if e.In == "all" {
		return []string{overall}
	}
	var classes []string
	for _, t := range touched {
		for _, class := range t.Classes {
			if !slices.Contains(classes, class) {
				classes = append(classes, class)
			}
		}
	}
	return classes
}
