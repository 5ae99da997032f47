package policy

import (
	"cmp"
	"slices"
)

// Chart follows over time what a [Backtest] counts: which classes were touched when, what was held of them, and what
// the signers had earned by then. Add landings in order, and end with End. What it keeps grows with the months and the
// people of a history, and with what is held. The zero Chart is that of an empty history.
type Chart struct {
	Classes  []*ClassCourse // those that a rule asks about, once a commit touched them
	Accounts []*Account     // one for each time that a rule asks for tenure
	Held     []HeldCommit   // in order
	// Policy is the newest one that judged.
	Policy *Policy

	ledger *Ledger
	to     int64
	class  map[string]*ClassCourse
}

// ClassCourse counts the commits that touched a class, by the month they landed in: 12*year + month, in UTC. The
// class "" is that of all commits.
type ClassCourse struct {
	Name    string
	Commits map[int]int
}

// HeldCommit is a commit with findings.
type HeldCommit struct {
	ID, Subject string
	Signer      string // "" where nobody stands behind it
	Claim       string // "Name <email>" of the committer line
	At          int64  // landing time, seconds since 1970
	Classes     []string
	Findings    []Finding
}

// Account is what a rule asks tenure in: any of its classes, one of them, or all that lands.
type Account struct {
	Rule   string
	In     string // the class, where the rule counts each by itself; else ""
	Exempt Exempt
	People []*TenureCourse

	byName map[string]*TenureCourse
}

// TenureCourse is how somebody's tenure in an account grew.
type TenureCourse struct {
	Who     string
	Commits int // that touched what the rule asks about
	Held    int
	Points  []TenurePoint
}

// TenurePoint is somebody's tenure at a time: before their first commit there in a month, and before each that was
// held.
type TenurePoint struct {
	At     int64
	Tenure TenureFigures
	Held   string // the commit, "" where none was held
}

// Add takes in a landing, what everybody had earned before it, and what stands against it.
func (ch *Chart) Add(p *Policy, l *Ledger, landing *Landing, at int64, findings []Finding) {
	ch.Policy, ch.ledger, ch.to = p, l, at
	held := make(map[string][]Finding)
	for _, f := range findings {
		held[f.Commit] = append(held[f.Commit], f)
	}
	for c := range landing.Commits() {
		classes := c.classified(p)
		asked := ch.touched(p, classes, at)
		who, _ := p.Author(c)
		for _, f := range held[c.ID] {
			who = cmp.Or(who, f.Signer)
		}
		if who != "" {
			ch.earned(who, c, classes, at, held[c.ID])
		}
		if len(held[c.ID]) > 0 {
			ch.Held = append(ch.Held, HeldCommit{
				ID: c.ID, Subject: c.Subject, Signer: who, Claim: c.Committer.Name + " <" + c.Committer.Email + ">",
				At: at, Classes: asked, Findings: held[c.ID],
			})
		}
	}
}

// touched counts a commit for each class that it touches and a rule asks about, and gives these, sorted.
func (ch *Chart) touched(p *Policy, classes [][]string, at int64) []string {
	var asked []string
	for _, class := range slices.Concat(classes...) {
		if slices.ContainsFunc(p.Rules, func(r Rule) bool { return slices.Contains(r.Classes, class) }) {
			asked = append(asked, class)
		}
	}
	slices.Sort(asked)
	asked = slices.Compact(asked)
	for _, name := range append([]string{""}, asked...) {
		if ch.class == nil {
			ch.class = make(map[string]*ClassCourse)
		}
		of := ch.class[name]
		if of == nil {
			of = &ClassCourse{Name: name, Commits: make(map[int]int)}
			ch.class[name] = of
			ch.Classes = append(ch.Classes, of)
		}
		of.Commits[month(at)]++
	}
	return asked
}

// earned notes what the signer of a commit had earned where the commit counts, or was held.
func (ch *Chart) earned(who string, c *Commit, classes [][]string, at int64, held []Finding) {
	p := ch.Policy
	for i := range p.Rules {
		rule := &p.Rules[i]
		if rule.Refuse || rule.Exempt.Nobody {
			continue
		}
		isHeld := slices.ContainsFunc(held, func(f Finding) bool { return f.Rule == rule.Name })
		asked := touchedBy(p.Classes, rule, c, classes)
		for _, in := range rule.accounts() {
			touches := func(t []string) bool { return workIn(t).isIn(in) }
			if !slices.ContainsFunc(classes, touches) {
				continue
			}
			of := ch.account(rule, in).course(who)
			here := slices.ContainsFunc(asked, func(t TouchedPath) bool { return len(in) == 0 || touches(t.Classes) })
			if here {
				of.Commits++
			}
			point := TenurePoint{At: at}
			if isHeld && here {
				of.Held++
				point.Held = c.ID
			}
			if n := len(of.Points); n > 0 && point.Held == "" && month(of.Points[n-1].At) == month(at) {
				continue
			}
			point.Tenure = rule.tenure(p, ch.ledger, who, in, at)
			of.Points = append(of.Points, point)
		}
	}
}

// accounts gives the classes in which a rule asks for tenure, one list for each time that it does; none stands for all
// commits.
func (r *Rule) accounts() [][]string {
	if r.Exempt.In != "class" {
		return [][]string{r.Exempt.together(r)}
	}
	var classes [][]string
	for _, class := range r.Classes {
		classes = append(classes, []string{class})
	}
	return classes
}

// account gives the account of a rule in some classes, with what the rule asks for now.
func (ch *Chart) account(rule *Rule, in []string) *Account {
	class := ""
	if rule.Exempt.In == "class" {
		class = in[0]
	}
	for _, a := range ch.Accounts {
		if a.Rule == rule.Name && a.In == class {
			a.Exempt = rule.Exempt
			return a
		}
	}
	a := &Account{Rule: rule.Name, In: class, Exempt: rule.Exempt, byName: make(map[string]*TenureCourse)}
	ch.Accounts = append(ch.Accounts, a)
	return a
}

func (a *Account) course(who string) *TenureCourse {
	of := a.byName[who]
	if of == nil {
		of = &TenureCourse{Who: who}
		a.byName[who] = of
		a.People = append(a.People, of)
	}
	return of
}

// End notes what everybody has earned after the last landing, and puts first whose commits were held most.
func (ch *Chart) End() {
	for _, a := range ch.Accounts {
		i := slices.IndexFunc(ch.Policy.Rules, func(r Rule) bool { return r.Name == a.Rule })
		if i >= 0 {
			rule, in := &ch.Policy.Rules[i], []string{a.In}
			if a.In == "" {
				in = a.Exempt.together(rule)
			}
			for _, of := range a.People {
				of.Points = append(of.Points,
					TenurePoint{At: ch.to, Tenure: rule.tenure(ch.Policy, ch.ledger, of.Who, in, ch.to)})
			}
		}
		slices.SortFunc(a.People, func(x, y *TenureCourse) int {
			return cmp.Or(cmp.Compare(y.Held, x.Held), cmp.Compare(y.Commits, x.Commits), cmp.Compare(x.Who, y.Who))
		})
	}
}
