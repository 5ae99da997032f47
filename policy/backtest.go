package policy

import (
	"cmp"
	"slices"
	"time"
)

// Backtest counts what a policy would have held in history that already landed, and so how much
// work it would have been. Add landings in order; the counts are of commits.
type Backtest struct {
	From     int64            `json:"from"` // landing time of the first landing, seconds since 1970
	To       int64            `json:"to"`
	Landings int              `json:"landings"`
	Commits  int              `json:"commits"`
	Merges   int              `json:"merges"`      // of Commits
	Held     int              `json:"held"`        // commits with any finding
	Web      int              `json:"web"`         // of Commits, made by a forge when somebody pressed a button
	Second   int              `json:"second"`      // of Web, taken to have a second person in whoever pressed it
	Assumed  string           `json:"web_landing"` // who is taken to stand behind these
	Rules    []*BacktestCount `json:"rules"`
	Classes  []*BacktestCount `json:"classes"`
	Years    []*BacktestCount `json:"years"`
	Months   []*BacktestCount `json:"months"`  // those in which something landed, as 2024-03
	Signers  []*BacktestCount `json:"signers"` // with held commits first
	List     []Finding        `json:"list"`
	byName   map[string]*BacktestCount
}

// BacktestCount is a share of a backtest: of one rule, class, year, month or signer.
type BacktestCount struct {
	Name    string `json:"name"`
	Commits int    `json:"commits"` // that the rule or class concerns, or of that time or signer
	Held    int    `json:"held"`
}

// NonMerges is the number of commits that merge nothing.
func (b *Backtest) NonMerges() int { return b.Commits - b.Merges }

// Add counts a landing and what stands against it.
func (b *Backtest) Add(p *Policy, landing *Landing, at int64, findings []Finding) {
	if b.byName == nil {
		b.byName = make(map[string]*BacktestCount)
		b.From = at
		for _, r := range p.Rules {
			b.Rules = append(b.Rules, b.count("rule", r.Name))
		}
	}
	b.To = at
	b.Landings++
	b.List = append(b.List, findings...)
	held := make(map[string][]Finding)
	for _, f := range findings {
		held[f.Commit] = append(held[f.Commit], f)
	}
	when := time.Unix(at, 0).UTC()
	year, month := b.listed(&b.Years, "year", when.Format("2006")), b.listed(&b.Months, "month", when.Format("2006-01"))
	for c := range landing.Commits() {
		who := c.Committer.Email
		if q := p.signerOf(c); q != nil {
			who = q.Name
		}
		counts := []*BacktestCount{year, month, b.listed(&b.Signers, "signer", who)}
		classes := c.classified(p)
		for _, class := range slices.Compact(slices.Sorted(slices.Values(slices.Concat(classes...)))) {
			counts = append(counts, b.listed(&b.Classes, "class", class))
		}
		for i := range p.Rules {
			if len(touchedBy(p.Classes, &p.Rules[i], c, classes)) > 0 {
				b.count("rule", p.Rules[i].Name).Commits++
			}
		}
		b.Commits++
		if len(c.Parents) > 1 {
			b.Merges++
		}
		if c.Forge != "" {
			b.Web++
		}
		if c.Second != "" {
			b.Second++
		}
		for _, n := range counts {
			n.Commits++
		}
		if len(held[c.ID]) == 0 {
			continue
		}
		b.Held++
		for _, n := range counts {
			n.Held++
		}
		for _, f := range held[c.ID] {
			if f.Rule != "" {
				b.count("rule", f.Rule).Held++
			}
		}
	}
}

func (b *Backtest) count(kind, name string) *BacktestCount {
	n := b.byName[kind+" "+name]
	if n == nil {
		n = &BacktestCount{Name: name}
		b.byName[kind+" "+name] = n
	}
	return n
}

// listed gives the count of a name, and sees that it stands in a list.
func (b *Backtest) listed(list *[]*BacktestCount, kind, name string) *BacktestCount {
	n := b.count(kind, name)
	if n.Commits == 0 {
		*list = append(*list, n)
	}
	return n
}

// Sort puts what was held most first; years, months and rules keep their order.
func (b *Backtest) Sort() {
	for _, list := range [][]*BacktestCount{b.Classes, b.Signers} {
		slices.SortFunc(list, func(x, y *BacktestCount) int {
			return cmp.Or(cmp.Compare(y.Held, x.Held), cmp.Compare(y.Commits, x.Commits), cmp.Compare(x.Name, y.Name))
		})
	}
}
