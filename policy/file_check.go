package policy

import (
	"fmt"
	"slices"
)

// check looks at the policy as a whole, for what can't work.
func (r *reader) check(p *Policy, needKeys bool) {
	maintainers, keys := len(p.maintainers()), 0
	for _, q := range p.Principals {
		keys += len(q.Keys)
	}
	switch {
	case maintainers == 0 && !needKeys:
		return // nobody is named yet
	case keys == 0 && needKeys:
		r.problem(0, "no principal has a key, so nobody could sign anything: add a [[principal]] with keys")
		return
	case maintainers == 0:
		r.problem(0, "no principal is a maintainer: give one the role, or nobody answers for this policy")
		return
	}
	if introductions, _ := r.written["introductions"].(map[string]any); introductions["across"] == nil {
		// The one who could approve anything has introduced everybody.
		p.Introductions.Across = len(p.approvers()) == 1
	}
	r.quorum(p)
	if r.written["rule"] == nil {
		if p.mostApprovers(needKeys, 1) == 0 {
			exemptByTenure(p.Rules)
		}
		return
	}
	enough := 0
	for _, rule := range p.Rules {
		if !rule.Refuse && rule.Wait == 0 {
			enough = max(enough, rule.Approvals)
		}
	}
	most := p.mostApprovers(needKeys, enough)
	for i, rule := range p.Rules {
		line := r.lines.find(at("", "rule", i, "approvals"))
		switch {
		case rule.Refuse || rule.Wait > 0 || rule.Approvals <= most:
		case rule.Exempt.Nobody && most == 0:
			r.problem(line, fmt.Sprintf("rule %q exempts nobody, and there is nobody who could approve another's change: "+
				"name a second maintainer or a reviewer, let it wait instead (wait = \"7d\"), or let tenure exempt, "+
				"such as { days = 365, in = \"all\" }", rule.Name))
		case rule.Approvals > 1:
			r.problem(line, fmt.Sprintf("rule %q asks for %s, and no change could get more than %d here: nobody approves "+
				"their own, and nobody counts for whom they introduced or who introduced them",
				rule.Name, plural(rule.Approvals, "approval"), most))
		}
	}
}

// quorum refuses one that nobody could reach, whatever keys they have: to revoke or retire one, which one
// maintainer may, mustn't be refused for that. The default is no more than there are.
func (r *reader) quorum(p *Policy) {
	maintainers := p.maintainers()
	if quorum, _ := r.written["quorum"].(map[string]any); quorum["maintainers"] == nil {
		p.Quorum.Maintainers = min(p.Quorum.Maintainers, len(maintainers))
		return
	}
	line, need := r.lines.find(at("", "quorum", "maintainers")), p.Quorum.Maintainers
	switch together, sure := p.withoutConflict(maintainers, need); {
	case need <= len(together) || !sure:
	case need > len(maintainers):
		r.problem(line, fmt.Sprintf("a quorum of %d can't be reached by %s", need, plural(len(maintainers), "maintainer")))
	default:
		r.problem(line, fmt.Sprintf("a quorum of %d can't be reached: %s, so at most %d of %s can stand together; "+
			"name another whom none of them introduced, or ask for fewer",
			need, p.conflictAmong(maintainers, together), len(together), plural(len(maintainers), "maintainer")))
	}
}

// mostApprovers is how many principals could stand second behind a change, whoever of the others
// makes it, counted up to enough; with needKeys only who has a key that isn't retired. Whose key was stolen comes back
// with another: to revoke it, which one maintainer may, mustn't make the rules laxer, nor be refused for that.
func (p *Policy) mostApprovers(needKeys bool, enough int) int {
	signs := func(q *Principal) bool {
		return !needKeys || slices.ContainsFunc(q.Keys, func(k Key) bool { return k.Revoked != "retired" })
	}
	approvers := slices.DeleteFunc(p.approvers(), func(q *Principal) bool { return !signs(q) })
	could, most := p.countApprovers(approvers, enough), 0
	for i := range p.Principals {
		if q := &p.Principals[i]; q.lands() && signs(q) && most < enough {
			most = max(most, could(q))
		}
	}
	return most
}

// WithProfile gives a copy of the policy with the built-in rules of a profile, fitted to whoever can approve.
func (p *Policy) WithProfile(name string) *Policy {
	c := p.WithRulesOf(name)
	if len(p.Principals) > 0 && p.mostApprovers(true, 1) == 0 {
		exemptByTenure(c.Rules)
	}
	return c
}

// exemptByTenure fits the default rules to a project in which nobody can approve another's change. Tenure is
// the only way then, and has to be one: counted by class, it could never be earned where everything
// of a class needs approval, so it is counted over all.
func exemptByTenure(rules []Rule) {
	for i := range rules {
		if rules[i].Refuse {
			continue
		}
		if rules[i].Exempt.Nobody {
			rules[i].Exempt, rules[i].SignedOnly = buildExempt(), true
		}
		rules[i].Exempt.In = "all"
	}
}
