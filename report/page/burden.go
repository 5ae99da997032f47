package page

import (
	"fmt"

	"countersign/policy"
	"countersign/report"
)

// burden is a drawing of what policies would have held, month by month, beneath one another.
type burden struct {
	Width, Height, AxisY string
	Narrow               bool
	Ticks                []tick
	Rows                 []burdenRow
}

type burdenRow struct {
	Name          string
	X, LabelY, Y2 string
	Left, Right   string
	Base          string
	Bars          string
	Held          int
	Share, AtMost string
	Title         string
}

// drawBurden draws them, all by one scale.
func drawBurden(policies []report.Profile, f frame, isNarrow bool) burden {
	rowHeight, bar, label := 60.0, 44.0, 0.0
	if isNarrow {
		rowHeight, label = 74, 16
	}
	d := burden{Width: num(f.width), Narrow: isNarrow, Ticks: f.axis()}
	counts := make([]map[int]int, len(policies))
	most := 1
	for i, of := range policies {
		counts[i] = heldByMonth(of.Backtest)
		most = max(most, f.most(counts[i]))
	}
	y := 6.0
	for i, of := range policies {
		base := y + label + bar
		b := of.Backtest
		r := burdenRow{
			Name: report.Escape(of.Name), X: num(f.left - 12), LabelY: num(base - 16), Y2: num(base - 2),
			Left: num(f.left), Right: num(f.right), Base: num(base), Held: b.Held, Share: share(b.Held, b.NonMerges()),
			AtMost: atMost(b),
		}
		if isNarrow {
			r.X, r.LabelY, r.Y2 = num(f.left), num(y+label-4), ""
		}
		r.Bars = f.path(counts[i], base, func(n int) float64 { return max(bar*float64(n)/float64(most), 1.5) })
		r.Title = fmt.Sprintf("%s: %s held, %s", r.Name, report.Count(b.Held, "commit"), r.AtMost)
		d.Rows = append(d.Rows, r)
		y += rowHeight
	}
	d.AxisY, d.Height = num(y+10), num(y+16)
	return d
}

// heldByMonth gives how much was held in each month, which are counted as package policy does.
func heldByMonth(b *policy.Backtest) map[int]int {
	counts := make(map[int]int)
	for _, m := range b.Months {
		var year, in int
		if _, err := fmt.Sscanf(m.Name, "%d-%d", &year, &in); err == nil && m.Held > 0 {
			counts[12*year+in] = m.Held
		}
	}
	return counts
}

// atMost says how much was held in the worst month.
func atMost(b *policy.Backtest) string {
	most, months := 0, 0
	for _, m := range b.Months {
		most = max(most, m.Held)
		if m.Held > 0 {
			months++
		}
	}
	if most == 0 {
		return "none in any month"
	}
	return fmt.Sprintf("in %s, at most %d in one", report.Count(months, "month"), most)
}
