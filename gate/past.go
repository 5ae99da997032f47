package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"countersign/history"
	"countersign/policy"
)

// past is what the journal says of what Git made. That a push was accepted says nothing yet: the client may have
// claimed an old id that is none, another hook or Git's own lock may have refused, a name may not fit beside another.
type past struct {
	sights   map[string]int64    // when an object was first a ref's new value, seconds since 1970
	vouchers map[string]int64    // the same, but only as a voucher in its place
	tracks   map[string]*track   // of protected refs, by name
	moves    map[string][]change // of refs that were made, by name, in their order
	pending  map[string][]change // accepted since, and not known to be made
	known    map[string]string   // the value that a protected ref was last given by a judged push
	applied  bool                // there are records of what Git made
	unjudged []change            // made on protected refs without a decision
	broken   map[string]change   // protected refs that weren't where they were known to be, from there to what was found
}

func newPast() *past {
	return &past{
		sights: make(map[string]int64), vouchers: make(map[string]int64), tracks: make(map[string]*track),
		moves: make(map[string][]change), pending: make(map[string][]change), known: make(map[string]string),
		broken: make(map[string]change),
	}
}

// change is a change of a ref.
type change struct {
	ref, old, new string
	at            int64 // seconds since 1970
	protected     bool
	inferred      bool // Git's own record of it has not come yet
	landings      int  // that were judged for it
}

// movedOn says when a ref was last moved from one value to another and then went on from there, in seconds since
// 1970; 0 for never.
func (p *past) movedOn(ref, old, new string) (at int64) {
	if p == nil {
		return 0
	}
	var done int64
	for _, m := range p.moves[ref] {
		if m.old == new && done != 0 {
			at = done
		}
		if m.old == old && m.new == new {
			done = m.at
		}
	}
	return at
}

// track is what a protected ref has been through: the values that it was given by judged pushes, and those from
// which such pushes began though no other had led there.
type track struct {
	judged map[string]bool
	roots  []string
}

// add takes in a record.
func (p *past) add(schema string, at time.Time, accepted bool, refs []recordedRef) {
	p.applied = p.applied || schema == AppliedSchema
	for _, r := range refs {
		if r.Old == "" { // nothing was looked up
			continue
		}
		c := change{ref: cmp.Or(r.Resolved, r.Ref), old: r.Old, new: r.New, at: at.Unix(), protected: r.Protected, landings: r.Landings}
		switch schema {
		case RecordSchema, OperatorSchema: // an operator's word is a decision, too
			p.confirm(c.ref, c.old, c.at)
			p.remember(c)
			if accepted { // else it was turned away
				c.inferred = true
				p.pending[c.ref] = append(p.pending[c.ref], c)
			}
		case AppliedSchema:
			p.gitMade(c)
		case MoveSchema:
			p.made(c)
			p.known[c.ref] = c.new
			delete(p.broken, c.ref)
			p.judged(c)
		}
	}
}

// confirm takes a change that was accepted for made, since the ref was found to have its new value.
func (p *past) confirm(ref, value string, at int64) {
	waiting := p.pending[ref]
	for i, c := range slices.Backward(waiting) {
		if known, ok := p.known[ref]; c.new != value || ok && c.protected && c.old != known {
			continue
		}
		c.at = at
		p.decided(c)
		p.pending[ref] = slices.Delete(waiting, i, i+1)
		return
	}
}

// gitMade takes in what Git says it made.
func (p *past) gitMade(c change) {
	for i, m := range slices.Backward(p.moves[c.ref]) {
		if m.inferred && m.old == c.old && m.new == c.new { // its record was slower than the next push
			p.moves[c.ref][i].inferred = false
			return
		}
	}
	p.confirm(c.ref, c.old, c.at)
	waiting := p.pending[c.ref]
	i := slices.IndexFunc(waiting, func(w change) bool { return w.old == c.old && w.new == c.new })
	if i < 0 {
		p.made(c) // in sight it was, but nobody judged it
		if c.protected {
			p.unjudged = append(p.unjudged, c)
		}
		return
	}
	c.protected, c.landings = waiting[i].protected || c.protected, waiting[i].landings
	p.pending[c.ref] = slices.DeleteFunc(waiting, func(w change) bool { return w.old == c.old && w.new == c.new }) // tried again
	p.decided(c)
}

// decided takes in a change that was accepted and made.
func (p *past) decided(c change) {
	p.made(c)
	if !c.protected {
		delete(p.known, c.ref)
		return
	}
	p.known[c.ref] = c.new
	p.judged(c)
	delete(p.broken, c.ref)
}

