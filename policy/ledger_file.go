package policy

import (
	"encoding/binary"
	"encoding/json"
	"errors"
)

// ledgerFile is the stored form of a Ledger. Credits that haven't settled are many on a busy branch, and say the same
// few things: they stand there as numbers, three each. These are how much later it landed than the one before it, who,
// and what for, each as [binary.AppendUvarint] writes it, the last two as indexes.
type ledgerFile struct {
	Last    int64                      `json:"last"`
	Earned  map[string]map[work]*tally `json:"earned"`
	People  []string                   `json:"people,omitempty"`
	For     []work                     `json:"for,omitempty"`
	Pending []byte                     `json:"pending,omitempty"`
}

// MarshalJSON writes the ledger, for a cache that is checked and rebuilt rather than trusted.
func (l *Ledger) MarshalJSON() ([]byte, error) {
	f := ledgerFile{Last: l.last, Earned: l.earned}
	people, works := make(map[string]int), make(map[work]int)
	last := int64(0)
	for _, c := range l.pending {
		who, known := people[c.Principal]
		if !known {
			who = len(f.People)
			people[c.Principal], f.People = who, append(f.People, c.Principal)
		}
		what, known := works[c.For]
		if !known {
			what = len(f.For)
			works[c.For], f.For = what, append(f.For, c.For)
		}
		for _, n := range []uint64{uint64(c.When - last), uint64(who), uint64(what)} {
			f.Pending = binary.AppendUvarint(f.Pending, n)
		}
		last = c.When
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Ledger) UnmarshalJSON(b []byte) error {
	var f ledgerFile
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	*l = Ledger{last: f.Last, earned: f.Earned, pending: make([]credit, 0, len(f.Pending)/3)}
	last := int64(0)
	for rest := f.Pending; len(rest) > 0; {
		var credited [3]uint64
		for i := range credited {
			n, size := binary.Uvarint(rest)
			if size <= 0 {
				return errors.New("a credit ends early")
			}
			credited[i], rest = n, rest[size:]
		}
		later, who, what := credited[0], credited[1], credited[2]
		if who >= uint64(len(f.People)) || what >= uint64(len(f.For)) {
			return errors.New("a credit of nobody, or for nothing")
		}
		last += int64(later)
		l.pending = append(l.pending, credit{When: last, Principal: f.People[who], For: f.For[what]})
	}
	return nil
}
