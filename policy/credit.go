package policy

import "slices"

// vouchDays is how long a maintainer must have been landing commits before their signature under
// somebody else's work earns that author tenure: or a new account could raise the next one.
const vouchDays = 90

// Credit writes down what a landing earned, and moves the ledger's clock to it. The gate calls it
// only for landings that passed.
func (l *Ledger) Credit(p *Policy, landing *Landing) {
	when := l.LandingTime(landing.Commit.Committer.When)
	for c := range landing.Commits() {
		people := l.creditedTo(p, landing, c, when)
		attested := p.attestedAuthor(c)
		if len(people) == 0 && attested == nil {
			continue
		}
		var classes []string
		for i, in := range c.classified(p) {
			if !c.Changes[i].harmless() { // a bump of a version makes nobody known
				classes = append(classes, in...)
			}
		}
		w := workIn(classes)
		for _, name := range people {
			l.pending = append(l.pending, credit{when, name, w})
		}
		if attested != nil && !slices.Contains(people, attested.Name) {
			l.pending = append(l.pending, credit{when, attested.Name, workIn(append(classes, attestedWork))})
		}
	}
	l.last = when
	l.settle(p.settledBy(when))
}

// creditedTo names the principals who earn a commit by signatures, each once: who signed it, who signed its landing
// commit, and its author, where one of these is the author, or a tenured maintainer. No signature, no credit: what
// somebody could earn by a signature under another's work, they could as well by work that they call their own.
func (l *Ledger) creditedTo(p *Policy, landing *Landing, c *Commit, when int64) []string {
	var people []string
	var signers []*Principal
	for _, q := range []*Principal{p.signerOf(c), p.signerOf(&landing.Commit)} {
		if q != nil && q.lands() && !slices.Contains(people, q.Name) {
			people, signers = append(people, q.Name), append(signers, q)
		}
	}
	author := p.ByEmail(c.Author.Email)
	if author == nil || author.Role == Service || slices.Contains(people, author.Name) ||
		p.attestedAuthor(c) != nil { // which a landing doesn't make a signature
		return people
	}
	if slices.ContainsFunc(signers, func(q *Principal) bool { return l.vouches(p, q, when) }) {
		people = append(people, author.Name)
	}
	return people
}

func (l *Ledger) vouches(p *Policy, q *Principal, when int64) bool {
	if q.Role != Maintainer {
		return false
	}
	signed := func(w work) bool { return !w.attested() }
	begins := l.begins(p, q.Name, when, signed, true, func(int64, int, []int) {})
	return begins != 0 && begins <= when && (when-begins)/day >= vouchDays
}

// settle counts credits that landed up to and including a time. No later question is about an earlier time than
// that, since landing times never fall.
func (l *Ledger) settle(until int64) {
	n := 0
	for ; n < len(l.pending) && l.pending[n].When <= until; n++ {
		c := l.pending[n]
		if l.earned == nil {
			l.earned = make(map[string]map[work]*tally)
		}
		of := l.earned[c.Principal]
		if of == nil {
			of = make(map[work]*tally)
			l.earned[c.Principal] = of
		}
		t := of[c.For]
		if t == nil {
			t = new(tally)
			of[c.For] = t
		}
		t.add(c.When)
	}
	l.pending = slices.Delete(l.pending, 0, n)
}

// add counts one commit. Landing times never fall, so its month is new or the last one counted.
func (t *tally) add(when int64) {
	if t.Commits == 0 {
		t.First = when
	}
	t.Commits++
	if m := month(when); len(t.Months) == 0 || t.Months[len(t.Months)-1] != m {
		t.Months = append(t.Months, m)
	}
}
