package gate

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
	now, err := p.valueOf(ctx, u.resolved) // again: the journal may know of a push that came in since
	if err != nil {
		return false, err
	}
	if now != u.real {
		p.find(u, policy.StaleRef(u.Name, now.String(), u.real.String()))
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

// valueOf gives what a ref holds now, zero where there is none.
func (g *Gate) valueOf(ctx context.Context, ref string) (history.ID, error) {
	refs, err := g.repo.Refs(ctx, ref)
	if i := slices.IndexFunc(refs, func(r history.Ref) bool { return r.Name == ref }); i >= 0 {
		return refs[i].ID, err
	}
	return history.ID{}, err
}

// movedOutside is the finding about a ref that isn't where the last judged push left it.
func (g *Gate) movedOutside(ctx context.Context, ref string, known, now history.ID) policy.Finding {
	return policy.MovedRef{
		Ref: ref, Known: nameOf(known), Now: nameOf(now), WhatCameIn: g.cameIn(ctx, known, now),
		LengthOfIDs: max(len(known.String()), len(now.String())),
	}.Finding()
}

// cameIn says what came in past the hook since a ref was known to have a value: its commits, the newest first.
func (g *Gate) cameIn(ctx context.Context, known, now history.ID) string {
	if now.IsZero() {
		return "it was deleted"
	}
	if kind, err := g.repo.Kind(ctx, now); err != nil || kind != "commit" {
		return "the object was judged by nobody"
	}
	const unread = "what came in can't be read"
	seen := 0
	line, err := g.repo.FirstParents(ctx, now, func(id history.ID) bool {
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

// AcceptMove lets one move of a protected ref stand that no judged push made, from the value that it was known to have
// to the one that it has now, and records who said so and why. Whoever may write to the journal may say so.
func (g *Gate) AcceptMove(ctx context.Context, req Request, ref, from, to, reason string) error {
	if g.repo == nil || g.inForce == nil {
		return ErrUndecided
	}
	old, err := history.ParseID(from)
	if err != nil {
		return err
	}
	new, err := history.ParseID(to)
	if err != nil {
		return err
	}
	g.received = req.Received.Unix()
	now, err := g.valueOf(ctx, ref)
	if err != nil {
		return err
	}
	if now != new {
		return fmt.Errorf("%s is at %s, not at %s", ref, cmp.Or(nameOf(now), "nothing"), cmp.Or(nameOf(new), "nothing"))
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
	case known == new.String() && len(state.Unjudged()) == 0:
		return fmt.Errorf("%s is where it was known to be: nothing to accept", ref)
	}
	d := policy.Decision{
		Verdict: policy.Accepted, Reference: reference(req),
		Notes: []string{"moved past the hook and let stand: " + reason},
	}
	d.Refs = []policy.RefDecision{{Ref: ref, Old: old.String(), New: new.String(), Protected: true}}
	return g.record(ctx, record.Move, req, d)
}
