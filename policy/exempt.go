package policy

import "slices"

// ExemptIn gives the classes of a rule for which a principal's tenure exempts them at a time: they need nobody's
// approval there.
func (p *Policy) ExemptIn(l *Ledger, rule *Rule, principal string, at int64) []string {
	q := p.Principal(principal)
	if rule.Refuse || q == nil || !q.lands() {
		return nil
	}
	if rule.Exempt.In != "class" {
		if !rule.Exempt.met(rule.tenure(p, l, principal, rule.Exempt.together(rule), at)) {
			return nil
		}
		return rule.Classes
	}
	var classes []string
	for _, class := range rule.Classes {
		if rule.Exempt.met(rule.tenure(p, l, principal, []string{class}, at)) {
			classes = append(classes, class)
		}
	}
	return classes
}

// tenure gives what a principal has earned by a time in some classes, of what counts for the rule.
func (r *Rule) tenure(p *Policy, l *Ledger, principal string, classes []string, at int64) TenureFigures {
	if r.SignedOnly {
		return l.SignedTenure(p, principal, classes, at)
	}
	return l.Tenure(p, principal, classes, at)
}

// together gives the classes of a rule in any of which tenure counts; none stands for all commits.
func (e Exempt) together(r *Rule) []string {
	if e.In == "all" {
		return nil
	}
	return r.Classes
}

// met says whether somebody has the tenure that exempts.
func (e Exempt) met(t TenureFigures) bool {
	return !e.Nobody && t.Days >= e.Days && t.Commits >= e.Commits && t.Months >= e.Months
}

// accounts gives the classes in which tenure is asked of a rule's approvers, one list for each time that it is asked.
func (e Exempt) accounts(rule *Rule, touched []TouchedPath) [][]string {
	if e.In != "class" {
		return [][]string{e.together(rule)}
	}
	var classes [][]string
	for _, t := range touched {
		for _, class := range t.Classes {
			if !slices.ContainsFunc(classes, func(in []string) bool { return in[0] == class }) {
				classes = append(classes, []string{class})
			}
		}
	}
	return classes
}
