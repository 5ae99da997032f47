package policy

import (
	"encoding/json"
	"errors"
)

// ledgerFile is the stored form of a Ledger. Credits that haven't settled are many on a busy branch, and say the same
// few things: they stand there as the landing time, who, and what for.
type ledgerFile struct {
	Last    int64                      `json:"last"`
	Earned  map[string]map[work]*tally `json:"earned"`
	People  []string                   `json:"people,omitempty"`
	For     []work                     `json:"for,omitempty"`
	Pending [][3]int64                 `json:"pending,omitempty"` // with indexes into these two
}

// MarshalJSON writes the ledger, for a cache that is checked and rebuilt rather than trusted.
func (l *Ledger) MarshalJSON() ([]byte, error) {
	f := ledgerFile{Last: l.last, Earned: l.earned}
	people, works := make(map[string]int), make(map[work]int)
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
		f.Pending = append(f.Pending, [3]int64{c.When, int64(who), int64(what)})
	}
	return json.Marshal(f)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *Ledger) UnmarshalJSON(b []byte) error {
	var f ledgerFile
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	*l = Ledger{last: f.Last, earned: f.Earned, pending: make([]credit, 0, len(f.Pending))}
	for _, c := range f.Pending {
		who, what := uint64(c[1]), uint64(c[2])
		if who >= uint64(len(f.People)) || what >= uint64(len(f.For)) {
			return errors.New("a credit of nobody, or for nothing")
		}
		l.pending = append(l.pending, credit{When: c[0], Principal: f.People[who], For: f.For[what]})
	}
	return nil
}
