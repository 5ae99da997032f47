package gate

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/gate/record"
	"countersign/gate/review"
	"countersign/gate/site"
	"countersign/gate/ticket"
	"countersign/gate/walk"
	"countersign/policy"
)

// Judge decides a push and has the decision recorded. Whatever goes wrong, a panic included, refuses
// the push: the error then wraps [ErrUndecided], and the decision still carries the reference under
// which the record can be found, if it could be written. Where the gate only observes, a decision that is recorded may
// say that the push goes on; see [policy.Decision.GoesOn].
func (g *Gate) Judge(ctx context.Context, req Request) (policy.Decision, error) {
	d, err := g.inTime(ctx, req)
	return g.conclude(ctx, req, d, err)
}

// NotUnderstood refuses a push whose request couldn't be read, and has that recorded as [Gate.Judge]
// would.
func (g *Gate) NotUnderstood(ctx context.Context, req Request, why error) (policy.Decision, error) {
	return g.conclude(ctx, req, policy.Decision{}, why)
}

// conclude makes a decision final: recorded, or refused.
func (g *Gate) conclude(ctx context.Context, req Request, d policy.Decision, err error) (policy.Decision, error) {
	if err == nil {
		d.Settle()
	}
	d = record.Bounded(d)
	d.Reference = reference(req)
	if err != nil {
		d.Verdict, d.Undecided = policy.Refused, err.Error()
		d.Findings = append(d.Findings, tookTooLong(err)...)
		if d.Refs == nil { // nothing was looked up, but the record says what was asked for
			d.Refs = g.asked(req)
		}
		err = site.Undecided(err)
	}
	accepted := d.Verdict == policy.Accepted
	if accepted {
		if rerr := review.In(g.GitDir()).Keep(d); rerr != nil {
			err = site.Undecided(fmt.Errorf("the list of exceptions to review: %w", rerr))
			d.Verdict, d.Undecided = policy.Refused, err.Error()
		}
	}
	d.Observed = d.Verdict != policy.Accepted && Observes(g.GitDir())
	if d.GoesOn() {
		if terr := g.leaveTicket(req); terr != nil {
			err = site.Undecided(fmt.Errorf("the ticket for the guard couldn't be written: %w", terr))
			d.Verdict, d.Observed, d.Undecided = policy.Refused, false, err.Error()
		}
	}
	rerr := g.record(ctx, record.Push, req, d)
	if errors.Is(rerr, record.ErrTooLong) && d.GoesOn() { // refused, that fits
		err = site.Undecided(rerr)
		d.Verdict, d.Observed, d.Undecided = policy.Refused, false, err.Error()
		rerr = g.record(ctx, record.Push, req, d)
	}
	if rerr != nil || !d.GoesOn() {
		ticket.In(g.GitDir()).Remove(g.o.Process)
	}
	if accepted && (rerr != nil || d.Verdict != policy.Accepted) {
		review.In(g.GitDir()).Drop(d)
	}
	if rerr != nil {
		rerr = site.Undecided(fmt.Errorf("the record couldn't be written: %w", rerr))
		err = errors.Join(err, rerr)
		return policy.Decision{Reference: d.Reference, Unrecorded: true, Undecided: err.Error()}, err
	}
	if d.Verdict == policy.Accepted {
		g.site.Tenure.Save()
	}
	if g.site.Repo != nil {
		if note := review.In(g.GitDir()).Remind(); note != "" {
			d.Notes = append(d.Notes, note)
		}
	}
	return d, err
}

// grace is how long after the policy's limit time a push that is still being decided is waited for.
const grace = 500 * time.Millisecond

// inTime decides a push within the policy's limit time. Whatever still computes or waits after that and a grace is
// left to itself: it works on a copy of the gate, and nothing of that is looked at any more. What is left of this
// one can do no more than have the push recorded.
func (g *Gate) inTime(ctx context.Context, req Request) (policy.Decision, error) {
	limit := time.Minute
	if g.site.InForce != nil {
		limit = g.site.Rules().Limits.Time
	}
	ctx, cancel := context.WithTimeoutCause(ctx, limit, timeUsedUp(limit))
	defer cancel()
	deciding, of := *g, *g.site
	deciding.site = &of
	var d policy.Decision
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer walk.Recovered(&err)
		d, err = deciding.decide(ctx, req)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		late := time.NewTimer(grace)
		defer late.Stop()
		select {
		case <-done:
		case <-late.C:
			gone := site.New(site.Options{Dir: g.GitDir()}, nil)
			gone.InForce = g.site.InForce
			g.site = gone
			return policy.Decision{}, context.Cause(ctx)
		}
	}
	*g = deciding
	switch {
	case ctx.Err() == nil:
	case err == nil: // what was decided without time may be half of it
		err = context.Cause(ctx)
	default:
		err = fmt.Errorf("%w (%w)", context.Cause(ctx), err)
	}
	return d, err
}
