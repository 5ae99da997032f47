package gate

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"countersign/policy"
)

// Record is what the journal keeps of one push. Fields are only ever added.
type Record struct {
	Schema     string          `json:"schema"`
	Time       time.Time       `json:"time"` // when the push was received, UTC
	Repository string          `json:"repository"`
	Program    string          `json:"program"` // version
	Policy     string          `json:"policy"`  // digest, "" where it couldn't be read
	Pusher     Pusher          `json:"pusher"`
	Options    []string        `json:"options,omitempty"`
	Millis     int64           `json:"duration_ms"`
	Decision   json.RawMessage `json:"decision"` // as Options.Encode writes it
}

// The schemas of the records this version writes: what was decided, what Git then did,
// that somebody reviewed an exception, and that an operator let a ref move.
const (
	RecordSchema  = "countersign-push/1"
	AppliedSchema = "countersign-applied/1"
	ReviewSchema  = "countersign-review/1"
	MoveSchema    = "countersign-move/1" // an operator lets a move stand that no push made
	// OperatorSchema: an operator lets a ref move beside a push.
	OperatorSchema = "countersign-operator/1"
	// BaselineSchema: what protected refs hold that the journal knew nothing of; old and new are the same.
	BaselineSchema = "countersign-baseline/1"
)

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
		if g.now != nil {
			setting = g.now.policy.Journal
		}
		var err error
		if g.recorder, err = g.o.Record(g.GitDir(), setting); err != nil {
			return err
		}
	}
	r := Record{
		Schema: schema, Time: req.Received.UTC(), Repository: g.GitDir(), Program: g.o.Version,
		Pusher: req.Pusher, Options: req.Options, Millis: g.o.Now().Sub(req.Received).Milliseconds(),
	}
	r.Pusher.Principal = g.pusher
	if d.Verdict != policy.Accepted {
		d = brief(d, &r)
	}
	var err error
	if r.Decision, err = g.o.Encode(d); err != nil {
		return err
	}
	if g.now != nil {
		r.Policy = g.now.policy.Digest
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if len(b) > maxRecord {
		return errTooLong
	}
	return g.recorder.Append(ctx, b)
}

// Applied records the ref updates that Git made, which are not all that were accepted: another hook,
// a race or a broken connection can stop a push after its decision.
func (g *Gate) Applied(ctx context.Context, req Request) error {
	d := policy.Decision{Verdict: policy.Accepted, Refs: g.asked(req)}
	if g.repo != nil && g.now != nil {
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
	return g.record(ctx, AppliedSchema, req, d)
}

// asked gives the updates of a request as far as the request says them. What a ref was before, it
// doesn't: the old ids are the client's claim.
func (g *Gate) asked(req Request) []policy.RefDecision {
	refs := make([]policy.RefDecision, len(req.Updates))
	for i, u := range req.Updates {
		refs[i] = policy.RefDecision{Ref: u.Name, New: u.New.String(), Protected: g.now != nil && g.now.policy.Protects(u.Name)}
	}
	return refs
}
