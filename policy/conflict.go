package policy

import (
	"fmt"
	"slices"
)

// conflict says why two principals have a conflict of interest, so that they don't count as two persons, whichever of
// them approves and whether it is a change or a quorum that they stand behind; "" if they have none.
//
// It follows both lines of introductions up to where they meet. Where that is one of the two, that one
// introduced the other. Where it is somebody else, everybody between that one and the first must have come in
// [Introductions.SiblingsApart] before or after everybody between that one and the second: siblings, an aunt
// and her nephew, cousins. Two founders' lines don't meet.
func (p *Policy) conflict(a, b *Principal) string {
	if a == b {
		return ""
	}
	of, with := p.line(a), p.line(b)
	for _, line := range [][]*Principal{of, with} {
		if len(line) > maxGenerations { // Load refuses it, and so does this
			return line[0].Name + "'s line of introductions has no beginning"
		}
	}
	for i, shared := range of {
		k := slices.Index(with, shared)
		switch {
		case k < 0:
		case i == 0 || k == 0:
			if p.Introductions.Across {
				return ""
			}
			return introduced(of[:i], with[:k], shared)
		default:
			return p.siblings(of[:i], with[:k], shared)
		}
	}
	return ""
}

// introduced says that somebody introduced the other, and through whom. One of the lines is empty.
func introduced(of, with []*Principal, by *Principal) string {
	line := append(of, with...)
	text := fmt.Sprintf("%s was introduced by %s", line[0].Name, by.Name)
	if len(line) > 1 {
		text += " through " + line[1].Name
	}
	return text
}

// siblings says which two of two lines below the same introducer came in too soon after one another.
func (p *Policy) siblings(of, with []*Principal, by *Principal) string {
	for _, a := range of {
		for _, b := range with {
			if !p.tooSoon(a, b) {
				continue
			}
			if len(of) == 1 && len(with) == 1 {
				return fmt.Sprintf("%s and %s were both introduced by %s within %s",
					a.Name, b.Name, by.Name, span(p.Introductions.SiblingsApart))
			}
			text := fmt.Sprintf("%s and %s both come from %s by introductions", of[0].Name, with[0].Name, by.Name)
			if a != of[0] || b != with[0] {
				return text + fmt.Sprintf(", through %s and %s, who came in within %s",
					a.Name, b.Name, span(p.Introductions.SiblingsApart))
			}
			return text + ", and came in within " + span(p.Introductions.SiblingsApart)
		}
	}
	return ""
}

// withoutConflict gives of people, in their order, the first that are as many as needed and no two of whom have a
// conflict of interest; where there are none such, the most there are. Whoever else has none with any of those comes
// with them. Sure is false where looking further would have taken too long.
func (p *Policy) withoutConflict(people []*Principal, need int) (chosen []*Principal, sure bool) {
	kin := p.kinship()
	var some, most []int
	steps := conflictSteps
	var choose func(left []int)
	choose = func(left []int) {
		if len(some) > len(most) {
			most = slices.Clone(some)
		}
		for i, q := range left {
			if len(most) >= need || len(some)+len(left)-i <= len(most) || steps == 0 {
				return
			}
			steps--
			some = append(some, q)
			choose(slices.DeleteFunc(slices.Clone(left[i+1:]), func(other int) bool { return kin.conflict(q, other) }))
			some = some[:len(some)-1]
		}
	}
	all := kin.places(people)
	choose(all)
	for _, q := range all {
		if !slices.ContainsFunc(most, func(other int) bool { return other == q || kin.conflict(other, q) }) {
			most = append(most, q)
		}
	}
	for _, q := range most {
		chosen = append(chosen, &p.Principals[q])
	}
	return chosen, steps > 0 || len(chosen) >= need
}

// soonest is withoutConflict for people in the order in which they came to stand behind something: where more than one
// are needed, and there are such, it gives those of whom the second came first. Whoever else joins in, however
// early, makes it no later.
func (p *Policy) soonest(people []*Principal, need int) []*Principal {
	chosen, _ := p.withoutConflict(people, need)
	if need < 2 || len(chosen) < need {
		return chosen
	}
	for i, second := range people {
		for _, first := range people[:i] {
			if p.conflict(first, second) != "" {
				continue
			}
			pair := []*Principal{first, second}
			rest := slices.DeleteFunc(slices.Clone(people), func(q *Principal) bool {
				return slices.ContainsFunc(pair, func(other *Principal) bool { return other == q || p.conflict(other, q) != "" })
			})
			if more, _ := p.withoutConflict(rest, need-2); len(more) >= need-2 {
				return append(pair, more...)
			}
		}
	}
	return chosen
}

// conflictSteps bounds the search for a quorum. Conflicts are few, so it hardly ever takes more than one a person.
const conflictSteps = 20_000

// conflictAmong says why one of people doesn't count together with some of them.
func (p *Policy) conflictAmong(people, together []*Principal) string {
	for _, q := range people {
		for _, other := range together {
			if why := p.conflict(other, q); other != q && why != "" {
				return why
			}
		}
	}
	return ""
}

// Lonely names those who may sign and for whose changes nobody could stand second.
func (p *Policy) Lonely() []string {
	var lonely []string
	could := p.countApprovers(p.approvers(), 1)
	for i := range p.Principals {
		if q := &p.Principals[i]; q.lands() && could(q) == 0 {
			lonely = append(lonely, q.Name)
		}
	}
	return lonely
}

// countApprovers gives a function that counts how many of some approvers could stand second behind what somebody signs,
// up to enough, whatever tenure a rule asks of them.
func (p *Policy) countApprovers(approvers []*Principal, enough int) func(signer *Principal) int {
	kin := p.kinship()
	all := kin.places(approvers)
	return func(signer *Principal) (n int) {
		by := kin.placeOf(signer)
		for _, q := range all {
			if n == enough {
				break
			}
			if q != by && !kin.conflict(by, q) {
				n++
			}
		}
		return n
	}
}
