package page

import (
	"countersign/policy"
	"countersign/report"
)

// mostPeople is how many principals are shown in who vouches for whom.
const mostPeople = 300

// vouch is a principal, and those whom they introduced.
type vouch struct {
	Name, Role, Since string
	Brought           []vouch
}

// vouched gives who introduced whom, those first whom nobody here did. Who neither was introduced nor introduced
// somebody isn't there.
func vouched(p *policy.Policy) []vouch {
	brought, introduces := make(map[string][]*policy.Principal), make(map[string]bool)
	for i := range p.Principals {
		introduces[p.Principals[i].IntroducedBy] = true
	}
	shown := 0
	for i := range p.Principals {
		q := &p.Principals[i]
		if q.IntroducedBy == "" && !introduces[q.Name] || shown == mostPeople {
			continue
		}
		shown++
		by := q.IntroducedBy
		if p.Principal(by) == nil {
			by = ""
		}
		brought[by] = append(brought[by], q)
	}
	var of func(name string) []vouch
	of = func(name string) (list []vouch) {
		people := brought[name]
		delete(brought, name) // nobody twice, whatever the policy says
		for _, q := range people {
			v := vouch{Name: report.Escape(q.Name), Role: report.Escape(string(q.Role)), Brought: of(q.Name)}
			if !q.Introduced.IsZero() {
				v.Since = day(q.Introduced.Unix())
			}
			list = append(list, v)
		}
		return list
	}
	return of("")
}
