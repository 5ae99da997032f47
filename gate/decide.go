package gate

import (
	"context"
	"errors"
	"fmt"

	"countersign/gate/inforce"
	"countersign/gate/lineage"
	"countersign/policy"
)

// decide gathers the facts about everything the push brings and asks the policy. No finding and no
// error means that the push may pass.
func (g *Gate) decide(ctx context.Context, req Request) (policy.Decision, error) {
	if !g.site.Readable() || g.site.InForce.Keys == nil {
		err := g.open()
		if errors.Is(err, ErrNotConfigured) {
			return policy.Decision{Findings: []policy.Finding{{
				Code: policy.NotConfigured, Detail: err.Error(),
				Next: []string{"ask the server's operator to run: countersign doctor"},
			}}}, nil
		}
		if err != nil {
			return policy.Decision{}, err
		}
	}
	defer g.logs.During(ctx, inforce.Logs(g.site.InForce, g.site.Source.First)...)()
	g.site.Receive(req.Received.Unix())
	defer g.site.HoldRefs()()
	p := g.newPush(req)
	defer func() { g.pusher, g.chain = p.pusher, p.chain }()
	if err := p.lookUp(ctx); err != nil {
		return p.decision, err
	}
	if err := p.names(ctx); err != nil {
		return p.decision, err
	}
	if err := p.certificate(ctx); err != nil {
		return p.decision, err
	}
	// Approvals first: those that come with the commits they approve count for them.
	for _, first := range []bool{true, false} {
		for i := range p.updates {
			u := &p.updates[i]
			if policy.IsAttestation(u.resolved) != first {
				continue
			}
			found := len(p.decision.Findings)
			if err := p.decided(ctx, u, p.update); err != nil {
				return p.decision, err
			}
			if err := p.adopt(ctx, u, found); err != nil {
				return p.decision, err
			}
		}
	}
	if note := policy.OldTags(p.oldTags); note != "" {
		p.note(note)
	}
	return p.decision, nil
}

// decided judges an update. What stands against it is a finding, and no error.
func (p *push) decided(ctx context.Context, u *update, judge func(context.Context, *update) error) error {
	found := len(p.decision.Findings)
	err := judge(ctx, u)
	switch refused := errors.Is(err, errRefused); {
	case refused && len(p.decision.Findings) == found:
		return fmt.Errorf("%s was refused, and nothing says why", u.Name)
	case err != nil && !refused && !p.blames(ctx, u, err):
		return err
	}
	return nil
}

// update judges one update of a push.
func (p *push) update(ctx context.Context, u *update) error {
	if refused, err := p.judgeRef(ctx, u); err != nil || refused {
		return err
	}
	if policy.IsAttestation(u.resolved) {
		return p.attestation(ctx, u)
	}
	if !u.decision.Protected {
		return nil
	}
	if settled, err := p.outside(ctx, u); err != nil || settled {
		return err
	}
	switch {
	case u.New == u.real:
		return nil
	case u.New.IsZero() && p.perhapsEmpty(u):
		return nil
	case u.New.IsZero():
		_, err := p.judgeMove(ctx, u)
		return err
	case lineage.IsTag(u.resolved):
		return p.tag(ctx, u)
	default:
		return p.brings(ctx, u, u.New)
	}
}
