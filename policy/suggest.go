package policy

import (
	"cmp"
	"math"
	"slices"
)

// Trial tries other thresholds of tenure on history that has landed. Add landings in order, judged by the policy that
// [Policy.AskingEverybody] makes; [Trial.Suggest] then needs no history any more. What it keeps grows with the commits
// that a rule asks about.
type Trial struct {
	commits []TriedCommit
	index   map[string]int // of commits, by id
	fixed   []int          // held, whatever tenure is asked for
	samples map[string][]sample
}

// TriedCommit is a commit that a rule asks about.
type TriedCommit struct {
	ID      string   `json:"commit"`
	Landed  int64    `json:"landed"` // landing time, seconds since 1970
	Subject string   `json:"subject"`
	Signer  string   `json:"signer"`
	Rules   []string `json:"rules"`
}

// sample is a commit that a rule asks about, with the least that its signer had of what the rule asks tenure in.
type sample struct {
	commit  int
	tenures []TenureFigures // one for each account
}

// Suggestion says which thresholds keep the work below a bound.
type Suggestion struct {
	From    int64           `json:"from"` // landing time of the first landing, seconds since 1970
	To      int64           `json:"to"`
	Commits int             `json:"commits"` // that merge nothing
	Most    int             `json:"most"`    // commits that may be held
	Now     int             `json:"now"`     // that the policy holds as it is
	Fixed   int             `json:"fixed"`   // that are held whatever tenure is asked for
	Held    int             `json:"held"`    // by what is suggested
	Fits    bool            `json:"fits"`    // whether Held is no more than Most
	Rules   []SuggestedRule `json:"rules"`
	// Freed are the commits that the policy holds as it is, and that what is suggested would let through.
	Freed []TriedCommit `json:"let_through"`
	// Policy has what is suggested.
	Policy *Policy `json:"-"`
}

// SuggestedRule is what is suggested for a rule that tenure exempts from.
type SuggestedRule struct {
	Rule      string          `json:"rule"`
	Now       TenureFigures   `json:"now"`
	Suggested TenureFigures   `json:"suggested"`
	NowHeld   int             `json:"now_held"` // by this rule
	Held      int             `json:"held"`
	Steps     []SuggestedStep `json:"steps"`
	// Lower is the next step below that holds less, and Freed what it would let through of what this rule holds. There is
	// none where the lowest step holds as much.
	Lower *TenureFigures `json:"lower,omitempty"`
	Freed []TriedCommit  `json:"let_through"`
}

// SuggestedStep is a step of the thresholds that were tried, and what the rule holds there.
type SuggestedStep struct {
	TenureFigures
	Held int `json:"held"`
}

// steps are the thresholds that are tried. Each asks for no less than the one before of anything, so what a step holds
// the next one holds as well.
var steps = []TenureFigures{
	{1, 1, 1},
	{30, 2, 1},
	{60, 3, 2},
	{90, 5, 2},
	{180, 8, 3},
	{270, 10, 4},
	{365, 10, 6},
	{545, 15, 6},
	{730, 20, 6},
	{1095, 30, 9},
	{1460, 40, 12},
	{1825, 50, 12},
}

// AskingEverybody gives a copy of the policy whose rules ask for more tenure than anybody has, where they ask for
// tenure.
func (p *Policy) AskingEverybody() *Policy {
	c := *p
	c.Rules = slices.Clone(p.Rules)
	for i := range c.Rules {
		if e := &c.Rules[i].Exempt; !e.Nobody && !c.Rules[i].Refuse {
			*e = Exempt{Days: math.MaxInt32, In: e.In}
		}
	}
	return &c
}

// Add takes in a landing, what everybody had earned before it, and what stands against it by the policy that asks
// everybody.
func (t *Trial) Add(p *Policy, l *Ledger, landing *Landing, at int64, findings []Finding) {
	for _, f := range findings {
		i := t.commit(f, at)
		r := slices.IndexFunc(p.Rules, func(r Rule) bool { return r.Name == f.Rule })
		if r < 0 || f.Exempt == nil || p.Rules[r].Refuse {
			t.fixed = append(t.fixed, i)
			continue
		}
		rule, s := &p.Rules[r], sample{commit: i}
		for _, classes := range rule.Exempt.accounts(rule, f.Paths) {
			s.tenures = append(s.tenures, rule.tenure(p, l, f.Signer, classes, at))
		}
		if t.samples == nil {
			t.samples = make(map[string][]sample)
		}
		t.samples[rule.Name] = append(t.samples[rule.Name], s)
	}
}

// commit gives the place of a finding's commit among those that were tried.
func (t *Trial) commit(f Finding, at int64) int {
	i, known := t.index[f.Commit]
	if !known {
		if t.index == nil {
			t.index = make(map[string]int)
		}
		i = len(t.commits)
		t.index[f.Commit] = i
		t.commits = append(t.commits, TriedCommit{ID: f.Commit, Landed: at, Subject: f.Subject, Signer: f.Signer})
	}
	if c := &t.commits[i]; !slices.Contains(c.Rules, f.Rule) {
		c.Rules = append(c.Rules, f.Rule)
	}
	return i
}

// holds says whether a rule that asks for so much holds a sample.
func (s *sample) holds(e Exempt) bool {
	return slices.ContainsFunc(s.tenures, func(has TenureFigures) bool { return !e.met(has) })
}

