package policy

import "fmt"

func (r *reader) principal(t *table, p *Policy) {
	var q Principal
	role := ""
	t.str("name", &q.Name)
	t.oneOf("role", &role, roles...)
	if _, ok := t.raw["role"]; !ok {
		t.problem("role", "principal %q has no role: want %s", q.Name, alternatives(roles))
	}
	q.Role = Role(role)
	t.strs("emails", &q.Emails)
	t.oneOf("attests", &q.Attests, AttestsAuthors)
	if q.Attests != "" && q.Role != Service {
		t.problem("attests", "%s is a %s: only a service attests authors", q.Name, q.Role)
	}
	t.date("since", &q.Since)
	t.str("introduced-by", &q.IntroducedBy)
	t.date("introduced", &q.Introduced)
	q.Keys = r.keys(t, &q)
	t.done()
	switch {
	case !ValidName(q.Name):
		t.problem("name", "the principal's name %q: want %s", q.Name, NameRule)
	case q.Name == founder:
		t.problem("name", "nobody can be called %q: introduced-by = %q says that nobody introduced them", founder, founder)
	}
	if r.alike == nil {
		r.alike, r.owners = make(map[string]string), make(map[string]string)
	}
	switch other, like := r.alike[lookAlike(q.Name)]; {
	case like && other == q.Name:
		t.problem("name", "there are two principals called %q; one person is one principal with several keys", q.Name)
	case like:
		t.problem("name", "the names %q and %q look alike", other, q.Name)
	default:
		r.alike[lookAlike(q.Name)] = q.Name
	}
	for i, e := range q.Emails {
		if other, taken := r.owners[foldASCII(e)]; taken && other != q.Name {
			t.elementProblem("emails", i, "%q is also an address of %s", e, other)
		} else {
			r.owners[foldASCII(e)] = q.Name
		}
	}
	for i, e := range q.Emails {
		if !ValidAddress(e) {
			t.elementProblem("emails", i, "%q is no e-mail address", e)
		}
	}
	p.Principals = append(p.Principals, q)
}

// introductions checks that each principal was introduced by somebody, and that nobody stands at both
// ends of a line of introductions.
func (r *reader) introductions(p *Policy) {
	by := make(map[string]string, len(p.Principals))
	for _, q := range p.Principals {
		by[q.Name] = q.IntroducedBy
	}
	known := names(p.Principals)
	for i, q := range p.Principals {
		problem := func(format string, args ...any) {
			r.problem(r.lines.find(at("", "principal", i, "introduced-by")), fmt.Sprintf(format, args...))
		}
		if q.IntroducedBy == "" || q.IntroducedBy == founder {
			continue
		}
		if _, ok := by[q.IntroducedBy]; !ok {
			meant := ""
			if len(r.problems) < maxProblems { // else nobody is told
				meant = didYouMean(q.IntroducedBy, known)
			}
			problem("%s was introduced by %q, whom nobody here is%s", q.Name, q.IntroducedBy, meant)
			continue
		}
		next, generations := q.IntroducedBy, 0
		for ; next != q.Name && by[next] != "" && generations <= maxGenerations; generations++ {
			next = by[next]
		}
		switch {
		case next == q.Name:
			problem("%s stands at both ends of a line of introductions", q.Name)
		case generations > maxGenerations:
			problem("more than %d people introduced one another in a line that ends with %s", maxGenerations, q.Name)
		}
	}
}

func names(qs []Principal) []string {
	ns := make([]string, len(qs))
	for i, q := range qs {
		ns[i] = q.Name
	}
	return ns
}
