package audit

import (
	"context"
	"slices"

	"countersign/history"
	"countersign/policy"
)

// shared is what the refs of one verification have in common. What lies below a commit of a first-parent line is the
// same on every line that it is on: the same landings, and everybody had earned the same. So a ref is judged from the
// commit on at which its line leaves one that was judged before.
//
// Where a landing changes the policy and is refused, the one before it goes on judging; and on another ref it may not
// be refused. What a line holds after that is judged anew for each ref. A landing of which what is found depends on the
// ref is judged for each ref that holds it.
type shared struct {
	places map[history.ID]place
	forks  []fork // of each audit
	wanted map[history.ID]bool
	earned map[history.ID]*policy.Ledger // up to the commits wanted, once their line was judged
	spoilt bool                          // what follows on the line being judged may fall under another policy elsewhere
}

// place is where a commit lies: on whose line first, and how far below its tip.
type place struct{ of, below int }

// fork is where the line of an audit leaves that of another; of is negative where it doesn't.
type fork struct {
	place
	at   history.ID
	anew bool // all of it was judged anyway
}

// share reads the first-parent lines of all that is to be judged, down to what was judged before. Each commit is read
// once. A line that can't be read is shared with nothing.
func (a *Auditor) share(ctx context.Context, audits []Audit, before func(history.ID) bool) (*shared, error) {
	s := &shared{
		forks:  make([]fork, len(audits)),
		places: make(map[history.ID]place), wanted: make(map[history.ID]bool),
		earned: make(map[history.ID]*policy.Ledger),
	}
	for i := range s.forks {
		s.forks[i].of = -1
	}
	if len(audits) == 1 {
		return s, nil
	}
	for i, of := range audits {
		if of.Range.Tip.IsZero() {
			continue
		}
		line, err := []history.ID{of.Range.Tip}, error(nil)
		if !before(of.Range.Tip) {
			line, err = a.site.Repo.FirstParents(ctx, of.Range.Tip, func(id history.ID) bool {
				_, known := s.places[id]
				return known || before(id)
			})
		}
		if err != nil && !unreadable(ctx, err) {
			return nil, err
		}
		for below, id := range line {
			if at, known := s.places[id]; known {
				s.forks[i], s.wanted[id] = fork{place: at, at: id}, true
				break
			}
			s.places[id] = place{i, below}
		}
	}
	return s, nil
}

// leaveOut has an audit judge what comes after a commit of its line, by what is known to have stood there.
func (a *Audit) leaveOut(commit history.ID, stood func(history.ID) *policy.Ledger) {
	a.Range.Not = append(slices.Clip(a.Range.Not), commit)
	a.stood = func(id history.ID) *policy.Ledger {
		if id != commit {
			return nil
		}
		return stood(id)
	}
}

// begin lets an audit begin where its line leaves one that was judged, and says which, negative for none.
func (s *shared) begin(i int, of *Audit) (with int) {
	f := &s.forks[i]
	ledger := s.earned[f.at]
	if s.spoilt = false; f.of < 0 || ledger == nil {
		f.anew = true
	} else {
		of.leaveOut(f.at, func(history.ID) *policy.Ledger { return ledger })
	}
	of.credited = func(landing history.ID, l *policy.Ledger) {
		if s.wanted[landing] && !s.spoilt {
			s.earned[landing] = l.Clone()
		}
	}
	if f.anew {
		return -1
	}
	return f.of
}

// above gives the audits whose lines leave that of another at a commit of it or above: they hold it, and don't begin
// with it.
func (s *shared) above(i int, id history.ID) (also []int) {
	p, known := s.places[id]
	for other := range s.forks {
		if known && other != i && s.holds(other, p, true) {
			also = append(also, other)
		}
	}
	return also
}

// holds says whether an audit's line has a commit that has this place. Where a line was judged anew, that it has it
// counts only if it is asked for those, too.
func (s *shared) holds(i int, p place, anew bool) bool {
	for i != p.of {
		f := s.forks[i]
		if f.of < 0 || f.anew && !anew {
			return false
		}
		if f.of == p.of {
			return p.below >= f.below
		}
		i = f.of
	}
	return true
}
