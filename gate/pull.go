package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"countersign/gate/inforce"
	"countersign/gate/site"
	"countersign/history"
	"countersign/policy"
)

// PullRequest is what somebody wants a forge to merge into a protected branch.
type PullRequest struct {
	Ref  string     // full name of the branch, which needn't be here under that name
	Base history.ID // what it holds
	Head history.ID // what is to be merged
	// Service is the principal that signs what the forge's button makes; "" for the only service that there is.
	Service string
	Now     time.Time
}

// JudgePull judges the merge that a forge's service would make of a pull request now, as a push of it would be judged:
// by the policy of what the branch holds, and never by one that comes with the request. Nothing is recorded. Errors
// wrap [ErrUndecided], but for those that say what is wrong with the question.
func (g *Gate) JudgePull(ctx context.Context, r PullRequest) (_ policy.Decision, err error) {
	defer site.UndecidedOnPanic(&err)
	if !g.site.Readable() || g.site.InForce.Keys == nil {
		return policy.Decision{}, ErrUndecided
	}
	of := *g // which judges by another policy than that of HEAD
	at := *g.site
	of.site = &at
	if err := of.policyFor(ctx, r); err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	if _, err := of.RefCalled(r.Ref); err != nil {
		return policy.Decision{}, err
	}
	service, err := serviceCalled(at.Rules(), r.Service)
	if err != nil {
		return policy.Decision{}, err
	}
	there, err := at.Repo.Reaches(ctx, []history.ID{r.Base}, []history.ID{r.Head})
	if err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	if there[0][0] {
		d := policy.Decision{Refs: []policy.RefDecision{r.decision()}}
		d.Notes = append(d.Notes, fmt.Sprintf("%s has %s already: there is nothing to merge", r.Ref, r.Head))
		d.Settle()
		return d, nil
	}
	merge, err := history.TryMerge(ctx, history.Options{Dir: g.o.Dir, Env: g.o.Getenv}, r.Base, r.Head, r.Now.Unix())
	if err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	defer merge.Close()
	of.o.Getenv = merge.Env
	of.site = site.New(of.o.site(), nil)
	of.site.Source, of.site.InForce = at.Source, at.InForce
	if of.site.Repo, err = of.o.openRepo(limitsOf(at.Rules())); err != nil {
		return policy.Decision{}, site.Undecided(err)
	}
	defer of.site.Close()
	of.site.OpenTenure()
	defer of.logs.During(ctx, inforce.Logs(of.site.InForce, of.site.Source.First)...)()
	of.site.Receive(r.Now.Unix())
	d, err := of.judgeMerge(ctx, r, &tried{merge, service, r.Now})
	return d, site.Undecided(err)
}

// policyFor finds the policy in force for a pull request: that of what its branch holds, or, for another branch than
// the one that holds the policy in the tree, that of that one.
func (g *Gate) policyFor(ctx context.Context, r PullRequest) (err error) {
	s := g.site
	if s.InForce, err = s.Source.At(ctx, s.Repo, r.Base); err != nil || !s.InTree() {
		return err
	}
	main, err := g.holder(ctx)
	if err != nil || main == r.Ref {
		return err
	}
	fetched := "refs/remotes/origin/" + strings.TrimPrefix(main, "refs/heads/")
	refs, err := s.Repo.Refs(ctx, fetched, main)
	if err != nil {
		return err
	}
	if len(refs) == 0 {
		return fmt.Errorf("the policy in force is that of %s, which isn't here: git fetch origin %s:%s", main, main, fetched)
	}
	tip := refs[0].ID
	if i := slices.IndexFunc(refs, func(ref history.Ref) bool { return ref.Name == fetched }); i >= 0 {
		tip = refs[i].ID
	}
	s.InForce, err = s.Source.At(ctx, s.Repo, tip)
	return err
}

// holder gives the branch that holds the policy in the tree: the one that is pinned, or else HEAD's, if that is
// protected, or else that of the remote's HEAD. It is never guessed by names: whoever may push may have made a branch
// of such a name.
func (g *Gate) holder(ctx context.Context) (string, error) {
	if ref := g.site.Source.Introduction.Ref; ref != "" {
		return ref, nil
	}
	head, err := g.site.Repo.Symbolic(ctx, "HEAD")
	if err != nil || g.site.Rules().Protects(head) {
		return head, err
	}
	const remote = "refs/remotes/origin/"
	head, err = g.site.Repo.Symbolic(ctx, remote+"HEAD")
	if name, ok := strings.CutPrefix(head, remote); ok && err == nil {
		return "refs/heads/" + name, nil
	}
	if err == nil {
		err = errors.New("which branch holds the policy isn't known here: git remote set-head origin BRANCH")
	}
	return "", err
}

// serviceCalled gives the name of a service of the policy: "" stands for the only one.
func serviceCalled(p *policy.Policy, name string) (string, error) {
	var names []string
	for _, q := range p.Principals {
		if q.Role == policy.Service {
			names = append(names, q.Name)
		}
	}
	switch {
	case len(names) == 0:
		return "", errors.New("the policy names no service, so nothing that a forge's button makes may land: " +
			`put the forge's key into the policy, as a principal with role = "service"; docs/github.md says where to get it`)
	case slices.Contains(names, name):
		return name, nil
	case name != "":
		return "", fmt.Errorf("no service is called %.80q; the policy has %s", name, strings.Join(names, ", "))
	case len(names) > 1:
		return "", fmt.Errorf("say --service, who would merge it: the policy has %s", strings.Join(names, ", "))
	}
	return names[0], nil
}

func (r PullRequest) decision() policy.RefDecision {
	return policy.RefDecision{Ref: r.Ref, Old: r.Base.String(), New: r.Head.String(), Protected: true}
}

// judgeMerge judges the push of the merge.
func (g *Gate) judgeMerge(ctx context.Context, r PullRequest, merge *tried) (policy.Decision, error) {
	p := g.newPush(Request{Received: r.Now})
	p.tried = merge
	p.decision.Refs = []policy.RefDecision{r.decision()}
	u := &update{
		RefUpdate: history.RefUpdate{Old: r.Base, New: merge.ID, Name: r.Ref},
		resolved:  r.Ref, real: r.Base, decision: &p.decision.Refs[0],
	}
	if len(merge.Conflicts) > 0 {
		p.refuse(u, policy.RefStale, "git can't merge the request by itself, and no service may settle a conflict: "+
			strings.Join(merge.Conflicts, ", "), mergedByPerson(r.Ref)...)
	} else if err := p.decided(ctx, u, func(ctx context.Context, u *update) error {
		return p.brings(ctx, u, merge.ID)
	}); err != nil {
		return policy.Decision{}, err
	}
	log, err := p.site.RefLog(ctx)
	if err != nil {
		return policy.Decision{}, err
	}
	for i := range p.decision.Findings {
		merge.tell(&p.decision.Findings[i], r.Head.String(), log == nil)
	}
	p.note(fmt.Sprintf("judged as if %s merged %s into %s now; what is squashed, rebased or pushed by somebody is "+
		"judged otherwise", merge.service, r.Head, r.Base))
	if log == nil && p.byPattern(u) {
		p.note("whether somebody wants such a branch (countersign explain ref-unwanted) only a server's journal tells")
	}
	p.decision.Settle()
	return p.decision, nil
}
