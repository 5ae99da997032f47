package site

import (
	"context"
	"maps"
	"slices"

	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
)

// HoldRefs has all refs be listed once at most, until release is called: later questions are answered by that list, and
// start no process of git's.
func (s *Site) HoldRefs() (release func()) {
	s.held = new(heldRefs)
	return func() { s.held = nil }
}

// heldRefs are all refs, once they were listed.
type heldRefs struct {
	refs   []history.Ref
	listed bool
}

// Refs lists the refs that patterns name, or all; see [history.Repo].
func (s *Site) Refs(ctx context.Context, patterns ...string) ([]history.Ref, error) {
	if s.held == nil || len(patterns) > 0 && !s.held.listed {
		return s.Repo.Refs(ctx, patterns...)
	}
	if !s.held.listed {
		all, err := s.Repo.Refs(ctx)
		if err != nil {
			return nil, err
		}
		*s.held = heldRefs{all, true}
	}
	return history.Matching(s.held.refs, patterns), nil
}

// ProtectedRefs gives the protected refs that exist.
func (s *Site) ProtectedRefs(ctx context.Context) ([]history.Ref, error) {
	refs, err := s.Refs(ctx, s.Rules().ProtectedPrefixes()...)
	return slices.DeleteFunc(refs, func(r history.Ref) bool {
		// What a protected name shows of a ref that isn't protected, nobody judged when it moved there.
		return !s.Rules().Protects(r.Name) || r.ID.IsZero() || r.Target != "" && !s.Rules().Protects(r.Target)
	}), err
}

// JudgedRefs gives the protected refs whose whole content this gate has judged, by its journal, or which was
// adopted, or that were judged elsewhere. That a name is protected today says nothing of what was pushed there before.
func (s *Site) JudgedRefs(ctx context.Context) ([]history.Ref, error) {
	refs, err := s.ProtectedRefs(ctx)
	if err != nil || s.o.Judged {
		return refs, err
	}
	adopted, err := s.InForce.Adopted()
	if err != nil {
		return nil, err
	}
	var roots []history.ID // what has to be adopted
	needs := make(map[string][]history.ID)
	for _, ref := range refs {
		needs[ref.Name] = []history.ID{ref.ID}
		state, err := s.StateOf(ctx, ref.Name, ref.ID)
		if err != nil {
			return nil, err
		}
		began, judged := state.Judged(ref.ID.String())
		if !judged {
			if !lineage.IsTag(ref.Name) { // old tags are many, and stand on what branches hold
				roots = append(roots, ref.ID)
			}
			continue
		}
		needs[ref.Name] = nil
		for _, value := range began {
			id, err := history.ParseID(value)
			if err != nil {
				return nil, err
			}
			needs[ref.Name], roots = append(needs[ref.Name], id), append(roots, id)
		}
	}
	reached, err := s.adoptionReaches(ctx, adopted, roots)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(refs, func(r history.Ref) bool {
		return slices.ContainsFunc(needs[r.Name], func(id history.ID) bool { return !reached[id.String()] })
	}), nil
}

// adoptionReaches says of some commits, by id, whether the adopted ones reach them. The answers are kept, since they
// take a walk over all of the history: a commit-graph isn't believed, since it may be damaged, and what is kept stays.
func (s *Site) adoptionReaches(ctx context.Context, adopted, asked []history.ID) (map[string]bool, error) {
	from := make([]string, len(adopted))
	for i, id := range adopted {
		from[i] = id.String()
	}
	reached := s.Kept.Reached(from)
	for _, id := range from {
		reached[id] = true
	}
	isNews := func(id history.ID) bool { _, ok := reached[id.String()]; return !ok }
	if !slices.ContainsFunc(asked, isNews) {
		return reached, nil
	}
	repo, err := s.Aside()
	if err != nil {
		return nil, err
	}
	by, err := repo.ReachesSurely(ctx, adopted, asked)
	if err != nil {
		return nil, err
	}
	answers := make(map[string]bool)
	for i, id := range asked {
		answers[id.String()] = slices.ContainsFunc(by, func(tip []bool) bool { return tip[i] })
	}
	s.Kept.KeepReached(from, answers)
	maps.Copy(reached, answers)
	return reached, nil
}

// MovedOutside is the finding about a ref that isn't where the last judged push left it.
func (s *Site) MovedOutside(ctx context.Context, ref string, known, now history.ID) policy.Finding {
	return policy.MovedRef{
		Ref: ref, Known: lineage.Name(known), Now: lineage.Name(now), WhatCameIn: lineage.CameIn(ctx, s.Repo, known, now),
		LengthOfIDs: max(len(known.String()), len(now.String())),
	}.Finding()
}
