package policy

import "slices"

// attester gives the service by whose word a commit is its author's, or nil: the service signed it, is believed who
// the author is, and it has one parent, as what is squashed, rebased or edited on a forge's pages. A merge is nobody's
// work but the service's, whatever its author line says.
func (p *Policy) attester(c *Commit) *Principal {
	q := p.signerOf(c)
	if q == nil || q.Role != Service || q.Attests == "" || !p.Signatures.AttestedAuthors || len(c.Parents) != 1 {
		return nil
	}
	return q
}

// attestedAuthor gives the principal who stands behind a commit by the word of a service, nil for nobody.
func (p *Policy) attestedAuthor(c *Commit) *Principal {
	if q := p.ByEmail(c.Author.Email); q != nil && q.lands() && p.attester(c) != nil {
		return q
	}
	return nil
}

// Author names the principal who stands behind what a commit itself changes, and the service by whose word they do; ""
// for a person who signed it.
func (p *Policy) Author(c *Commit) (principal, service string) {
	if q := p.attestedAuthor(c); q != nil {
		return q.Name, p.attester(c).Name
	}
	if q := p.signerOf(c); q != nil {
		return q.Name, ""
	}
	return "", ""
}

// AttestedAuthors names those who stand behind commits of a landing by the word of a service, each once.
func (p *Policy) AttestedAuthors(landing *Landing) (principals []string) {
	for c := range landing.Commits() {
		if author, service := p.Author(c); service != "" && !slices.Contains(principals, author) {
			principals = append(principals, author)
		}
	}
	return principals
}

// Trusts says in words whom the policy believes beside keys: the services that attest authors.
func (p *Policy) Trusts() []string {
	var words []string
	for i := range p.Principals {
		q := &p.Principals[i]
		if q.Attests == "" {
			continue
		}
		text := q.Name + " attests authors: the author line alone says whose a commit with one parent is that it signs. " +
			"Whoever can have that line written, with an account of the forge, by its API, by a button that rebases what was " +
			"pushed, or with the key of " + q.Name + ", is taken for the person"
		if !p.Signatures.AttestedAuthors {
			text = q.Name + " attests authors, and signatures.attested-authors = false here or in the floor forbids it"
		}
		words = append(words, text)
	}
	return words
}

// Judged counts a landing, and what of it is somebody's by the word of a service.
func (r *RefDecision) Judged(p *Policy, landing *Landing) {
	r.Landings++
	r.Commits += 1 + len(landing.Brought)
	for c := range landing.Commits() {
		author, service := p.Author(c)
		if service == "" {
			continue
		}
		i := slices.IndexFunc(r.Attested, func(a Attested) bool { return a.Author == author && a.Service == service })
		if i < 0 {
			i = len(r.Attested)
			r.Attested = append(r.Attested, Attested{Service: service, Author: author})
		}
		r.Attested[i].Commits++
	}
}
