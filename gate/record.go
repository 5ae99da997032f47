package gate

import (
	"context"
	"errors"
	"slices"
	"time"

	"countersign/gate/record"
	"countersign/gate/review"
	"countersign/policy"
)

// recordTime bounds how long a push waits for its record to be written.
const recordTime = 15 * time.Second

var errNoRecorder = errors.New("no journal is open")

// record writes a decision down. It has its own bounded time: a push that took too long is recorded
// all the same.
func (g *Gate) record(ctx context.Context, schema string, req Request, d policy.Decision) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), recordTime)
	defer cancel()
	if g.recorder == nil {
		if g.o.Record == nil {
			return errNoRecorder
		}
		var setting policy.Journal
		if g.inForce != nil {
			setting = g.inForce.policy.Journal
		}
		var err error
		if g.recorder, err = g.o.Record(g.GitDir(), setting); err != nil {
			return err
		}
	}
	r := record.Record{
		Schema: schema, Time: req.Received.UTC(), Repository: g.GitDir(), Program: g.o.Version,
		Pusher: req.Pusher, Options: req.Options, Millis: g.o.Now().Sub(req.Received).Milliseconds(),
	}
	r.Pusher.Principal = g.pusher
	if g.inForce != nil {
		r.Policy = g.inForce.policy.Digest
	}
	b, err := r.Encode(d, g.o.Encode)
	if err != nil {
		return err
	}
	return g.recorder.Append(ctx, b)
}

// Applied records the ref updates that Git made, which are not all that were accepted: another hook,
// a race or a broken connection can stop a push after its decision.
func (g *Gate) Applied(ctx context.Context, req Request) error {
	d := policy.Decision{Verdict: policy.Accepted, Refs: g.asked(req)}
	if g.repo != nil && g.inForce != nil {
		looking, cancel := context.WithTimeout(ctx, recordTime)
		defer cancel()
		// A push to a symbolic ref moved the ref behind it, as it did when it was decided. What can't be
		// looked up is recorded by its name.
		if p := (&push{Gate: g, req: req}); p.lookUp(looking) == nil {
			d.Refs = p.decision.Refs
		}
	}
	for i, u := range req.Updates {
		d.Refs[i].Old = u.Old.String() // Git's own word by now, not the client's
	}
	return g.record(ctx, record.Applied, req, d)
}

var errNothingToReview = errors.New("no push of that reference waits for a review")

// Review records that somebody has looked at what passed by an exception, and takes it off the list.
func (g *Gate) Review(ctx context.Context, req Request, reference string) error {
	list := review.In(g.GitDir())
	waiting, err := list.Waiting()
	if err != nil {
		return err
	}
	if !slices.Contains(waiting, reference) {
		return errNothingToReview
	}
	d := policy.Decision{Verdict: policy.Accepted, Reference: reference}
	if err := g.record(ctx, record.Review, req, d); err != nil {
		return err
	}
	return list.Done(reference)
}

// asked gives the updates of a request as far as the request says them. What a ref was before, it
// doesn't: the old ids are the client's claim.
func (g *Gate) asked(req Request) []policy.RefDecision {
	refs := make([]policy.RefDecision, len(req.Updates))
	for i, u := range req.Updates {
		protected := g.inForce != nil && g.inForce.policy.Protects(u.Name)
		refs[i] = policy.RefDecision{Ref: u.Name, New: u.New.String(), Protected: protected}
	}
	return refs
}
