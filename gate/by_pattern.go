package gate

import (
	"context"
	"errors"
	"slices"

	"countersign/gate/lineage"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// holdsNothing says whether a protected branch may be deleted by anybody, since nothing is lost by it: it was made,
// by the journal, at a commit that was judged already, has not moved since, and another protected branch that stays
// reaches that commit. Whoever may push can make such branches without a key, and so whoever may push can take
// them away. A branch that the policy names, or that holds the policy, stays.
func (p *push) holdsNothing(ctx context.Context, u *update) (bool, error) {
	if !p.byPattern(u) {
		return false, nil
	}
	if p.empty == nil {
		if err := p.findEmpty(ctx); err != nil {
			return false, err
		}
	}
	return p.empty[u.resolved], nil
}

// perhapsEmpty says, and notes, that a clone can't tell whether a branch that is to be deleted holds anything.
func (p *push) perhapsEmpty(u *update) bool {
	if !p.foresees() || !p.byPattern(u) || p.site.Rules().Protect.AllowDelete {
		return false
	}
	p.note("the server lets " + u.Name + " go if nothing has landed on it, which can't be told here")
	return true
}

// byPattern says whether a branch is protected, though the policy neither names it nor lies on it.
func (p *push) byPattern(u *update) bool {
	return lineage.IsBranch(u.resolved) && !p.site.Rules().Names(u.resolved) && !p.holdsPolicy(u)
}

// wanted asks whether somebody wants what would make a branch one that only the quorum may delete.
func (p *push) wanted(ctx context.Context, u *update) error {
	if !p.byPattern(u) || p.site.Rules().Protect.AllowDelete || u.real.IsZero() && u.decision.Landings == 0 {
		return nil
	}
	if u.real.IsZero() {
		refs, err := p.site.ProtectedRefs(ctx)
		if err != nil || !slices.ContainsFunc(refs, func(r history.Ref) bool { return lineage.IsBranch(r.Name) }) {
			return err // the first ones of a repository
		}
		if at, err := p.onStraight(ctx, u); err != nil || at {
			return err // what the journal doesn't know any more was judged once more
		}
	} else if state, err := p.site.StateOf(ctx, u.resolved, u.real); err != nil || !state.OnlyMade(u.real.String()) {
		return err
	}
	signer, err := p.bringer(ctx, u.New)
	if err != nil {
		return err
	}
	branch := policy.BranchByPattern{
		Name: u.Name, Ref: u.resolved, Old: lineage.Name(u.real), New: u.New.String(),
		Bringer: signer, Pusher: p.pusher, Blind: !p.quarantined() && !p.foresees(),
	}
	outcome := p.site.Rules().JudgeWanted(branch)
	if !outcome.Passes() {
		if branch.Words, err = p.wordsFor(ctx, u); err != nil {
			return err
		}
		outcome = p.site.Rules().JudgeWanted(branch)
	}
	return p.final(u, outcome)
}

// quarantine is where git-receive-pack(1) keeps what a push brings until the push may pass.
var quarantine = []string{"GIT_QUARANTINE_PATH", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES"}

// quarantined says whether what the push brings can be told from what was here. An update hook runs too late for that.
func (p *push) quarantined() bool { return p.o.Getenv != nil && p.o.Getenv(quarantine[0]) != "" }

// bringer names who signed a commit that the repository didn't have before the push, on no ref and beside all of
// them; "" for nobody, and where the commit was here.
func (p *push) bringer(ctx context.Context, id history.ID) (string, error) {
	here, err := p.wasHere(ctx, id)
	if err != nil || here {
		return "", err
	}
	c, err := p.site.Repo.Commit(ctx, id)
	if err != nil {
		return "", err
	}
	at := verify.LandsNow(p.req.Received).NoEarlier(p.req.Received)
	return p.site.InForce.Signature(c.Payload, c.Signature, c.Committer.When, at).Principal, nil
}

// wasHere says whether the repository had a commit before the push, on a ref or beside all of them; where that can't
// be told, it had.
func (p *push) wasHere(ctx context.Context, id history.ID) (bool, error) {
	if p.foresees() {
		refs, err := p.site.Repo.Refs(ctx, "refs/heads/")
		if err != nil {
			return true, err
		}
		repo, err := p.site.Aside()
		if err != nil {
			return true, err
		}
		reached, err := repo.Reaches(ctx, lineage.Tips(refs), []history.ID{id})
		return slices.ContainsFunc(reached, func(by []bool) bool { return by[0] }), err
	}
	if !p.quarantined() {
		return true, nil
	}
	before, env := p.o, p.o.Getenv
	before.Getenv = func(name string) string {
		if slices.Contains(quarantine, name) {
			return ""
		}
		return env(name)
	}
	repo, err := before.openRepo(site.Unlimited)
	if err != nil {
		return false, err
	}
	defer repo.Close()
	if _, err = repo.Kind(ctx, id); errors.Is(err, history.ErrMissing) {
		return false, nil
	}
	return true, err
}

// findEmpty answers holdsNothing for all updates of the push.
func (p *push) findEmpty(ctx context.Context) error {
	p.empty = make(map[string]bool)
	var names []string
	var ids []history.ID
	moved := make(map[string]bool)
	for i := range p.updates {
		u := &p.updates[i]
		moved[u.resolved] = true
		if !u.New.IsZero() {
			continue
		}
		state, err := p.site.StateOf(ctx, u.resolved, u.real)
		if err != nil {
			return err
		}
		if state.OnlyMade(u.real.String()) {
			names, ids = append(names, u.resolved), append(ids, u.real)
		}
	}
	refs, err := p.judgedRefs(ctx)
	if err != nil || len(names) == 0 {
		return err
	}
	stay := slices.DeleteFunc(lineage.Branches(refs), func(r history.Ref) bool { return moved[r.Name] })
	repo, err := p.site.Aside()
	if err != nil {
		return err
	}
	reached, err := repo.Reaches(ctx, lineage.Tips(stay), ids)
	for _, by := range reached {
		for i, yes := range by {
			p.empty[names[i]] = p.empty[names[i]] || yes
		}
	}
	return err
}
