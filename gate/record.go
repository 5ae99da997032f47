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
		if g.site.InForce != nil {
			setting = g.site.Rules().Journal
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
	if g.site.InForce != nil {
		r.Policy = g.site.Rules().Digest
		if keys := g.site.InForce.Keys; keys != nil && r.Pusher.Key != "" {
			r.Pusher.Name = keys.OfSSH(r.Pusher.Key)
		}
	}
	b, err := r.Encode(d, g.o.Encode)
	if err != nil {
		return err
	}
	return g.recorder.Append(ctx, b)
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
		protected := g.site.InForce != nil && g.site.Rules().Protects(u.Name)
		refs[i] = policy.RefDecision{Ref: u.Name, New: u.New.String(), Protected: protected}
	}
	return refs
}