// ladder is the steps of one rule.
type ladder struct {
	rule    *Rule
	samples []sample
	steps   []Exempt
	from    [][]int // the commits that are held from a step on, by step
	at      int     // the step that is suggested
	stuck   bool    // one step more would be too much
}

// ladderOf gives the steps of a rule, which asks for what it has asked for and no other.
func (t *Trial) ladderOf(rule *Rule) *ladder {
	l := &ladder{rule: rule, samples: t.samples[rule.Name]}
	for _, step := range steps {
		e := Exempt{In: rule.Exempt.In}
		for _, figure := range []struct {
			into       *int
			asks, step int
		}{
			{&e.Days, rule.Exempt.Days, step.Days},
			{&e.Commits, rule.Exempt.Commits, step.Commits},
			{&e.Months, rule.Exempt.Months, step.Months},
		} {
			if figure.asks > 0 {
				*figure.into = figure.step
			}
		}
		if n := len(l.steps); n == 0 || l.steps[n-1] != e {
			l.steps = append(l.steps, e)
		}
	}
	l.from = make([][]int, len(l.steps))
	for i := range l.samples {
		s := &l.samples[i]
		if first := slices.IndexFunc(l.steps, s.holds); first >= 0 {
			l.from[first] = append(l.from[first], s.commit)
		}
	}
	return l
}

// Suggest looks for the highest thresholds with which no more commits are held than may be. It begins at the lowest
// step of every rule, and raises the rule that stands lowest by one, as often as that fits. Of the policy's own it is
// given what the backtest counted.
func (t *Trial) Suggest(p *Policy, b *Backtest, most int) Suggestion {
	s := Suggestion{From: b.From, To: b.To, Commits: b.NonMerges(), Most: most, Rules: []SuggestedRule{}}
	by := make([]int, len(t.commits)) // how many hold a commit
	for _, i := range t.fixed {
		s.Fixed += newly(by, []int{i})
	}
	s.Held = s.Fixed
	var ladders []*ladder
	for i := range p.Rules {
		if rule := &p.Rules[i]; !rule.Exempt.Nobody && !rule.Refuse {
			l := t.ladderOf(rule)
			s.Held += newly(by, l.from[0])
			ladders = append(ladders, l)
		}
	}
	for {
		l := lowest(ladders)
		if l == nil {
			break
		}
		next := l.from[l.at+1]
		if adds := newly(by, next); s.Held+adds <= most {
			s.Held += adds
			l.at++
			continue
		}
		for _, i := range next {
			by[i]--
		}
		l.stuck = true
	}
	s.Fits = s.Held <= most
	t.compare(&s, p, ladders, by)
	return s
}

// newly notes of commits that one more holds them, and gives how many nothing held before.
func newly(by []int, commits []int) (n int) {
	for _, i := range commits {
		if by[i] == 0 {
			n++
		}
		by[i]++
	}
	return n
}

// lowest gives the first of those at the lowest step that can still be raised, or nil.
func lowest(ladders []*ladder) (least *ladder) {
	for _, l := range ladders {
		if !l.stuck && l.at+1 < len(l.steps) && (least == nil || l.at < least.at) {
			least = l
		}
	}
	return least
}

// compare says what each rule holds now and at each step, and what would be let through.
func (t *Trial) compare(s *Suggestion, p *Policy, ladders []*ladder, by []int) {
	now := make([]int, len(t.commits))
	newly(now, t.fixed)
	suggested := *p
	suggested.Rules = slices.Clone(p.Rules)
	for _, l := range ladders {
		r := SuggestedRule{Rule: l.rule.Name, Now: l.rule.Exempt.figures(), Suggested: l.steps[l.at].figures()}
		for i := range l.samples {
			if l.samples[i].holds(l.rule.Exempt) {
				r.NowHeld++
				now[l.samples[i].commit]++
			}
		}
		held := 0
		for i, e := range l.steps {
			held += len(l.from[i])
			r.Steps = append(r.Steps, SuggestedStep{e.figures(), held})
			if i == l.at {
				r.Held = held
			}
		}
		low := l.at
		for low > 0 && len(l.from[low]) == 0 {
			low--
		}
		r.Freed = []TriedCommit{}
		if low > 0 {
			figures := l.steps[low-1].figures()
			r.Lower, r.Freed = &figures, t.listed(l.from[low])
		}
		s.Rules = append(s.Rules, r)
		i := slices.IndexFunc(suggested.Rules, func(rule Rule) bool { return rule.Name == l.rule.Name })
		suggested.Rules[i].Exempt = l.steps[l.at]
	}
	var freed []int
	for i := range t.commits {
		if now[i] > 0 {
			s.Now++
			if by[i] == 0 {
				freed = append(freed, i)
			}
		}
	}
	s.Freed, s.Policy = t.listed(freed), &suggested
}

// listed gives commits in the order of their landing.
func (t *Trial) listed(commits []int) []TriedCommit {
	list := make([]TriedCommit, 0, len(commits))
	for _, i := range commits {
		list = append(list, t.commits[i])
	}
	slices.SortStableFunc(list, func(x, y TriedCommit) int { return cmp.Compare(x.Landed, y.Landed) })
	return list
}

func (e Exempt) figures() TenureFigures { return TenureFigures{e.Days, e.Commits, e.Months} }
