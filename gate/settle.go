package gate

import (
	"context"
	"slices"
	"time"

	"countersign/gate/attest"
	"countersign/history"
	"countersign/policy"
)

// question is a landing for which the answer is sought, as one policy sees it.
type question struct {
	by      *policyInForce
	ledger  *policy.Ledger
	landing *policy.Landing
	fact    *fact
	push    *push   // that brings it, nil where it has landed
	update  *update // of that push
}

// settle has a policy judge a landing, and looks up what the policy says it needs, until it needs nothing more.
func (g *Gate) settle(ctx context.Context, q question) (policy.Outcome, error) {
	q.landing.NoJournal = g.o.Records == nil
	for {
		outcome := q.by.judge(q.ledger, q.landing)
		if outcome.Needs.Empty() {
			return outcome, nil
		}
		if err := g.lookUpNeeds(ctx, q, outcome.Needs); err != nil {
			return outcome, err
		}
		q.landing.Known = q.landing.Known.With(outcome.Needs)
	}
}

// lands judges a landing that comes in now, by each policy that has a say.
func (p *push) lands(ctx context.Context, u *update, ledger *policy.Ledger, f *fact) (policy.Outcome, error) {
	judge := func(by *policyInForce, landing *policy.Landing) (policy.Outcome, error) {
		landing.Ref, landing.Received, landing.ApprovalsFetched = u.resolved, p.req.Received.Unix(), true
		return p.settle(ctx, question{by: by, ledger: ledger, landing: landing, fact: f, push: p, update: u})
	}
	outcome, err := judge(f.by, f.landing)
	if err != nil || f.also == nil {
		return outcome, err
	}
	more, err := judge(f.also, f.twice)
	return outcome.Join(more), err
}

func (g *Gate) lookUpNeeds(ctx context.Context, q question, needs policy.Needs) error {
	for id := range needs.GitsMerge {
		if err := g.askGit(ctx, q.landing.Find(id)); err != nil {
			return err
		}
	}
	for id := range needs.LandedBefore {
		if err := q.push.landedBefore(ctx, q, id); err != nil {
			return err
		}
	}
	wanted, err := needs.Approvals, error(nil)
	if needs.Exceptions && !wanted {
		wanted, err = g.anyException(ctx, q)
	}
	if err == nil && wanted {
		err = g.findApprovals(ctx, q)
	}
	if err == nil && len(needs.FirstSeen) > 0 {
		err = g.firstSeen(ctx, q, needs.FirstSeen)
	}
	return err
}

// anyException says whether there are exceptions at all: looking for those of each landing costs a process.
func (g *Gate) anyException(ctx context.Context, q question) (bool, error) {
	isException := func(r attest.Ref) bool { return r.Kind == policy.Excepts }
	if q.push != nil && slices.ContainsFunc(q.push.attestations, isException) {
		return true, nil
	}
	if g.exceptions == nil {
		repo, err := g.aside()
		if err != nil {
			return false, err
		}
		refs, err := repo.Refs(ctx, policy.Excepts.Prefix())
		if err != nil {
			return false, err
		}
		some := len(refs) > 0
		g.exceptions = &some
	}
	return *g.exceptions, nil
}

// landedBefore judges the signature of a commit as of when it came in on another protected branch, if it did; of the
// landing commit it says whether its date was bounded there.
func (p *push) landedBefore(ctx context.Context, q question, commit string) error {
	read, c := q.fact.find(commit), q.landing.Find(commit)
	if read == nil || c == nil {
		return nil
	}
	others, err := p.otherLines(ctx, q.update)
	if err != nil {
		return err
	}
	if status := c.Signature.Status; status == policy.StatusRevoked || status == policy.StatusExpired {
		at, err := p.cameIn(ctx, others, c.ID)
		if err != nil {
			return err
		}
		if at != 0 {
			landed := q.fact.at.ReceivedAt(time.Unix(at, 0))
			c.Signature = q.by.signature(read.Payload, read.Signature, read.Committer.When, landed)
		}
	}
	if c != &q.landing.Commit {
		return nil
	}
	repo, err := p.aside()
	if err != nil {
		return err
	}
	straight, err := p.straight(ctx, q.update)
	if err != nil {
		return err
	}
	q.landing.Bounded, err = onLineOf(ctx, repo, read.ID, tipsOf(slices.Concat(straight, others))...)
	return err
}

// find gives a commit of a landing as it was read, nil if it isn't of it.
func (f *fact) find(id string) *history.Entry {
	if f.read.Commit.ID.String() == id {
		return &f.read.Commit
	}
	i := slices.IndexFunc(f.read.Brought, func(e history.Entry) bool { return e.ID.String() == id })
	if i < 0 {
		return nil
	}
	return &f.read.Brought[i]
}
