package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"countersign/policy"
	"countersign/report"
)

const (
	mostAccounts = 6  // drawings of tenure
	mostNamed    = 5  // people in one whose lines have their names
	mostLines    = 24 // people in one
	mostPoints   = 400
	freed        = 1.16 // where a line runs that has all that a rule asks for
)

// tenure is a drawing of how far people's tenure was from what a rule asks for.
type tenure struct {
	Rule, In, Asks string
	People         []person // whose commits were held
	Others         int      // people who are drawn besides
	Left           int      // and who aren't
	Drawings       []tenureDrawing
}

// person is somebody whose commits a rule held.
type person struct {
	Who  string
	Held int
	Last string // what they had when the last of these landed
}

type tenureDrawing struct {
	Width, Height        string
	Narrow               bool
	Left, Right, Wide    string
	Zero, Free, Top, Gap string // heights
	FreeHeight           string
	LabelX, LabelY       string
	AxisY                string
	Ticks                []tick
	Lines                []line
}

// line is one person's tenure.
type line struct {
	Name, Points   string
	Held           bool
	Marks          []mark
	LabelX, LabelY string // "" for a line without its name
	Label          string
}

// tenures draws the accounts of which most was held, and says how many are left out.
func tenures(ch *policy.Chart, from, to int64) (drawn []tenure, left int) {
	held := func(a *policy.Account) (n int) {
		for _, of := range a.People {
			n += of.Held
		}
		return n
	}
	accounts := slices.DeleteFunc(slices.Clone(ch.Accounts), func(a *policy.Account) bool { return a.Exempt.Nobody })
	slices.SortStableFunc(accounts, func(x, y *policy.Account) int { return cmp.Compare(held(y), held(x)) })
	if len(accounts) > mostAccounts {
		left, accounts = len(accounts)-mostAccounts, accounts[:mostAccounts]
	}
	order := func(a *policy.Account) int {
		return slices.IndexFunc(ch.Policy.Rules, func(r policy.Rule) bool { return r.Name == a.Rule })
	}
	slices.SortStableFunc(accounts, func(x, y *policy.Account) int { return cmp.Compare(order(x), order(y)) })
	for _, a := range accounts {
		t := tenure{Rule: report.Escape(a.Rule), In: report.Escape(a.In), Asks: figures(a.Exempt, nil)}
		people := a.People[:min(len(a.People), mostLines)]
		t.Left = len(a.People) - len(people)
		for _, of := range people {
			if of.Held == 0 {
				t.Others++
				continue
			}
			p := person{Who: report.Escape(of.Who), Held: of.Held}
			for _, point := range of.Points {
				if point.Held != "" {
					p.Last = figures(a.Exempt, &point.Tenure)
				}
			}
			t.People = append(t.People, p)
		}
		broad := wide(from, to)
		broad.right -= 150
		t.Drawings = []tenureDrawing{drawTenure(a, people, broad, false), drawTenure(a, people, narrow(from, to), true)}
		drawn = append(drawn, t)
	}
	return drawn, left
}

// figures says what a rule asks for or, where something is given, what somebody has of what they lack.
func figures(e policy.Exempt, has *policy.TenureFigures) string {
	var words []string
	for _, f := range []struct {
		of   func(policy.TenureFigures) int
		asks int
		noun string
	}{
		{func(t policy.TenureFigures) int { return t.Days }, e.Days, "day"},
		{func(t policy.TenureFigures) int { return t.Commits }, e.Commits, "commit"},
		{func(t policy.TenureFigures) int { return t.Months }, e.Months, "active month"},
	} {
		switch {
		case f.asks == 0:
		case has == nil:
			words = append(words, report.Count(f.asks, f.noun))
		case f.of(*has) < f.asks:
			words = append(words, fmt.Sprintf("%d of %s", f.of(*has), report.Count(f.asks, f.noun)))
		}
	}
	if words == nil {
		return "all that is asked for"
	}
	return report.List(words, "and")
}

// part gives how much somebody has of what a rule asks for: of that of days, commits and months of which they lack
// most.
func part(e policy.Exempt, t policy.TenureFigures) float64 {
	least := math.Inf(1)
	for _, f := range [][2]int{{t.Days, e.Days}, {t.Commits, e.Commits}, {t.Months, e.Months}} {
		if f[1] > 0 {
			least = min(least, float64(f[0])/float64(f[1]))
		}
	}
	return least
}

// drawTenure draws the lines of people, those of whom nothing was held beneath.
func drawTenure(a *policy.Account, people []*policy.TenureCourse, f frame, isNarrow bool) tenureDrawing {
	const top, height, below = 10, 190, 20
	zero := float64(top + height)
	y := func(part float64) float64 { return zero - height*min(part, freed)/(freed+0.06) }
	d := tenureDrawing{
		Width: num(f.width), Height: num(zero + below + 4), Narrow: isNarrow, Ticks: f.axis(),
		Left: num(f.left), Right: num(f.right), Zero: num(zero), Free: num(y(1)), Top: num(top),
		Wide: num(f.right - f.left), FreeHeight: num(y(1) - top), LabelX: num(f.left - 12), LabelY: num(y(1) + 4),
		AxisY: num(zero + below - 2),
	}
	var labels []float64
	var foremost *policy.TenureCourse // of whom nothing was held, who did most
	if i := slices.IndexFunc(people, func(of *policy.TenureCourse) bool { return of.Held == 0 }); i >= 0 {
		foremost = people[i]
	}
	for i, of := range slices.Backward(people) {
		l := line{Name: report.Escape(of.Who), Held: of.Held > 0}
		var points []string
		step := len(of.Points)/mostPoints + 1
		for j, p := range of.Points {
			at := y(part(a.Exempt, p.Tenure))
			if p.Held != "" && (of.Held <= mostMarks || j%step == 0) {
				title := fmt.Sprintf("%s: %s, %s: %s", day(p.At), l.Name, short(p.Held), figures(a.Exempt, &p.Tenure))
				l.Marks = append(l.Marks, mark{num(f.x(p.At)), num(at), "4.4", title})
			}
			if j%step == 0 || j == len(of.Points)-1 {
				points = append(points, num(f.x(p.At))+","+num(at))
			}
		}
		l.Points = strings.Join(points, " ")
		if last := of.Points[len(of.Points)-1]; !isNarrow && (l.Held && i < mostNamed || of == foremost) {
			at := y(part(a.Exempt, last.Tenure)) + 4
			for slices.ContainsFunc(labels, func(other float64) bool { return math.Abs(other-at) < 14 }) {
				at += 2
			}
			labels = append(labels, at)
			l.LabelX, l.LabelY, l.Label = num(f.right+8), num(at), cut(l.Name, 24)
		}
		d.Lines = append(d.Lines, l)
	}
	return d
}
