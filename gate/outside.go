package gate

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"countersign/gate/record"
	"countersign/history"
	"countersign/policy"
)

// A protected ref is moved by judged pushes, and else by nobody. Where it isn't what the last of them made of it,
// somebody moved it past the hook, and what came in so was judged by nobody.

// maxNamed is how many commits that came in past the hook are named.
const maxNamed = 5

// outside refuses an update of a protected ref that was moved past the hook, and goes on judging from the value it
// was known to have. It says whether nothing more is to be judged: the ref comes back to that value, or there is
// no such value any more.
func (p *push) outside(ctx context.Context, u *update) (settled bool, err error) {
	if u.New == u.real {
		return false, nil
	}
	state, err := p.stateOf(ctx, u.resolved, u.real)
	if err != nil {
		return false, err
	}
	state.Confirm(u.real.String(), p.req.Received.Unix())
	known, moved, err := state.Moved(u.real)
	if err != nil || !moved {
		return false, err
	}
	refs, err := p.repo.Refs(ctx, u.resolved) // again: the journal may know of a push that came in since
	if err != nil {
		return false, err
	}
	var now history.ID
	for _, r := range refs {
		if r.Name == u.resolved {
			now = r.ID
		}
	}
	if now != u.real {
		p.refuse(u, policy.RefStale, "it is at "+now.String()+" by now, not at "+u.real.String(), "git fetch, then push again")
		return true, nil
	}
	if u.New == known {
		return true, nil // as it was judged before
	}
	p.find(u, p.movedOutside(ctx, u.resolved, known, u.real))
	if u.New.IsZero() {
		return true, nil
	}
	if !known.IsZero() {
		if _, err := p.repo.Kind(ctx, known); err != nil {
			return true, ctx.Err()
		}
	}
	u.real = known
	return false, nil
}

// movedOutside is the finding about a ref that isn't where the last judged push left it.
func (g *Gate) movedOutside(ctx context.Context, ref string, was, now history.ID) policy.Finding {
	return policy.MovedRef{
		Ref: ref, Known: nameOf(was), Now: nameOf(now), WhatCameIn: g.between(ctx, was, now), LengthOfIDs: max(len(was.String()), len(now.String())),
	}.Finding()
}

func absent(id history.ID) string {
	if id.IsZero() {
		return "nothing"
	}
	return id.String()
}

// between names the commits that came in past the hook, the newest first.
func (g *Gate) between(ctx context.Context, known, found history.ID) string {
	if found.IsZero() {
		return "it was deleted"
	}
	if kind, err := g.repo.Kind(ctx, found); err != nil || kind != "commit" {
		return "the object was judged by nobody"
	}
	const unread = "what came in can't be read"
	seen := 0
	line, err := g.repo.FirstParents(ctx, found, func(id history.ID) bool {
		seen++
		return id == known || seen > maxNamed
	})
	if err != nil {
		return unread
	}
	judged := make([]bool, len(line))
	commit, err := g.peeled(ctx, known)
	if err != nil {
		commit = known
	}
	if kind, err := g.repo.Kind(ctx, commit); err == nil && kind == "commit" {
		reached, err := g.repo.Reaches(ctx, []history.ID{commit}, line)
		if err != nil {
			return unread
		}
		judged = reached[0]
	}
	var names []string
	for i, id := range line {
		if judged[i] {
			break
		}
		if len(names) == maxNamed {
			names = append(names, "and more")
			break
		}
		names = append(names, id.String())
	}
	switch {
	case len(names) == 0 && commit != known:
		return "the object was judged by nobody"
	case len(names) == 0:
		return "commits that were judged are gone"
	}
	return "judged by nobody: " + strings.Join(names, ", ")
}

// mostNames is how many names git is asked about: above it, it gives all refs. A command line has its bounds.
const mostNames = 500

