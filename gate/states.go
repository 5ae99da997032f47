package gate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"countersign/gate/refstate"
	"countersign/history"
	"countersign/policy"
)

// refLog gives what the journal says of the refs, nil where there is no journal.
func (g *Gate) refLog(ctx context.Context) (*refstate.Log, error) {
	if g.states != nil || g.o.Records == nil {
		return g.states, nil
	}
	setting := g.inForce.policy.Journal
	journal := refstate.Journal{Records: g.o.Records(g.GitDir(), setting)}
	if g.o.Index != nil {
		journal.Index = g.o.Index(g.GitDir(), setting)
	}
	l, err := refstate.Open(ctx, journal, g.repo, g.received)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("when the push was first seen: %w", err)
	}
	g.states = l
	return l, nil
}

// stateOf gives what the journal says of a ref that has a value now, and takes for made what led there.
func (g *Gate) stateOf(ctx context.Context, ref string, now history.ID) (*refstate.State, error) {
	l, err := g.refLog(ctx)
	if err != nil {
		return nil, err
	}
	return l.State(ctx, ref, now)
}

// wholeLog gives what the journal says of all refs, nil where there is no journal.
func (g *Gate) wholeLog(ctx context.Context) (*refstate.Whole, error) {
	l, err := g.refLog(ctx)
	if err != nil {
		return nil, err
	}
	return l.Whole(ctx)
}

// view looks at what was in sight.
func (g *Gate) view(ctx context.Context) (refstate.View, error) {
	l, err := g.refLog(ctx)
	if err != nil {
		return refstate.View{}, err
	}
	repo, err := g.aside()
	return refstate.View{Log: l, Repository: repo, Visible: inView}, err
}

// inView says whether people look at a ref: clones fetch branches and tags, and web pages show them; reviewers
// fetch vouchers. What lies under another name nobody sees who isn't told of it.
func inView(ref string) bool {
	return strings.HasPrefix(ref, "refs/heads/") || strings.HasPrefix(ref, "refs/tags/") || policy.IsAttestation(ref)
}

// firstSeen adds to a landing since when some of its commits, and its approvals, have been in sight.
func (g *Gate) firstSeen(ctx context.Context, q question, commits map[string]bool) error {
	landing := q.landing
	l, err := g.refLog(ctx)
	if err != nil || l == nil && landing.Received == 0 {
		return err // no server, no journal
	}
	if landing.Seen == nil {
		landing.Seen = make(map[string]int64)
	}
	if l != nil { // else this is the first push
		seen, err := g.inSight(ctx, landing, slices.Sorted(maps.Keys(commits)))
		if err != nil {
			return err
		}
		maps.Copy(landing.Seen, seen)
	}
	for i := range landing.Approvals {
		a := &landing.Approvals[i]
		if a.Object == "" || a.Signature.Principal == "" {
			continue
		}
		if a.Seen, err = g.attestedAt(ctx, policy.Approves, a.Commit, a.Signature.Principal, a.Object); err != nil {
			return err
		}
	}
	made, err := l.TellsMade(ctx)
	landing.MadeUnknown = !made
	return err
}

// inSight says since when some commits of a landing have been in sight, until now. Of history that has landed it
// says what was so when that came in: with the first value of its ref that has it.
func (g *Gate) inSight(ctx context.Context, landing *policy.Landing, commits []string) (map[string]int64, error) {
	v, err := g.view(ctx)
	if err != nil {
		return nil, err
	}
	if landing.Received != 0 {
		return v.Now(ctx, commits)
	}
	until, err := v.FirstWith(ctx, landing.Ref, history.ID{}, landing.Commit.ID)
	if err != nil {
		return nil, err
	}
	return v.Before(ctx, until, commits)
}

// attestedAt says when the journal first has an object as a voucher in its place, in seconds since 1970; 0 where it
// doesn't.
func (g *Gate) attestedAt(
	ctx context.Context, kind policy.AttestationKind, commit, principal, object string,
) (int64, error) {
	tag, err := history.ParseID(object)
	if err != nil {
		return 0, err
	}
	s, err := g.stateOf(ctx, kind.Ref(commit, principal), tag)
	if err != nil {
		return 0, err
	}
	return s.FirstSeen(object), nil
}

// judgedRefs gives the protected refs whose whole content this gate has judged, by its journal, or which was
// adopted. That a name is protected today says nothing of what was pushed there before.
func (g *Gate) judgedRefs(ctx context.Context) ([]history.Ref, error) {
	refs, err := g.protectedRefs(ctx)
	if err != nil {
		return nil, err
	}
	adopted, err := adoption(g.inForce.policy)
	if err != nil {
		return nil, err
	}
	var roots []history.ID // what has to be adopted
	needs := make(map[string][]history.ID)
	for _, ref := range refs {
		needs[ref.Name] = []history.ID{ref.ID}
		s, err := g.stateOf(ctx, ref.Name, ref.ID)
		if err != nil {
			return nil, err
		}
		began, judged := s.Judged(ref.ID.String())
		if !judged {
			if !strings.HasPrefix(ref.Name, "refs/tags/") { // old tags are many, and stand on what branches hold
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
