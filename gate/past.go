package gate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"countersign/history"
)

// past is what the journal says of what Git made, ref by ref. That a push was accepted says nothing yet: the client
// may have claimed an old id that is none, another hook or Git's own lock may have refused, a name may not fit beside
// another.
type past struct {
	refs    map[string]*refPast
	applied bool  // there are records of what Git made
	index   Index // to be asked of the refs that aren't in refs; nil where all records were read
}

// refPast is what the journal says of one ref.
type refPast struct {
	moves   []change // that were made, in their order
	pending []change // accepted since, and not known to be made
	// How many moves were inferred from what the ref was found to have, by old and new value: the record of what Git
	// made has not come yet.
	awaited  map[[2]string]int
	known    string   // the value that it was last given by a judged push, while it was protected; "" for none
	track    *track   // nil where no push was judged while it was protected
	unjudged []change // made while it was protected, without a decision, and no operator let that stand since
}

// change is a change of a ref.
type change struct {
	ref, old, new string
	at            int64 // seconds since 1970
	protected     bool
	landings      int // that were judged for it
}

// track is what a protected ref has been through: the values that it was given by judged pushes, and those from
// which such pushes began though no other had led there.
type track struct {
	judged map[string]bool
	roots  []string
}

// add takes in what a record says.
func (p *refPast) add(what saying, c change) {
	switch what {
	case acceptedSaying, refusedSaying, foundSaying:
		p.confirm(c.old, c.at)
		p.remember(c)
		if what == acceptedSaying && !allZeros(c.old+c.new) { // else there was nothing to delete
			p.pending = append(p.pending, c)
		}
	case appliedSaying:
		p.gitMade(c)
	case moveSaying:
		p.made(c)
		p.known, p.unjudged = c.new, nil
		p.judged(c)
	}
}

// confirm takes a change that was accepted for made, since the ref was found to have its new value.
func (p *refPast) confirm(value string, at int64) {
	for i, c := range slices.Backward(p.pending) {
		if c.new != value || p.known != "" && c.protected && c.old != p.known && c.new != p.known {
			continue
		}
		c.at = at
		p.decided(c)
		if p.awaited == nil {
			p.awaited = make(map[[2]string]int)
		}
		p.awaited[[2]string{c.old, c.new}]++
		p.pending = slices.Delete(p.pending, i, i+1)
		return
	}
}

// gitMade takes in what Git says it made.
func (p *refPast) gitMade(c change) {
	if move := [2]string{c.old, c.new}; p.awaited[move] > 0 { // its record was slower than the next push
		if p.awaited[move]--; p.awaited[move] == 0 {
			delete(p.awaited, move)
		}
		return
	}
	p.confirm(c.old, c.at)
	same := func(w change) bool { return w.old == c.old && w.new == c.new }
	i := slices.IndexFunc(p.pending, same)
	if i < 0 {
		p.made(c) // in sight it was, but nobody judged it
		if c.protected {
			p.unjudged = append(p.unjudged, c)
		}
		return
	}
	c.protected, c.landings = p.pending[i].protected || c.protected, p.pending[i].landings
	p.pending = slices.DeleteFunc(p.pending, same) // tried again
	p.decided(c)
}

// decided takes in a change that was accepted and made. One that brings the ref back from where something else than a
// push had moved it leaves all as it was before: nothing was judged for it.
func (p *refPast) decided(c change) {
	if c.protected && p.known == c.new && c.old != c.new {
		if n := len(p.moves); n > 0 && p.moves[n-1].new != c.new { // it is known to have been away
			p.made(c)
		}
		return
	}
	p.made(c)
	if !c.protected {
		p.known = ""
		return
	}
	p.known = c.new
	p.judged(c)
}

// remember keeps where a protected ref was when it was first seen.
func (p *refPast) remember(c change) {
	switch {
	case !c.protected:
		p.known = "" // who protects it again takes what is there
	case p.known == "":
		p.known = c.old
	}
}

func (p *refPast) made(c change) { p.moves = append(p.moves, c) }

func (p *refPast) judged(c change) {
	fresh := allZeros(c.old) // made anew: judged by all that it holds
	if p.track == nil || fresh {
		p.track = &track{judged: make(map[string]bool)}
	}
	if !fresh && !p.track.judged[c.old] {
		p.track.roots = append(p.track.roots, c.old)
		p.track.judged[c.old] = true
	}
	p.track.judged[c.new] = true
}

// straight says whether the ref has the value that the last judged push left, and was never moved while it wasn't
// protected; or the journal doesn't know it at all.
func (p *refPast) straight(now history.ID) bool {
	if p.known == "" {
		return len(p.moves)+len(p.pending) == 0
	}
	return p.known == now.String() && !slices.ContainsFunc(p.moves, func(m change) bool { return !m.protected })
}

// movedOn says when the ref was last moved from one value to another and then went on from there, in seconds since
// 1970; 0 for never.
func (p *refPast) movedOn(old, new string) (at int64) {
	var done int64
	for _, m := range p.moves {
		if m.old == new && done != 0 {
			at = done
		}
		if m.old == old && m.new == new {
			done = m.at
		}
	}
	return at
}

// seen says when the ref was first given a value, in seconds since 1970; 0 for never.
func (p *refPast) seen(value string) int64 {
	for _, m := range p.moves {
		if m.new == value {
			return m.at
		}
	}
	return 0
}

// sighted sees to it that the journal can be asked, and says whether there is one.
func (g *Gate) sighted(ctx context.Context) (journal bool, err error) {
	if g.past != nil || g.o.Records == nil {
		return g.past != nil, nil
	}
	p := &past{refs: make(map[string]*refPast)}
	if g.o.Index != nil {
		p.index = g.o.Index(g.GitDir(), g.now.policy.Journal)
		err = p.index.Update(ctx)
	} else {
		p, err = g.readPast(ctx)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("when the push was first seen: %w", err)
	}
	g.past = p
	return true, nil
}

