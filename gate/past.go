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

// past is what the journal says of accepted pushes.
type past struct {
	sights   map[string]int64    // when an object was first a ref's new value, seconds since 1970
	vouchers map[string]int64    // the same, but only as a voucher in its place
	tracks   map[string]*track   // of protected refs, by name
	moves    map[string][]change // of refs, by name, in their order
}

// change is an accepted change of a ref.
type change struct {
	old, new string
	at       int64 // seconds since 1970
}

// movedOn says when a ref was last moved from one value to another and then went on from there, in seconds since
// 1970; 0 for never. What was accepted and never done isn't gone on from.
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

func (p *past) add(at time.Time, refs []recordedRef) {
	for _, r := range refs {
		if _, ok := p.sights[r.New]; !ok {
			p.sights[r.New] = at.Unix()
		}
		name := cmp.Or(r.Resolved, r.Ref)
		if _, ok := p.vouchers[r.New]; !ok && isVoucher(name) {
			p.vouchers[r.New] = at.Unix()
		}
		p.moves[name] = append(p.moves[name], change{r.Old, r.New, at.Unix()})
		old, err := history.ParseID(r.Old)
		if !r.Protected || err != nil {
			continue
		}
		t := p.tracks[name]
		if t == nil || old.IsZero() { // made anew: judged by all that it holds
			t = &track{judged: make(map[string]bool)}
			p.tracks[name] = t
		}
		if !old.IsZero() && !t.judged[r.Old] {
			t.roots = append(t.roots, r.Old)
			t.judged[r.Old] = true
		}
		t.judged[r.New] = true
	}
}

// recordedRef is what is read again of a decision's refs.
type recordedRef struct {
	Ref       string `json:"ref"`
	Resolved  string `json:"resolved"`
	Old       string `json:"old"`
	New       string `json:"new"`
	Protected bool   `json:"protected"`
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
	p := &past{
		sights: make(map[string]int64), vouchers: make(map[string]int64), tracks: make(map[string]*track),
		moves: make(map[string][]change),
	}
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
		}
		if err := json.Unmarshal(b, &r); err != nil {
			return nil, err
		}
		if r.Schema != RecordSchema {
			continue
		}
		if err := json.Unmarshal(r.Decision, &d); err != nil {
			return nil, err
		}
		if d.Verdict == policy.Accepted { // else it was turned away, and nobody else could see it
			p.add(r.Time, d.Refs)
		}
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
