package policy

// Alone says of a rule in which of its classes a principal needs nobody's approval at a time, by what they
// have earned.
func (p *Policy) Alone(l *Ledger, rule *Rule, principal string, at int64) []string {
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
