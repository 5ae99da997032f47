// Package record says what the journal keeps of what happened to a repository: one [Record] for each push that was
// decided, for what Git made of it, and for what an operator or a reviewer said.
//
// A record is one JSON object. Its schema says what happened; fields are only ever added, and a reader passes over
// schemas that it doesn't know. What a record keeps is bounded in three steps. Of any decision only so much is kept as
// anybody reads ([Bounded]). Of a push that may not pass [Record.Encode] keeps some 64 KiB, so that nobody who may push
// nothing can fill the journal. What is left out is counted in the notes. And a record that is longer than a journal
// takes is an error, [ErrTooLong]: the push is to be refused for it, and that record fits.
//
// The package depends on nothing but what it is given, and writes nothing by itself.
package record

import (
	"cmp"
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
	Decision   json.RawMessage `json:"decision"`
}

// Pusher is who the server says is pushing. It is recorded; no rule trusts it.
type Pusher struct {
	// Name as the server authenticated it, "" where it doesn't say.
	Name string `json:"name,omitempty"`
	// Source says where Name, or Key, was read, such as "GL_USER"; fixed at installation, since a pusher
	// can often set variables.
	Source string `json:"source,omitempty"`
	// Principal is who signed the push certificate, as it was verified here; "" for nobody.
	Principal string `json:"principal,omitempty"`
	// Key is the fingerprint of the SSH key by which they logged in, where the server says that and no name. Name is then
	// whose the keyring says it is.
	Key string `json:"key,omitempty"`
	// Address is the client's address where known.
	Address string `json:"address,omitempty"`
}

// Known is the surest that is known of who pushed: who signed the push certificate, or else what the server says. It is
// "" for nothing.
func (p Pusher) Known() string { return cmp.Or(p.Principal, p.Name, p.Key) }

// The schemas of the records that this version writes.
const (
	Push     = "countersign-push/1"     // what was decided
	Applied  = "countersign-applied/1"  // what Git then did
	Review   = "countersign-review/1"   // somebody reviewed an exception
	Move     = "countersign-move/1"     // an operator lets a move stand that no push made
	Operator = "countersign-operator/1" // an operator lets a ref move beside a push
	// Baseline: what protected refs hold that the journal knew nothing of; old and new are the same.
	Baseline = "countersign-baseline/1"
)

// maxLength is how long a record may be, as the journal takes it.
const maxLength = 16 << 20

// ErrTooLong says that a record is longer than a journal takes.
var ErrTooLong = errors.New("the record would be too long: push fewer refs at once")

// Encode gives the record of a decision, which encode writes, losing nothing of what was pushed. Of a push that doesn't
// go on a brief record is made.
func (r Record) Encode(d policy.Decision, encode func(policy.Decision) ([]byte, error)) ([]byte, error) {
	if !d.GoesOn() {
		d = brief(d, &r)
	}
	var err error
	if r.Decision, err = encode(d); err != nil {
		return nil, err
	}
	b, err := json.Marshal(r)
	if err == nil && len(b) > maxLength {
		return nil, ErrTooLong
	}
	return b, err
}
