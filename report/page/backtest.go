package page

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"countersign/policy"
	"countersign/report"
)

const (
	mostHeld  = 4000 // held commits that are listed
	mostPaths = 4    // of one finding
	mostTable = 40   // rows of a table of people or classes
)

// Backtest is what a page shows of a backtest.
type Backtest struct {
	Project string // what the repository is called
	Tip     string // the commit that was judged last
	Claimed bool   // committers were taken for signers
	*policy.Backtest
	Chart *policy.Chart
	// Beside are other policies whose burden is shown.
	Beside []report.Profile
}

// Write writes the page.
func (b *Backtest) Write(w io.Writer) error {
	data := struct {
		*Backtest
		Title, By, Whose string
		Span             string
		Timeline         []timeline
		MoreClasses      int
		Tenure           []tenure
		MoreTenure       int
		Rows             []heldRow
		MoreRows         int
		Burden           []burden
		Tables           []table
		Vouch            []vouch
		Project, Tip     string
	}{Backtest: b, Project: report.Escape(b.Project), Tip: report.Escape(b.Tip)}
	data.Title = fmt.Sprintf("%s: %d of %s held", data.Project, b.Held, report.Count(b.NonMerges(), "commit"))
	data.Whose = whose(b.Signers, b.Held)
	profile := ""
	if b.Chart.Policy != nil {
		profile = b.Chart.Policy.Profile()
	}
	if data.By = "rules of its own"; profile != "" {
		data.By = "the built-in rules of the profile " + profile
	}
	policies := b.policies(profile)
	data.Span = "no landing"
	if b.Landings > 0 {
		data.Span = day(b.From) + " to " + day(b.To)
		_, _, data.MoreClasses = classCourses(b.Chart)
		data.Timeline = []timeline{draw(b.Chart, wide(b.From, b.To), false), draw(b.Chart, narrow(b.From, b.To), true)}
		data.Tenure, data.MoreTenure = tenures(b.Chart, b.From, b.To)
		data.Burden = []burden{
			drawBurden(policies, wide(b.From, b.To), false), drawBurden(policies, narrow(b.From, b.To), true),
		}
	}
	data.Rows, data.MoreRows = heldRows(b.Chart.Held)
	data.Tables = []table{
		counted("Rules", "rule", b.Rules, b.NonMerges()), counted("Classes", "class", b.Classes, b.NonMerges()),
		counted("Years", "year", b.Years, b.NonMerges()), counted("People", "signer", b.Signers, b.NonMerges()),
	}
	if b.Chart.Policy != nil {
		data.Vouch = vouched(b.Chart.Policy)
	}
	return write(w, "backtest", data)
}

// policies gives this policy, by the name of its profile or as what it is, and the others.
func (b *Backtest) policies(profile string) []report.Profile {
	policies := []report.Profile{{Name: cmp.Or(profile, "this policy"), Backtest: b.Backtest}}
	for _, other := range b.Beside {
		if other.Name != profile {
			policies = append(policies, other)
		}
	}
	return policies
}

// whose says in a sentence whose commits were held: counts are in order, those of most first.
func whose(signers []*policy.BacktestCount, held int) string {
	var with []*policy.BacktestCount
	for _, n := range signers {
		if n.Held > 0 {
			with = append(with, n)
		}
	}
	switch {
	case held == 0:
		return ""
	case len(with) == 1 && held == 1:
		return "It is by " + report.Escape(with[0].Name) + "."
	case len(with) == 1:
		return "All are by " + report.Escape(with[0].Name) + "."
	}
	var words []string
	for i, n := range with {
		if i == 3 && len(with) > 4 {
			words = append(words, report.Count(len(with)-i, "other"))
			break
		}
		words = append(words, fmt.Sprintf("%s (%d)", report.Escape(n.Name), n.Held))
	}
	return "They are by " + report.List(words, "and") + "."
}

// heldRow is a held commit in the list.
type heldRow struct {
	ID, Short, Day string
	Ref            string // where it isn't that of all
	Subject        string
	Signer, Claim  string
	Reasons        []reason
}

// reason is one finding.
type reason struct {
	Name     string // the rule's, or the code
	Detail   string
	Standing string
	Why      string
	Paths    []report.SaidPath
	More     int // paths
	Next     []string
}

// heldRows gives the held commits, the newest first, and says how many are left out.
func heldRows(held []policy.HeldCommit) (rows []heldRow, left int) {
	for i := len(held) - 1; i >= 0; i-- {
		if len(rows) == mostHeld {
			return rows, i + 1
		}
		c := &held[i]
		r := heldRow{
			ID: report.Escape(c.ID), Short: short(c.ID), Day: day(c.At), Subject: report.Escape(c.Subject),
			Signer: report.Escape(cmp.Or(c.Signer, "nobody")), Claim: report.Escape(c.Claim),
		}
		for _, f := range c.Findings {
			r.Reasons = append(r.Reasons, reasonOf(f, r.Signer))
		}
		rows = append(rows, r)
	}
	return rows, 0
}

// reasonOf says a finding to who knows already whose commit it is about.
func reasonOf(f policy.Finding, signer string) reason {
	said := report.Say(f)
	r := reason{
		Name: report.Escape(cmp.Or(f.Rule, string(f.Code))), Detail: said.Detail, Standing: said.Standing, Why: said.Why,
		Paths: said.Paths,
	}
	r.Detail = strings.TrimPrefix(r.Detail, "rule "+r.Name+": ")
	r.Standing = strings.TrimPrefix(r.Standing, "signer "+signer+": ")
	if len(r.Paths) > mostPaths {
		r.Paths, r.More = r.Paths[:mostPaths], len(r.Paths)-mostPaths
	}
	return r
}

// table counts something.
type table struct {
	Title, Noun string
	Rows        []tableRow
	More        int
}

type tableRow struct {
	Name          string
	Commits, Held int
	Share, OfAll  string
}

func counted(title, noun string, counts []*policy.BacktestCount, all int) table {
	t := table{Title: title, Noun: noun}
	for i, n := range counts {
		if i == mostTable {
			t.More = len(counts) - i
			break
		}
		name, of := report.Escape(n.Name), share(n.Held, n.Commits)
		t.Rows = append(t.Rows, tableRow{name, n.Commits, n.Held, of, share(n.Held, all)})
	}
	return t
}
