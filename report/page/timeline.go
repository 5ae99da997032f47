package page

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"countersign/policy"
	"countersign/report"
)

const (
	mostRows  = 12  // classes of the time line
	mostMarks = 600 // held commits that each have a mark of their own; of more, those of a month have one
)

// timeline is a drawing of which classes were touched when.
type timeline struct {
	Width, Height, AxisY string
	Narrow               bool
	Ticks                []tick
	Rows                 []row
}

// row is one class.
type row struct {
	Name          string
	X, LabelY     string
	Left, Right   string
	Base          string
	Commits, Held int
	Bars          string // data of a path
	Marks         []mark
}

// mark is a held commit, or several of a month.
type mark struct {
	X, Y, R string
	Title   string
}

// classCourses gives the classes that are shown, that of all commits first and then those of which most was held.
func classCourses(ch *policy.Chart) (shown []*policy.ClassCourse, held map[string]int, left int) {
	held = make(map[string]int)
	for _, c := range ch.Held {
		for _, class := range append([]string{""}, c.Classes...) {
			held[class]++
		}
	}
	total := func(c *policy.ClassCourse) (n int) {
		for _, of := range c.Commits {
			n += of
		}
		return n
	}
	shown = slices.Clone(ch.Classes)
	slices.SortFunc(shown, func(x, y *policy.ClassCourse) int {
		return cmp.Or(first(x.Name, y.Name),
			cmp.Compare(held[y.Name], held[x.Name]), cmp.Compare(total(y), total(x)), cmp.Compare(x.Name, y.Name))
	})
	if len(shown) > mostRows {
		left, shown = len(shown)-mostRows, shown[:mostRows]
	}
	return shown, held, left
}

// first puts the class of all commits before the others.
func first(x, y string) int {
	switch {
	case x == "" && y != "":
		return -1
	case y == "" && x != "":
		return 1
	default:
		return 0
	}
}

// draw draws the classes in a frame.
func draw(ch *policy.Chart, f frame, isNarrow bool) timeline {
	courses, held, _ := classCourses(ch)
	rowHeight, bar, label := 34.0, 20.0, 0.0
	if isNarrow {
		rowHeight, label = 44, 13
	}
	t := timeline{Width: num(f.width), Ticks: f.axis(), Narrow: isNarrow}
	y := 8.0
	for _, c := range courses {
		base := y + label + bar + 4
		r := row{
			Name: report.Escape(cmp.Or(c.Name, "all commits")), X: num(f.left - 12), Left: num(f.left), Right: num(f.right),
			Base: num(base), LabelY: num(base - 4), Held: held[c.Name],
		}
		if isNarrow {
			r.X, r.LabelY = num(f.left), num(y+label-2)
		}
		for _, n := range c.Commits {
			r.Commits += n
		}
		most := math.Sqrt(float64(f.most(c.Commits)))
		r.Bars = f.path(c.Commits, base, func(n int) float64 { return 2 + (bar-2)*math.Sqrt(float64(n))/most })
		r.Marks = marks(ch, c.Name, f, base-bar/2)
		t.Rows = append(t.Rows, r)
		y += rowHeight
	}
	t.AxisY, t.Height = num(y+14), num(y+20)
	return t
}

// marks gives the marks of what was held in a class.
func marks(ch *policy.Chart, class string, f frame, y float64) []mark {
	type place struct {
		x     float64
		n     int
		title string
	}
	var places []place
	for _, c := range ch.Held {
		if class != "" && !slices.Contains(c.Classes, class) {
			continue
		}
		x := f.x(c.At)
		if len(ch.Held) > mostMarks {
			x = f.x(begins(month(c.At)))
		}
		if n := len(places); n > 0 && places[n-1].x == x {
			places[n-1].n++
			places[n-1].title = fmt.Sprintf("%s: %s held", monthName(c.At), report.Count(places[n-1].n, "commit"))
			continue
		}
		title := fmt.Sprintf("%s, %s: %s %s", day(c.At), report.Escape(c.Signer), short(c.ID), report.Escape(c.Subject))
		places = append(places, place{x, 1, title})
	}
	var list []mark
	for _, p := range places {
		list = append(list, mark{num(p.x), num(y), num(min(3.4+math.Sqrt(float64(p.n)), 9)), p.title})
	}
	return list
}
