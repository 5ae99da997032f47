package policy

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// vouchDays is how long a maintainer must have been landing commits before their signature under
// somebody else's work earns that author tenure: or a new account could raise the next one.
const vouchDays = 90

// Ledger is what principals have earned on one ref's first-parent line, up to its last landing.
//
// Only time that can't be written counts: the landing time of a landing commit is the later of its
// committer date and the landing time of its first parent, and a credit is worth nothing until it
// has settled, so that what comes in one push can't vouch for the rest of it.
//
// The zero Ledger is that of an empty history. A Ledger is not safe for concurrent use.
type Ledger struct {
	last     int64 // landing time of the last landing, seconds since 1970
	accounts map[string]map[string]*tally
	pending  []credit // not settled yet, oldest first
}

// overall is the account name for all commits; class names are never empty.
const overall = ""

type tally struct {
	First   int64 `json:"first"` // landing time of the first credited commit
	Commits int   `json:"commits"`
	Months  int   `json:"months"` // distinct calendar months, UTC
	Month   int   `json:"month"`  // the last one counted: 12*year + month
}

// credit is a commit that hasn't settled. Accounts are not changed: credits share them.
type credit struct {
	When      int64
	Principal string
	Accounts  []string
}

// LandingTime gives the landing time of a landing commit with this committer date, next on the line.
func (l *Ledger) LandingTime(committed int64) int64 { return max(committed, l.last) }

// Last is the landing time of the newest landing so far, 0 if there was none.
func (l *Ledger) Last() int64 { return l.last }

// Tenure gives what a principal has earned by a time, in a class or, if class is "", overall.
// Credits that had not settled by then don't count.
func (l *Ledger) Tenure(p *Policy, principal, class string, at int64) TenureFigures {
	var t tally
	if settled := l.accounts[principal][class]; settled != nil {
		t = *settled
	}
	until := p.settledBy(at)
	for _, c := range l.pending {
		if c.When > until {
			break
		}
		if c.Principal == principal && slices.Contains(c.Accounts, class) {
			t.add(c.When)
		}
	}
	since := p.since(principal)
	if class == overall && since != 0 && (t.First == 0 || since < t.First) {
		t.First = since
	}
	if t.First == 0 || t.First > at {
		return TenureFigures{}
	}
	return TenureFigures{Days: int((at - t.First) / day), Commits: t.Commits, Months: t.Months}
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

// Credit writes down what a landing earned, and moves the ledger's clock to it. The gate calls it
// only for landings that passed.
func (l *Ledger) Credit(p *Policy, landing *Landing) {
	when := l.LandingTime(landing.Commit.Committer.When)
	for c := range landing.commits() {
		principal := l.creditedTo(p, landing, c, when)
		if principal == "" {
			continue
		}
		accounts := []string{overall}
		for _, classes := range c.classified(p) {
			for _, class := range classes {
				if !slices.Contains(accounts, class) {
					accounts = append(accounts, class)
				}
			}
		}
		l.pending = append(l.pending, credit{When: when, Principal: principal, Accounts: accounts})
	}
	l.last = when
	l.settle(p.settledBy(when))
}

// creditedTo names the principal who earns a commit: its signer when the author is the signer; the
// author when another, tenured maintainer signed or landed it; else nobody.
func (l *Ledger) creditedTo(p *Policy, landing *Landing, c *Commit, when int64) string {
	signer, author := p.signerOf(c), p.ByEmail(c.Author.Email)
	if author == nil || author.Role == Service {
		return ""
	}
	if c.anonymous() { // the policy let it in: its landing commit's signer stands for it
		signer = p.signerOf(&landing.Commit)
	}
	if author == signer || l.vouches(p, signer, when) {
		return author.Name
	}
	return ""
}

func (l *Ledger) vouches(p *Policy, q *Principal, when int64) bool {
	return q != nil && q.Role == Maintainer && l.Tenure(p, q.Name, overall, when).Days >= vouchDays
}

// settle moves credits that landed up to and including a time into the accounts. No later question
// is about an earlier time than that, since landing times never fall.
func (l *Ledger) settle(until int64) {
	n := 0
	for ; n < len(l.pending) && l.pending[n].When <= until; n++ {
		c := l.pending[n]
		if l.accounts == nil {
			l.accounts = make(map[string]map[string]*tally)
		}
		of := l.accounts[c.Principal]
		if of == nil {
			of = make(map[string]*tally)
			l.accounts[c.Principal] = of
		}
		for _, name := range c.Accounts {
			t := of[name]
			if t == nil {
				t = new(tally)
				of[name] = t
			}
			t.add(c.When)
		}
	}
	l.pending = slices.Delete(l.pending, 0, n)
}

// add counts one commit. Landing times never fall, so its month is new or the last one counted.
func (t *tally) add(when int64) {
	if t.Commits == 0 {
		t.First = when
	}
	t.Commits++
	if m := month(when); m != t.Month {
		t.Months, t.Month = t.Months+1, m
	}
}

// Clone gives an independent copy.
func (l *Ledger) Clone() *Ledger {
	c := &Ledger{
		last: l.last, pending: slices.Clone(l.pending),
		accounts: make(map[string]map[string]*tally, len(l.accounts)),
	}
	for name, of := range l.accounts {
		c.accounts[name] = make(map[string]*tally, len(of))
		for class, t := range of {
			cp := *t
			c.accounts[name][class] = &cp
		}
	}
	return c
}

// Principals lists who has an account, sorted.
func (l *Ledger) Principals() []string { return slices.Sorted(maps.Keys(l.accounts)) }

// ledgerFile is the stored form of a Ledger. Credits that haven't settled are many on a busy branch, and say the same
// few things: they stand there as the landing time, who, and what for.
type ledgerFile struct {
	Last     int64                        `json:"last"`
	Accounts map[string]map[string]*tally `json:"accounts"`
	People   []string                     `json:"people,omitempty"`
	For      [][]string                   `json:"for,omitempty"`     // names of accounts
	Pending  [][3]int64                   `json:"pending,omitempty"` // with indexes into these two
}

// MarshalJSON writes the ledger, for a cache that is checked and rebuilt rather than trusted.
func (l *Ledger) MarshalJSON() ([]byte, error) {
	f := ledgerFile{Last: l.last, Accounts: l.accounts}
	people, accounts := make(map[string]int), make(map[string]int)
	for _, c := range l.pending {
		who, known := people[c.Principal]
		if !known {
			who = len(f.People)
			people[c.Principal], f.People = who, append(f.People, c.Principal)
		}
		names := strings.Join(c.Accounts, "\x00")
		what, known := accounts[names]
		if !known {
			what = len(f.For)
			accounts[names], f.For = what, append(f.For, c.Accounts)
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
	*l = Ledger{last: f.Last, accounts: f.Accounts, pending: make([]credit, 0, len(f.Pending))}
	for _, c := range f.Pending {
		who, what := uint64(c[1]), uint64(c[2])
		if who >= uint64(len(f.People)) || what >= uint64(len(f.For)) {
			return errors.New("a credit of nobody, or for nothing")
		}
		l.pending = append(l.pending, credit{When: c[0], Principal: f.People[who], Accounts: f.For[what]})
	}
	return nil
}
