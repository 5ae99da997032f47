package page

import (
	"strconv"
	"time"
)

// frame is a drawing's room: a plot between left and right, and the time that it shows.
type frame struct {
	width, left, right float64
	from, to           int64 // seconds since 1970
	bars               int   // how many there may be side by side
	ticks              int
}

// wide and narrow are the rooms of a screen and of a phone. There the names stand above the rows.
func wide(from, to int64) frame {
	return frame{width: 1000, left: 132, right: 990, from: from, to: to, bars: 240, ticks: 11}
}

func narrow(from, to int64) frame {
	return frame{width: 350, left: 4, right: 344, from: from, to: to, bars: 84, ticks: 5}
}

// x gives where a time lies.
func (f frame) x(at int64) float64 {
	if f.to <= f.from {
		return (f.left + f.right) / 2
	}
	part := (float64(at) - float64(f.from)) / (float64(f.to) - float64(f.from))
	return f.left + (f.right-f.left)*min(max(part, 0), 1)
}

// tick is a mark on the axis of time.
type tick struct {
	X     string
	Label string
}

// axis gives the ticks: years, and the months between them where there are few of these.
func (f frame) axis() []tick {
	first, last := time.Unix(f.from, 0).UTC(), time.Unix(f.to, 0).UTC()
	months := 12*(last.Year()-first.Year()) + int(last.Month()-first.Month())
	step := 1
	for _, n := range []int{1, 2, 3, 6, 12, 24, 60, 120, 240, 600, 1200, 6000, 12000} {
		if step = n; months/n < f.ticks {
			break
		}
	}
	var ticks []tick
	for m := 12*first.Year() + int(first.Month()) - 1; ; m++ {
		t := time.Date(m/12, time.Month(m%12+1), 1, 0, 0, 0, 0, time.UTC)
		if t.After(last) {
			return ticks
		}
		if m%step == 0 && !t.Before(first) {
			label := t.Format("Jan")
			if t.Month() == time.January {
				label = t.Format("2006")
			}
			ticks = append(ticks, tick{num(f.x(t.Unix())), label})
		}
	}
}

// span gives how many months a bar stands for.
func (f frame) span() int {
	return max(1, (month(f.to)-month(f.from))/f.bars+1)
}

// bars draws counts by month, each as high as a scale says, upwards from a line: as the data of a path.
func (f frame) path(counts map[int]int, base float64, height func(n int) float64) string {
	step := f.span()
	first := month(f.from)
	sums := make(map[int]int)
	for m, n := range counts {
		sums[(m-first)/step] += n
	}
	var d []byte
	for i := range (month(f.to)-first)/step + 1 {
		if sums[i] == 0 {
			continue
		}
		left, right := f.x(begins(first+i*step)), f.x(begins(first+(i+1)*step))
		gap := 0.0
		if right-left > 4 {
			gap = 1
		}
		d = append(d, "M"+num(left)+" "+num(base)+"V"+num(base-height(sums[i]))+"H"+num(max(right-gap, left+0.8))+
			"V"+num(base)+"Z"...)
	}
	return string(d)
}

// most gives the largest bar that counts make.
func (f frame) most(counts map[int]int) int {
	step, sums, most := f.span(), make(map[int]int), 0
	for m, n := range counts {
		i := (m - month(f.from)) / step
		sums[i] += n
		most = max(most, sums[i])
	}
	return most
}

// month gives the month of a time as package policy counts them: 12*year + month.
func month(at int64) int {
	t := time.Unix(at, 0).UTC()
	return 12*t.Year() + int(t.Month())
}

// begins gives when a month begins.
func begins(month int) int64 {
	return time.Date((month-1)/12, time.Month((month-1)%12+1), 1, 0, 0, 0, 0, time.UTC).Unix()
}

// num writes a length with one digit after the point at most.
func num(x float64) string {
	s := strconv.FormatFloat(x, 'f', 1, 64)
	if n := len(s); s[n-2:] == ".0" {
		s = s[:n-2]
	}
	return s
}
