package gate

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"countersign/policy"
)

// Index finds what the journal says of a key without reading all of it; see [Indexed].
type Index interface {
	// Update takes in what was recorded since the last time. The error is fs.ErrNotExist if there is no journal.
	Update(ctx context.Context) error
	// Lookup gives what records say of a key, in their order.
	Lookup(ctx context.Context, key string) ([][]byte, error)
}

// IndexVersion is that of what [Indexed] gives.
const IndexVersion = 2

// The keys of an index.
const (
	refKey     = "ref "    // before the name of a ref: a saying for each record that changes it, or was to
	appliedKey = "applied" // there are records of what Git made
)

// Said is what a record says of a key.
type Said struct {
	Key   string
	Value []byte
}

// Indexed gives what an index is to keep of a record.
func Indexed(record []byte) ([]Said, error) {
	what, changes, err := sayings(record)
	if err != nil {
		return nil, err
	}
	var said []Said
	if what == appliedSaying {
		said = append(said, Said{Key: appliedKey})
	}
	for _, c := range changes {
		protected := byte('-')
		if c.protected {
			protected = 'p'
		}
		said = append(said, Said{refKey + c.ref, fmt.Appendf(nil, "%c%c %d %d %s %s", what, protected, c.at, c.landings, c.old, c.new)})
	}
	return said, nil
}

// saying is what a record says of the refs it names.
type saying byte

const (
	acceptedSaying saying = '+' // the change was accepted
	refusedSaying  saying = '-' // it was refused
	appliedSaying  saying = '=' // Git made it
	moveSaying     saying = 'm' // an operator lets it stand, though no push made it
	foundSaying    saying = 'f' // it was found so
)

var errSaying = errors.New("the index of the journal holds something else than what was put there")

// parseSaying reads what Indexed wrote of a ref.
func parseSaying(ref string, value []byte) (saying, change, error) {
	s := string(value)
	head, rest, _ := strings.Cut(s, " ")
	at, rest, _ := strings.Cut(rest, " ")
	landings, rest, _ := strings.Cut(rest, " ")
	old, new, ok := strings.Cut(rest, " ")
	if !ok || len(head) != 2 {
		return 0, change{}, errSaying
	}
	c := change{ref: ref, old: old, new: new, protected: head[1] == 'p'}
	var err, also error
	c.at, err = strconv.ParseInt(at, 10, 64)
	c.landings, also = strconv.Atoi(landings)
	if err != nil || also != nil {
		return 0, change{}, errSaying
	}
	return saying(head[0]), c, nil
}

// sayings reads a record: what it says, 0 for nothing, and of which changes.
func sayings(record []byte) (what saying, changes []change, err error) {
	var r Record
	if err := json.Unmarshal(record, &r); err != nil {
		return 0, nil, err
	}
	switch r.Schema {
	case RecordSchema, OperatorSchema: // an operator's word is a decision, too
		what = refusedSaying
	case AppliedSchema:
		what = appliedSaying
	case MoveSchema:
		what = moveSaying
	case BaselineSchema:
		what = foundSaying
	default:
		return 0, nil, nil
	}
	var d struct {
		Verdict policy.Verdict `json:"verdict"`
		Refs    []recordedRef  `json:"refs"`
		// The bytes of texts that aren't UTF-8, by where they stand; see package report.
		Exact map[string][]byte `json:"exact"`
	}
	if err := json.Unmarshal(r.Decision, &d); err != nil {
		return 0, nil, err
	}
	if what == refusedSaying && d.Verdict == policy.Accepted {
		what = acceptedSaying
	}
	for i, ref := range d.Refs {
		if ref.Old == "" { // nothing was looked up
			continue
		}
		ref.exactly(d.Exact, i)
		changes = append(changes, change{
			ref: cmp.Or(ref.Resolved, ref.Ref), old: ref.Old, new: ref.New, at: r.Time.Unix(), protected: ref.Protected, landings: ref.Landings,
		})
	}
	return what, changes, nil
}

// recordedRef is what is read again of a decision's refs.
type recordedRef struct {
	Ref       string `json:"ref"`
	Resolved  string `json:"resolved"`
	Old       string `json:"old"`
	New       string `json:"new"`
	Protected bool   `json:"protected"`
	Landings  int    `json:"landings"`
}

// exactly puts back the bytes of names that JSON can't carry.
func (r *recordedRef) exactly(exact map[string][]byte, at int) {
	for name, text := range map[string]*string{"ref": &r.Ref, "resolved": &r.Resolved} {
		if b, ok := exact[fmt.Sprintf("/refs/%d/%s", at, name)]; ok {
			*text = string(b)
		}
	}
}