// noRoom names a ref beside which Git can't store a new one: the name of one would be a folder of the other. All
// updates are asked about at once.
func (p *push) noRoom(ctx context.Context, u *update) (string, error) {
	if !u.real.IsZero() || u.New.IsZero() {
		return "", nil
	}
	if p.beside == nil {
		news, there := make(map[string]bool), make(map[string]bool) // new refs; the folders above them, and whether a ref has that name
		var names []string
		for i := range p.updates {
			u := &p.updates[i]
			if !u.real.IsZero() || u.New.IsZero() || !u.decision.Protected && !policy.IsAttestation(u.resolved) {
				continue
			}
			news[u.resolved] = true
			names = append(names, u.resolved+"/")
			for above := range prefixes(path.Dir(u.resolved)) {
				if _, named := there[above]; !named && above != "refs" {
					there[above] = false
					names = append(names, above)
				}
			}
		}
		if len(names) > mostNames {
			names = nil
		}
		refs, err := p.repo.Refs(ctx, names...)
		if err != nil {
			return "", err
		}
		p.beside = make(map[string]string)
		for _, r := range refs {
			if _, named := there[r.Name]; named {
				there[r.Name] = true
			}
			for above := range prefixes(path.Dir(r.Name)) {
				if news[above] {
					p.beside[above] = r.Name
				}
			}
		}
		for name := range news {
			for above := range prefixes(path.Dir(name)) {
				if there[above] {
					p.beside[name] = above
				}
			}
		}
	}
	return p.beside[u.resolved], nil
}

// clash names a new ref of the push beside which Git can't store another new one of it; "" for none.
func (p *push) clash(u *update) string {
	if p.clashes == nil {
		p.clashes = make(map[string]string)
		var folders []string
		for i := range p.updates {
			// What is really new: where a ref was moved past the hook, real becomes what was known of it.
			if u := &p.updates[i]; u.decision.Old == (history.ID{}).String() && !u.New.IsZero() {
				folders = append(folders, u.resolved+"/")
			}
		}
		slices.Sort(folders) // what is in a folder follows it
		for i := 1; i < len(folders); i++ {
			if above, below := folders[i-1], folders[i]; above != below && strings.HasPrefix(below, above) {
				above, below = strings.TrimSuffix(above, "/"), strings.TrimSuffix(below, "/")
				p.clashes[above], p.clashes[below] = below, above
			}
		}
	}
	return p.clashes[u.resolved]
}

// AcceptMove lets one move of a protected ref stand that no judged push made: from what it was known to be to what
// it is now. Whoever may write to the journal may say so, and it is recorded who did and why.
func (g *Gate) AcceptMove(ctx context.Context, req Request, ref, from, to, reason string) error {
	if g.repo == nil || g.now == nil {
		return ErrUndecided
	}
	old, err := history.ParseID(from)
	if err != nil {
		return err
	}
	found, err := history.ParseID(to)
	if err != nil {
		return err
	}
	g.received = req.Received.Unix()
	refs, err := g.repo.Refs(ctx, ref)
	if err != nil {
		return err
	}
	var now history.ID
	for _, r := range refs {
		if r.Name == ref {
			now = r.ID
		}
	}
	if now != found {
		return fmt.Errorf("%s is at %s, not at %s", ref, absent(now), absent(found))
	}
	if l, err := g.refLog(ctx); err != nil || l == nil {
		return errors.Join(err, errors.New("there is no journal yet, and nothing to accept"))
	}
	state, err := g.stateOf(ctx, ref, now)
	if err != nil {
		return err
	}
	known := state.Known()
	switch {
	case known == "":
		return fmt.Errorf("nothing is known of %s while it was protected: nothing to accept", ref)
	case known != old.String():
		return fmt.Errorf("%s was known to be at %s, not at %s", ref, known, from)
	case known == found.String() && len(state.Unjudged()) == 0:
		return fmt.Errorf("%s is where it was known to be: nothing to accept", ref)
	}
	d := policy.Decision{Verdict: policy.Accepted, Reference: reference(req), Notes: []string{"moved past the hook and let stand: " + reason}}
	d.Refs = []policy.RefDecision{{Ref: ref, Old: old.String(), New: found.String(), Protected: true}}
	return g.record(ctx, record.Move, req, d)
}
