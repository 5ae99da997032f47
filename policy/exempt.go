package policy

// ExemptIn gives the classes of a rule for which a principal's tenure exempts them at a time: they need nobody's
// approval there.
func (p *Policy) ExemptIn(l *Ledger, rule *Rule, principal string, at int64) []string {
	q := p.Principal(principal)
	if rule.Refuse || q == nil || q.Role != Maintainer && q.Role != Contributor {
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
