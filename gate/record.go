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

// The schemas of the records this version writes: what was decided, and what Git then did.
const (
	RecordSchema  = "countersign-push/1"
	AppliedSchema = "countersign-applied/1"
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
		if g.policy != nil {
			setting = g.policy.Journal
		}
		var err error
		if g.recorder, err = g.o.Record(g.GitDir(), setting); err != nil {
			return err
		}
	}
	decision, err := g.o.Encode(d)
	if err != nil {
		return err
	}
	r := Record{
		Schema: schema, Time: req.Received.UTC(), Repository: g.GitDir(), Program: g.o.Version,
		Pusher: req.Pusher, Options: req.Options, Millis: g.o.Now().Sub(req.Received).Milliseconds(), Decision: decision,
	}
	if g.policy != nil {
		r.Policy = g.policy.Digest
	}
	b, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return g.recorder.Append(ctx, b)
}

// Applied records the ref updates that Git made, which are not all that were accepted: another hook,
// a race or a broken connection can stop a push after its decision.
func (g *Gate) Applied(ctx context.Context, req Request) error {
	d := policy.Decision{Verdict: policy.Accepted}
	for _, u := range req.Updates {
		d.Refs = append(d.Refs, policy.RefDecision{
			Ref: u.Name, Old: u.Old.String(), New: u.New.String(), Protected: g.policy != nil && g.policy.Protects(u.Name),
		})
	}
	return g.record(ctx, AppliedSchema, req, d)
}
