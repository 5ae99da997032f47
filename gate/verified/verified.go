// Package verified is the form in which a verification writes down, for the next one, what it found nothing against.
//
// A [State] says which refs held what when all of it was clean, and names everything else that the verdict depended on,
// each by a digest. [State.Text] writes it down, and [Parse] reads that again, and nothing else: a text of another
// version, cut, changed or longer than [MaxBytes] is an error. What a State is worth, package audit says.
//
// The checksum finds damage and no malice. Whoever may write the file decides what the next run takes for clean.
//
// The package reads and writes no file. Its functions may be called by many goroutines.
package verified

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
)

// MaxBytes bounds a text. Of a State that has more, the ledgers go first.
const MaxBytes = 32 << 20

// magic is how each text begins, whatever its version; format names the version after it.
const (
	magic  = "countersign verified "
	format = magic + "1\n"
)

// errDamaged says that a text isn't what was written, or is of another version.
var errDamaged = errors.New("it is damaged, or of another version of this program")

// errTooLarge says that a State has more than a text may have.
var errTooLarge = errors.New("there is too much to remember")

// Looks says whether a text begins as all of them do, of whatever version, as far as it goes: an empty one does.
func Looks(text []byte) bool {
	n := min(len(text), len(magic))
	return string(text[:n]) == magic[:n]
}

// State is what verifications found nothing against.
type State struct {
	// At is when the last of these runs ended, in seconds since 1970.
	At int64 `json:"at"`
	// Inputs are what its verdict depends on besides what the refs hold, in an order of their own.
	Inputs []Input `json:"inputs"`
	// Commits and Tags are how many were judged, in all of the runs.
	Commits int `json:"commits"`
	Tags    int `json:"tags"`
	// Refs are those that were judged, in the order in which they are.
	Refs []Ref `json:"refs"`
}

// Input is something that a verdict depends on.
type Input struct {
	Name   string `json:"name"`
	Digest string `json:"digest"` // "" where it doesn't matter
}

// Ref is a ref of which all is clean.
type Ref struct {
	Name  []byte `json:"name"`          // raw
	Holds string `json:"holds"`         // the id of a commit or a tag object
	Tip   string `json:"tip,omitempty"` // the commit that it leads to; "" for none
	// Own says that there are commits that were judged for this ref.
	Own bool `json:"own,omitempty"`
	// Old says of a tag that it wasn't held to the rules of tags.
	Old bool `json:"old,omitempty"`
	// Notes are what was worth knowing of its commits, raw.
	Notes [][]byte `json:"notes,omitempty"`
	// Size is how long Ledger is.
	Size int `json:"size,omitempty"`
	// Ledger is what everybody had earned at the tip, as [policy.Ledger] writes it; nil where that isn't known.
	Ledger []byte `json:"-"`
}

// Text gives a State as a text. Ledgers for which there is no room are left out, the largest first.
func (s *State) Text() ([]byte, error) {
	c := *s
	c.Refs = append([]Ref(nil), s.Refs...)
	for {
		text, err := c.text()
		if err != nil || len(text) <= MaxBytes {
			return text, err
		}
		largest := 0
		for i := range c.Refs {
			if len(c.Refs[i].Ledger) > len(c.Refs[largest].Ledger) {
				largest = i
			}
		}
		if len(c.Refs) == 0 || c.Refs[largest].Ledger == nil {
			return nil, errTooLarge
		}
		c.Refs[largest].Ledger = nil
	}
}

// text gives the format, the SHA-256 of all that follows, a line of JSON, and the ledgers one after another.
func (s *State) text() ([]byte, error) {
	for i := range s.Refs {
		s.Refs[i].Size = len(s.Refs[i].Ledger)
	}
	body, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	body = append(body, '\n')
	for _, r := range s.Refs {
		body = append(body, r.Ledger...)
	}
	return append([]byte(format+sum(body)+"\n"), body...), nil
}

func sum(body []byte) string {
	h := sha256.Sum256(body)
	return hex.EncodeToString(h[:])
}

// Parse reads what [State.Text] wrote. The State keeps the text.
func Parse(text []byte) (*State, error) {
	rest, ok := bytes.CutPrefix(text, []byte(format))
	said, body, cut := bytes.Cut(rest, []byte("\n"))
	if !ok || !cut || len(text) > MaxBytes || string(said) != sum(body) {
		return nil, errDamaged
	}
	head, ledgers, _ := bytes.Cut(body, []byte("\n"))
	s := new(State)
	if json.Unmarshal(head, s) != nil {
		return nil, errDamaged
	}
	for i := range s.Refs {
		r := &s.Refs[i]
		if r.Size < 0 || r.Size > len(ledgers) {
			return nil, errDamaged
		}
		if r.Size > 0 {
			r.Ledger, ledgers = ledgers[:r.Size:r.Size], ledgers[r.Size:]
		}
	}
	// What isn't written so byte for byte has something that was not understood.
	again, err := json.Marshal(s)
	if err != nil || !bytes.Equal(again, head) || len(ledgers) > 0 {
		return nil, errDamaged
	}
	return s, nil
}