// remember keeps where a protected ref was when it was first seen, and that it was found elsewhere than it should be.
func (p *past) remember(c change) {
	known, ok := p.known[c.ref]
	switch {
	case !c.protected:
		delete(p.known, c.ref) // who protects it again takes what is there
		delete(p.broken, c.ref)
	case !ok:
		p.known[c.ref] = c.old
	case known != c.old:
		p.broken[c.ref] = change{ref: c.ref, old: known, new: c.old, at: c.at}
	default:
		delete(p.broken, c.ref)
	}
}

func (p *past) made(c change) {
	if _, ok := p.sights[c.new]; !ok {
		p.sights[c.new] = c.at
	}
	if _, ok := p.vouchers[c.new]; !ok && isVoucher(c.ref) {
		p.vouchers[c.new] = c.at
	}
	p.moves[c.ref] = append(p.moves[c.ref], c)
}

func (p *past) judged(c change) {
	old, err := history.ParseID(c.old)
	if err != nil {
		return
	}
	t := p.tracks[c.ref]
	if t == nil || old.IsZero() { // made anew: judged by all that it holds
		t = &track{judged: make(map[string]bool)}
		p.tracks[c.ref] = t
	}
	if !old.IsZero() && !t.judged[c.old] {
		t.roots = append(t.roots, c.old)
		t.judged[c.old] = true
	}
	t.judged[c.new] = true
}

// recordedRef is what is read again of a decision's refs.
type recordedRef struct {
	Ref       string `json:"ref"`
	Resolved  string `json:"resolved"`
	Old       string `json:"old"`
	New       string `json:"new"`
	Protected bool   `json:"protected"`
	Landings  int    `json:"landings"`
}

// exactly puts back the bytes of names that JSON can't carry.
func (r *recordedRef) exactly(exact map[string][]byte, at int) {
	for name, text := range map[string]*string{"ref": &r.Ref, "resolved": &r.Resolved} {
		if b, ok := exact[fmt.Sprintf("/refs/%d/%s", at, name)]; ok {
			*text = string(b)
		}
	}
}

// sighted sees to it that the journal is read, and says whether there is one.
func (g *Gate) sighted(ctx context.Context) (bool, error) {
	if g.past != nil || g.o.Records == nil {
		return g.past != nil, nil
	}
	p, err := g.readPast(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("when the push was first seen: %w", err)
	}
	if g.received != 0 { // what a ref shows now it has been given, and shows from now on
		refs, err := g.repo.Refs(ctx)
		if err != nil {
			return false, err
		}
		for _, r := range refs {
			p.confirm(r.Name, r.ID.String(), g.received)
		}
	}
	g.past = p
	return true, nil
}

// vouched says when the journal first has an object as a voucher in its place, in seconds since 1970; 0 where it
// doesn't.
func (g *Gate) vouched(id string) int64 {
	if g.past == nil {
		return 0
	}
	return g.past.vouchers[id]
}

// seen says when the journal first has an object, in seconds since 1970; 0 where it doesn't.
func (g *Gate) seen(id string) int64 {
	if g.past == nil {
		return 0
	}
	return g.past.sights[id]
}

// readPast reads the journal.
func (g *Gate) readPast(ctx context.Context) (*past, error) {
	p := newPast()
	for b, err := range g.o.Records(g.GitDir(), g.now.policy.Journal) {
		if err != nil {
			return nil, err
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		var r Record
		var d struct {
			Verdict policy.Verdict `json:"verdict"`
			Refs    []recordedRef  `json:"refs"`
			// The bytes of texts that aren't UTF-8, by where they stand; see package report.
			Exact map[string][]byte `json:"exact"`
		}
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, err
		}
		if !slices.Contains([]string{RecordSchema, AppliedSchema, MoveSchema, OperatorSchema}, r.Schema) {
			continue
		}
		if err := json.Unmarshal(r.Decision, &d); err != nil {
			return nil, err
		}
		for i := range d.Refs {
			d.Refs[i].exactly(d.Exact, i)
		}
		p.add(r.Schema, r.Time, d.Verdict == policy.Accepted, d.Refs)
	}
	return p, nil
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
	if _, err := g.sighted(ctx); err != nil {
		return nil, err
	}
	var roots []history.ID // what has to be adopted
	needs := make(map[string][]history.ID)
	for _, ref := range refs {
		needs[ref.Name] = []history.ID{ref.ID}
		if g.past == nil || g.past.tracks[ref.Name] == nil || !g.past.tracks[ref.Name].judged[ref.ID.String()] {
			if !strings.HasPrefix(ref.Name, "refs/tags/") { // old tags are many, and stand on what branches hold
				roots = append(roots, ref.ID)
			}
			continue
		}
		needs[ref.Name] = nil
		for _, s := range g.past.tracks[ref.Name].roots {
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
