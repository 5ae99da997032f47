package policy

import (
	"maps"
	"slices"
	"strings"
)

// Ledger is what principals have earned on one ref's first-parent line, up to its last landing.
//
// Only time that can't be written counts: the landing time of a landing commit is the later of its
// committer date and the landing time of its first parent, and a credit is worth nothing until it
// has settled, so that what comes in one push can't vouch for the rest of it.
//
// Commits are counted by the classes that each of them touched, so that tenure in any classes can be asked for,
// together or one by one, whatever the rules were when it was earned.
//
// The zero Ledger is that of an empty history. A Ledger is not safe for concurrent use.
type Ledger struct {
	last    int64 // landing time of the last landing, seconds since 1970
	earned  map[string]map[work]*tally
	pending []credit // not settled yet, oldest first
	asked   func()   // see Watch; nil for nobody
}

// NewClock gives a ledger that knows nothing but when the last landing was, in seconds since 1970. What is judged by it
// is right as long as nobody asks what a principal has earned: see [Ledger.Watch].
func NewClock(last int64) *Ledger { return &Ledger{last: last} }

// Watch has a function called whenever somebody asks what a principal has earned.
func (l *Ledger) Watch(asked func()) { l.asked = asked }

// work is the classes that a commit touched, sorted, with a blank between two: class names have none. What a service
// attests is work of its own, with a word among them that no class is called.
type work string

const attestedWork = "(attested)"

// workIn gives the work of a commit that touched these classes.
func workIn(classes []string) work {
	classes = slices.Compact(slices.Sorted(slices.Values(classes)))
	return work(strings.Join(classes, " "))
}

// isIn says whether work is in one of some classes. All work is in none of them: that is asked of overall tenure.
func (w work) isIn(classes []string) bool {
	if len(classes) == 0 {
		return true
	}
	for class := range strings.SplitSeq(string(w), " ") {
		if slices.Contains(classes, class) {
			return true
		}
	}
	return false
}

// tally is what somebody has earned by work of one kind.
type tally struct {
	First   int64 `json:"first"` // landing time of the first credited commit
	Commits int   `json:"commits"`
	Months  []int `json:"months"` // those with a credited commit, 12*year + month in UTC, in order
}

// credit is a commit that hasn't settled.
type credit struct {
	When      int64
	Principal string
	For       work
}

// LandingTime gives the landing time of a landing commit with this committer date, next on the line.
func (l *Ledger) LandingTime(committed int64) int64 { return max(committed, l.last) }

// Last is the landing time of the newest landing so far, 0 if there was none.
func (l *Ledger) Last() int64 { return l.last }

// Tenure gives what a principal has earned by a time with commits that touched any of some classes; without a class,
// overall. Credits that had not settled by then don't count.
func (l *Ledger) Tenure(p *Policy, principal string, classes []string, at int64) TenureFigures {
	return l.figures(p, principal, at, func(w work) bool { return w.isIn(classes) }, len(classes) == 0)
}

// SignedTenure gives the tenure without what was only attested by a service.
func (l *Ledger) SignedTenure(p *Policy, principal string, classes []string, at int64) TenureFigures {
	signed := func(w work) bool { return w.isIn(classes) && !w.attested() }
	return l.figures(p, principal, at, signed, len(classes) == 0)
}

// attested says whether a service attested it, and nobody signed it.
func (w work) attested() bool { return strings.Contains(string(w), attestedWork) }

// figures gives what a principal has earned by a time with work that counts.
func (l *Ledger) figures(p *Policy, principal string, at int64, counts func(work) bool, overall bool) TenureFigures {
	if l.asked != nil {
		l.asked()
	}
	var t TenureFigures
	months := make(map[int]bool)
	first := l.begins(p, principal, at, counts, overall, func(first int64, commits int, in []int) {
		t.Commits += commits
		if in == nil {
			months[month(first)] = true
		}
		for _, m := range in {
			months[m] = true
		}
	})
	if first == 0 || first > at {
		return TenureFigures{}
	}
	t.Days, t.Months = int((at-first)/day), len(months)
	return t
}

// begins says when the tenure of a principal begins that they have by a time with work that counts, 0 for none. Each
// part of it is shown: the landing time of its first commit, how many there are, and the months, nil for that of the
// first alone.
func (l *Ledger) begins(
	p *Policy, principal string, at int64, counts func(work) bool, overall bool,
	show func(first int64, commits int, months []int),
) (begins int64) {
	any := false
	part := func(first int64, commits int, months []int) {
		if !any || first < begins {
			begins, any = first, true
		}
		show(first, commits, months)
	}
	for w, settled := range l.earned[principal] {
		if counts(w) {
			part(settled.First, settled.Commits, settled.Months)
		}
	}
	until := p.settledBy(at)
	for _, c := range l.pending {
		if c.When > until {
			break
		}
		if c.Principal == principal && counts(c.For) {
			part(c.When, 1, nil)
		}
	}
	if since := p.since(principal); overall && since != 0 && (!any || since < begins) {
		begins = since
	}
	return begins
}

// settledBy is the landing time of the newest credit that counts at a time. What a receiver lets in at once
// lies within max-landing-age and the clock's skew, both ends included; settling is at least the former.
func (p *Policy) settledBy(at int64) int64 {
	return at - seconds(p.Tenure.Settling) - seconds(p.Signatures.ClockSkew) - 1
}

// since is the start of a tenure that the policy gives, in seconds since 1970; 0 where it gives none.
func (p *Policy) since(principal string) int64 {
	if q := p.Principal(principal); q != nil && !q.Since.IsZero() {
		return q.Since.Unix()
	}
	return 0
}

// Clone gives an independent copy.
func (l *Ledger) Clone() *Ledger {
	c := &Ledger{
		last: l.last, pending: slices.Clone(l.pending),
		earned: make(map[string]map[work]*tally, len(l.earned)),
	}
	for name, of := range l.earned {
		c.earned[name] = make(map[work]*tally, len(of))
		for w, t := range of {
			c.earned[name][w] = &tally{t.First, t.Commits, slices.Clip(t.Months)}
		}
	}
	return c
}

// Principals lists who has earned something, sorted.
func (l *Ledger) Principals() []string { return slices.Sorted(maps.Keys(l.earned)) }
