package refstate

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"countersign/gate/record"
	"countersign/policy"
)

// IndexVersion is that of what [Entries] gives.
const IndexVersion = 2

// The keys of an index.
const (
	refKey  = "ref "    // before the name of a ref: an entry for each record that changes it, or was to
	madeKey = "applied" // there are records of what Git made
)

// Entry is what an index keeps of a record.
type Entry struct {
	Key   string
	Value []byte
}

// Entries gives what an index is to keep of a record, which is JSON.
func Entries(b []byte) ([]Entry, error) {
	what, changes, err := read(b)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	if what == made {
		entries = append(entries, Entry{Key: madeKey})
	}
	for _, c := range changes {
		protected := byte('-')
		if c.Protected {
			protected = 'p'
		}
		value := fmt.Appendf(nil, "%c%c %d %d %s %s", what, protected, c.At, c.Landings, c.Old, c.New)
		entries = append(entries, Entry{refKey + c.Ref, value})
	}
	return entries, nil
}

// Change is a change of a ref.
type Change struct {
	Ref, Old, New string
	At            int64 // seconds since 1970
	Protected     bool
	Landings      int // that were judged for it
}

// statement is what a record says of the refs it names.
type statement byte

const (
	accepted statement = '+' // the change was accepted, or went on where the server only observes
	refused  statement = '-' // it was refused
	made     statement = '=' // Git made it
	stands   statement = 'm' // an operator lets it stand, though no push made it
	found    statement = 'f' // it was found so
)

var errEntry = errors.New("the index of the journal holds something else than what was put there")

// parse reads what Entries wrote of a ref.
func parse(ref string, value []byte) (statement, Change, error) {
	head, rest, _ := strings.Cut(string(value), " ")
	at, rest, _ := strings.Cut(rest, " ")
	landings, rest, _ := strings.Cut(rest, " ")
	old, new, ok := strings.Cut(rest, " ")
	if !ok || len(head) != 2 {
		return 0, Change{}, errEntry
	}
	c := Change{Ref: ref, Old: old, New: new, Protected: head[1] == 'p'}
	var err, also error
	c.At, err = strconv.ParseInt(at, 10, 64)
	c.Landings, also = strconv.Atoi(landings)
	if err != nil || also != nil {
		return 0, Change{}, errEntry
	}
	return statement(head[0]), c, nil
}

// read reads a record: what it says, 0 for nothing, and of which changes.
func read(b []byte) (what statement, changes []Change, err error) {
	var r record.Record
	if err := json.Unmarshal(b, &r); err != nil {
		return 0, nil, err
	}
	switch r.Schema {
	case record.Push, record.Operator: // an operator's word is a decision, too
		what = refused
	case record.Applied:
		what = made
	case record.Move:
		what = stands
	case record.Baseline:
		what = found
	default:
		return 0, nil, nil
	}
	var d struct {
		Verdict  policy.Verdict `json:"verdict"`
		Observed bool           `json:"observed"` // what went on has been decided: what it led to is known
		Refs     []recordedRef  `json:"refs"`
		// The bytes of texts that aren't UTF-8, by where they stand; see package report.
		Exact map[string][]byte `json:"exact"`
	}
	if err := json.Unmarshal(r.Decision, &d); err != nil {
		return 0, nil, err
	}
	if what == refused && (d.Verdict == policy.Accepted || d.Observed) {
		what = accepted
	}
	for i, ref := range d.Refs {
		if ref.Old == "" { // nothing was looked up
			continue
		}
		ref.exactly(d.Exact, i)
		changes = append(changes, Change{
			Ref: cmp.Or(ref.Resolved, ref.Ref), Old: ref.Old, New: ref.New,
			At: r.Time.Unix(), Protected: ref.Protected, Landings: ref.Landings,
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