// pastOf gives what the journal says of a ref that has a value now, and takes for made what led there. Where there
// is no journal, it says nothing.
func (g *Gate) pastOf(ctx context.Context, ref string, now history.ID) (*refPast, error) {
	if journal, err := g.sighted(ctx); err != nil || !journal {
		return new(refPast), err
	}
	if p := g.past.refs[ref]; p != nil {
		return p, nil
	}
	p := new(refPast)
	if g.past.index != nil {
		values, err := g.past.index.Lookup(ctx, refKey+ref)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			what, c, err := parseSaying(ref, value)
			if err != nil {
				return nil, err
			}
			p.add(what, c)
		}
		if g.received != 0 && !now.IsZero() { // what a ref shows now it has been given, and shows from now on
			p.confirm(now.String(), g.received)
		}
	}
	g.past.refs[ref] = p
	return p, nil
}

// wholePast gives what the journal says of all refs, which costs as much as the journal is long; nil where there is
// none.
func (g *Gate) wholePast(ctx context.Context) (*past, error) {
	if journal, err := g.sighted(ctx); err != nil || !journal {
		return nil, err
	}
	if g.past.index == nil {
		return g.past, nil
	}
	return g.readPast(ctx)
}

// sights says when each object was first a ref's new value, in seconds since 1970.
func (p *past) sights() map[string]int64 {
	sights := make(map[string]int64)
	if p == nil {
		return sights
	}
	for _, of := range p.refs {
		for _, m := range of.moves {
			if at, ok := sights[m.new]; !ok || m.at < at {
				sights[m.new] = m.at
			}
		}
	}
	return sights
}

// anyApplied says whether there are records of what Git made.
func (g *Gate) anyApplied(ctx context.Context) (bool, error) {
	if g.past.index == nil {
		return g.past.applied, nil
	}
	values, err := g.past.index.Lookup(ctx, appliedKey)
	return len(values) > 0, err
}

// vouched says when the journal first has an object as a voucher in its place, in seconds since 1970; 0 where it
// doesn't.
func (g *Gate) vouched(ctx context.Context, kind Voucher, commit, principal, object string) (int64, error) {
	about, err := history.ParseID(commit)
	if err != nil {
		return 0, err
	}
	tag, err := history.ParseID(object)
	if err != nil {
		return 0, err
	}
	p, err := g.pastOf(ctx, kind.Ref(about, principal), tag)
	if err != nil {
		return 0, err
	}
	return p.seen(object), nil
}

// readPast reads the whole journal.
func (g *Gate) readPast(ctx context.Context) (*past, error) {
	p := &past{refs: make(map[string]*refPast)}
	for b, err := range g.o.Records(g.GitDir(), g.now.policy.Journal) {
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		what, changes, err := sayings(b)
		if err != nil {
			return nil, err
		}
		p.applied = p.applied || what == appliedSaying
		for _, c := range changes {
			if p.refs[c.ref] == nil {
				p.refs[c.ref] = new(refPast)
			}
			p.refs[c.ref].add(what, c)
		}
	}
	if g.received == 0 {
		return p, nil
	}
	refs, err := g.repo.Refs(ctx)
	for _, r := range refs { // what a ref shows now it has been given, and shows from now on
		if of := p.refs[r.Name]; of != nil {
			of.confirm(r.ID.String(), g.received)
		}
	}
	return p, err
}

// judgedRefs gives the protected refs whose whole content this gate has judged, by its journal, or which was
// adopted. That a name is protected today says nothing of what was pushed there before.
func (g *Gate) judgedRefs(ctx context.Context) ([]history.Ref, error) {
	refs, err := g.protectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	adopted, err := adoption(g.now.policy)
	if err != nil {
		return nil, err
	}
	var roots []history.ID // what has to be adopted
	needs := make(map[string][]history.ID)
	for _, ref := range refs {
		needs[ref.Name] = []history.ID{ref.ID}
		p, err := g.pastOf(ctx, ref.Name, ref.ID)
		if err != nil {
			return nil, err
		}
		if p.track == nil || !p.track.judged[ref.ID.String()] {
			if !strings.HasPrefix(ref.Name, "refs/tags/") { // old tags are many, and stand on what branches hold
				roots = append(roots, ref.ID)
			}
			continue
		}
		needs[ref.Name] = nil
		for _, s := range p.track.roots {
			id, err := history.ParseID(s)
			if err != nil {
				return nil, err
			}
			needs[ref.Name], roots = append(needs[ref.Name], id), append(roots, id)
		}
	}
	known := make(map[history.ID]bool)
	repo, err := g.aside()
	if err != nil {
		return nil, err
	}
	reached, err := repo.Reaches(ctx, adopted, roots)
	if err != nil {
		return nil, err
	}
	for _, by := range reached {
		for i, yes := range by {
			known[roots[i]] = known[roots[i]] || yes
		}
	}
	return slices.DeleteFunc(refs, func(r history.Ref) bool {
		return slices.ContainsFunc(needs[r.Name], func(id history.ID) bool { return !known[id] })
	}), nil
}

// judgedRefs is worked out once a push.
func (p *push) judgedRefs(ctx context.Context) ([]history.Ref, error) {
	if p.judged != nil {
		return p.judged, nil
	}
	refs, err := p.Gate.judgedRefs(ctx)
	p.judged = refs
	return refs, err
}

func allZeros(value string) bool { return strings.Trim(value, "0") == "" }
