// Package edit tells which lines a change of a text adds. It knows nothing of what they mean.
//
// [Added] compares by whole lines, without a search for the best alignment: a line is added if the text before didn't
// have it, or had it fewer times. A line that only moved is not added.
package edit

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
)

// Line is a line of a text.
type Line struct {
	Number int    // from 1
	Text   []byte // without its line feed; a carriage return is part of it
}

// Added gives the lines that now has and none of the texts before it, in order; all of them where there is no text
// before. With several texts before, as the parents of a merge have, a line counts as added if it is to each of them.
// Of a line that stands there more often than before, the last ones that the change may have added are given. The
// lines are parts of now.
func Added(before [][]byte, now []byte) []Line {
	if len(before) == 0 {
		return added(nil, now)
	}
	lines := added(before[0], now)
	for _, old := range before[1:] {
		if len(lines) == 0 {
			return nil
		}
		too := added(old, now)
		lines = slices.DeleteFunc(lines, func(l Line) bool {
			_, found := slices.BinarySearchFunc(too, l.Number, func(l Line, n int) int { return cmp.Compare(l.Number, n) })
			return !found
		})
	}
	return lines
}

// added compares with one text.
func added(old, now []byte) []Line {
	skipped, old, now := trim(old, now)
	if len(now) == 0 {
		return nil
	}
	lines := make([]Line, 0, bytes.Count(now, []byte{'\n'})+1)
	for len(now) > 0 {
		var line []byte
		line, now, _ = bytes.Cut(now, []byte{'\n'})
		skipped++
		lines = append(lines, Line{skipped, line})
	}
	if len(old) == 0 {
		return lines
	}
	had := tally(string(old))
	return slices.DeleteFunc(lines, func(l Line) bool {
		left := had[string(l.Text)]
		if left == 0 {
			return false
		}
		had[string(l.Text)] = left - 1
		return true
	})
}

// tally counts how often a text has each line.
func tally(text string) map[string]int {
	had := make(map[string]int, strings.Count(text, "\n")+1)
	for len(text) > 0 {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		had[line]++
	}
	return had
}

// trim cuts off the whole lines that both texts begin and end with, and says how many lines it cut off in front.
func trim(old, now []byte) (skipped int, oldRest, nowRest []byte) {
	n := commonPrefix(old, now)
	// Both may end there. Else they differ within a line, or one ends amid it.
	if n < len(old) || n < len(now) {
		n = bytes.LastIndexByte(now[:n], '\n') + 1
	}
	skipped = bytes.Count(now[:n], []byte{'\n'})
	old, now = old[n:], now[n:]
	n = commonSuffix(old, now)
	if n < len(old) || n < len(now) {
		i := bytes.IndexByte(now[len(now)-n:], '\n')
		if i < 0 {
			return skipped, old, now
		}
		n -= i + 1
	}
	return skipped, old[:len(old)-n], now[:len(now)-n]
}

// block is how many bytes are compared at once.
const block = 256

func commonPrefix(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[n:n+block], b[n:n+block]) {
		n += block
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

func commonSuffix(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[len(a)-n-block:len(a)-n], b[len(b)-n-block:len(b)-n]) {
		n += block
	}
	for n < most && a[len(a)-n-1] == b[len(b)-n-1] {
		n++
	}
	return n
}
