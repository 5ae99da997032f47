package policy

import (
	"fmt"
	"slices"
	"time"
)

// Introductions says whose word doesn't count for whom: whoever brought somebody in is the first to
// overlook what they do, and two who were brought in together may be one person.
type Introductions struct {
	Across bool // an approval counts between two of whom one introduced the other
	// SiblingsApart is how long after one another two must have been introduced by the same third for
	// either's approval of the other to count; zero asks for nothing.
	SiblingsApart time.Duration
}

// partial says why an approver's word for what somebody else stands behind doesn't count, or "".
func (p *Policy) partial(accountable, approver *Principal) string {
	switch {
	case p.Introductions.Across:
	case p.introduced(accountable, approver):
		return fmt.Sprintf("%s was introduced by %s", approver.Name, accountable.Name)
	case accountable.IntroducedBy == approver.Name:
		return fmt.Sprintf("%s introduced %s", approver.Name, accountable.Name)
	}
	return p.siblings(accountable, approver)
}

// siblings says so of two who were introduced by the same third, one soon after the other. Who doesn't say
// when was introduced together with everybody.
func (p *Policy) siblings(a, b *Principal) string {
	if a == b || a.IntroducedBy == "" || a.IntroducedBy == founder || a.IntroducedBy != b.IntroducedBy {
		return ""
	}
	apart := a.Introduced.Sub(b.Introduced).Abs()
	if a.Introduced.IsZero() || b.Introduced.IsZero() {
		apart = 0
	}
	if apart >= p.Introductions.SiblingsApart {
		return ""
	}
	return fmt.Sprintf("%s and %s were both introduced by %s within %s", a.Name, b.Name, a.IntroducedBy, Span(p.Introductions.SiblingsApart))
}

// tied says why two can't be two of a quorum, or "".
func (p *Policy) tied(a, b *Principal) string {
	if why := p.partial(a, b); why != "" {
		return why
	}
	return p.partial(b, a)
}

// untied gives of people, in their order, the first that are as many as needed and no two of whom are tied;
// where there are none such, the most there are. Whoever else is tied to none of those comes with them. Sure
// is false where looking further would have taken too long.
func (p *Policy) untied(people []*Principal, need int) (chosen []*Principal, sure bool) {
	ties := make(map[[2]*Principal]bool)
	tied := func(a, b *Principal) bool {
		known, ok := ties[[2]*Principal{a, b}]
		if !ok {
			known = p.tied(a, b) != ""
			ties[[2]*Principal{a, b}] = known
		}
		return known
	}
	var some []*Principal
	steps := untiedSteps
	var choose func(left []*Principal)
	choose = func(left []*Principal) {
		if len(some) > len(chosen) {
			chosen = slices.Clone(some)
		}
		for i, q := range left {
			if len(chosen) >= need || len(some)+len(left)-i <= len(chosen) || steps == 0 {
				return
			}
			steps--
			some = append(some, q)
			choose(slices.DeleteFunc(slices.Clone(left[i+1:]), func(other *Principal) bool { return tied(q, other) }))
			some = some[:len(some)-1]
		}
	}
	choose(people)
	for _, q := range people {
		if !slices.ContainsFunc(chosen, func(other *Principal) bool { return other == q || tied(other, q) }) {
			chosen = append(chosen, q)
		}
	}
	return chosen, steps > 0 || len(chosen) >= need
}

// soonest is untied for people in the order in which they came to stand behind something: where more than one
// are needed, and there are such, it gives those of whom the second came first. Whoever else joins in, however
// early, makes it no later.
func (p *Policy) soonest(people []*Principal, need int) []*Principal {
	chosen, _ := p.untied(people, need)
	if need < 2 || len(chosen) < need {
		return chosen
	}
	for i, second := range people {
		for _, first := range people[:i] {
			if p.tied(first, second) != "" {
				continue
			}
			pair := []*Principal{first, second}
			rest := slices.DeleteFunc(slices.Clone(people), func(q *Principal) bool {
				return slices.ContainsFunc(pair, func(other *Principal) bool { return other == q || p.tied(other, q) != "" })
			})
			if more, _ := p.untied(rest, need-2); len(more) >= need-2 {
				return append(pair, more...)
			}
		}
	}
	return chosen
}

// quorumIsThere says whether there are as many maintainers who count together as the quorum asks for.
func (p *Policy) quorumIsThere() bool {
	together, sure := p.untied(p.maintainers(), p.Quorum.Maintainers)
	return len(together) >= p.Quorum.Maintainers || !sure
}

// untiedSteps bounds the search for a quorum. Ties are few, so it hardly ever takes more than one a person.
const untiedSteps = 20_000

// tie says why one of people doesn't count together with some of them.
func (p *Policy) tie(people, together []*Principal) string {
	for _, q := range people {
		for _, other := range together {
			if why := p.tied(other, q); other != q && why != "" {
				return why
			}
		}
	}
	return ""
}

func (p *Policy) maintainers() []*Principal {
	var maintainers []*Principal
	for i := range p.Principals {
		if q := &p.Principals[i]; q.Role == Maintainer {
			maintainers = append(maintainers, q)
		}
	}
	return maintainers
}

// Lonely names those who may sign and for whose changes nobody could stand second.
func (p *Policy) Lonely() []string {
	var lonely []string
	j := &judgement{p: p}
	for i := range p.Principals {
		q := &p.Principals[i]
		if (q.Role == Maintainer || q.Role == Contributor) && len(j.couldApprove(new(Rule), nil, q, nil)) == 0 {
			lonely = append(lonely, q.Name)
		}
	}
	return lonely
}
