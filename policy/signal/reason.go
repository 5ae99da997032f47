package signal

import (
	"cmp"
	"slices"
)

// shown is how many bytes of a line a reason shows.
const shown = 200

// around cuts a line to what stands around a byte of it.
func around(line []byte, at int) string {
	from := max(0, min(at, len(line))-shown/4)
	to := min(len(line), from+shown)
	return string(line[max(0, to-shown):to])
}

// sorted gives the reasons by signal and line.
func (f *file) sorted() []Reason {
	slices.SortStableFunc(f.reasons, func(a, b Reason) int {
		return cmp.Or(cmp.Compare(a.Signal, b.Signal), cmp.Compare(a.Line, b.Line))
	})
	return f.reasons
}
