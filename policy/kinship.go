package policy

// maxGenerations bounds how long a line of introductions may be.
const maxGenerations = 32

// line gives a principal and who introduced them, who introduced those, and so on. Founders end it.
func (p *Policy) line(q *Principal) []*Principal {
	var line []*Principal
	for range maxGenerations + 1 {
		if q == nil {
			break
		}
		line = append(line, q)
		q = p.Principal(q.IntroducedBy)
	}
	return line
}

// tooSoon says whether two came in too soon after one another. Who doesn't say when came in together with everybody.
func (p *Policy) tooSoon(a, b *Principal) bool {
	apart := a.Introduced.Sub(b.Introduced).Abs()
	if a.Introduced.IsZero() || b.Introduced.IsZero() {
		apart = 0
	}
	return apart < p.Introductions.SiblingsApart
}

// kinship tells of many principals, by their places in the policy, which have a conflict of interest: the same as
// [Policy.conflict], and faster, since it doesn't say why, and keeps what it found of long lines of introductions.
type kinship struct {
	p     *Policy
	place map[string]int
	above []int  // who introduced somebody, -1 for nobody here
	depth []int  // how many are above; -1 for more than there may be
	near  []int8 // of two places, 1 for too near, -1 for not; nil before long lines were asked. See siblings
}

func (p *Policy) kinship() *kinship {
	n := len(p.Principals)
	k := &kinship{p: p, place: make(map[string]int, n), above: make([]int, n), depth: make([]int, n)}
	for i := range p.Principals {
		k.place[p.Principals[i].Name] = i
	}
	for i := range p.Principals {
		line := p.line(&p.Principals[i])
		k.above[i], k.depth[i] = -1, len(line)-1
		if len(line) > 1 {
			k.above[i] = k.placeOf(line[1])
		}
		if len(line) > maxGenerations {
			k.depth[i] = -1
		}
	}
	return k
}

// placeOf gives the place of a principal, who must be one of the policy's.
func (k *kinship) placeOf(q *Principal) int {
	i, known := k.place[q.Name]
	if !known {
		panic("policy: a principal of another policy")
	}
	return i
}

// places gives the places of principals.
func (k *kinship) places(people []*Principal) []int {
	places := make([]int, len(people))
	for i, q := range people {
		places[i] = k.placeOf(q)
	}
	return places
}

func (k *kinship) conflict(a, b int) bool {
	if a == b {
		return false
	}
	if k.depth[a] < 0 || k.depth[b] < 0 {
		return true
	}
	x, y := a, b // up to where the lines meet
	for k.depth[x] > k.depth[y] {
		x = k.above[x]
	}
	for k.depth[y] > k.depth[x] {
		y = k.above[y]
	}
	for x != y {
		if x, y = k.above[x], k.above[y]; x < 0 {
			return false
		}
	}
	if x == a || x == b {
		return !k.p.Introductions.Across
	}
	return k.siblings(a, b, x)
}

// siblings says whether somebody on the line from one to below where two lines meet came in too soon before or after
// somebody on the other's.
func (k *kinship) siblings(a, b, meet int) bool {
	if k.p.tooSoon(&k.p.Principals[a], &k.p.Principals[b]) {
		return true
	}
	up, across := k.above[a], k.above[b]
	if up == meet && across == meet {
		return false
	}
	n := len(k.p.Principals)
	if k.near == nil {
		k.near = make([]int8, n*n)
	}
	known := &k.near[a*n+b]
	if *known == 0 {
		*known = -1
		if up != meet && k.siblings(up, b, meet) || across != meet && k.siblings(a, across, meet) {
			*known = 1
		}
	}
	return *known > 0
}
