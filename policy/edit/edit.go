// Package edit tells which lines a change of a text adds. It knows nothing of what they mean.
//
// [Added] compares by whole lines, without a search for the best alignment: a line is added if the text before didn't
// have it, or had it fewer times. A line that only moved is not added.
package edit

import (
	"bytes"
	"cmp"
	"slices"
)

// Line is a line of a text.
type Line struct {
	Number int    // from 1
	Text   []byte // without its line feed; a carriage return is part of it
}

// Change is a change of a text: now stands in the place of the texts before. There is none before a new text, and
// several before a merge's. The texts are compared once, by whoever asks first.
type Change struct {
	Before [][]byte
	Now    []byte

	compared    bool
	added, gone []Line // gone are those of the first text before
}

// Old gives the first text before, and says that there is none before a new text.
func (c *Change) Old() (text []byte, isNew bool) {
	if len(c.Before) == 0 {
		return nil, true
	}
	return c.Before[0], false
}

// Added gives the lines that now has and none of the texts before it, in order; all of them where there is no text
// before. With several texts before, as the parents of a merge have, a line counts as added if it is to each of them.
// Of a line that stands there more often than before, the last ones that the change may have added are given. The
// lines are parts of now.
func (c *Change) Added() []Line {
	c.compare()
	return c.added
}

// Gone gives the lines that the first text before has and now hasn't, in order. They are parts of that text.
func (c *Change) Gone() []Line {
	c.compare()
	return c.gone
}

func (c *Change) compare() {
	if c.compared {
		return
	}
	c.compared = true
	if len(c.Before) == 0 {
		c.added, _ = compare(nil, c.Now)
		return
	}
	c.added, c.gone = compare(c.Before[0], c.Now)
	for _, old := range c.Before[1:] {
		if len(c.added) == 0 {
			return
		}
		too, _ := compare(old, c.Now)
		c.added = slices.DeleteFunc(c.added, func(l Line) bool {
			_, found := slices.BinarySearchFunc(too, l.Number, func(l Line, n int) int { return cmp.Compare(l.Number, n) })
			return !found
		})
	}
}

// Added gives the lines that a change from some texts to another adds: see [Change.Added].
func Added(before [][]byte, now []byte) []Line {
	c := Change{Before: before, Now: now}
	return c.Added()
}

// compare gives the lines that one of two texts has and the other hasn't.
func compare(old, now []byte) (added, gone []Line) {
	skipped, old, now := trim(old, now)
	if len(old) > 0 && len(now) > 0 {
		if added, gone, ok := few(old, now, skipped); ok {
			return added, gone
		}
	}
	return all(old, now, skipped)
}

// all compares all lines of two texts that follow some others.
func all(old, now []byte, skipped int) (added, gone []Line) {
	added, gone = linesOf(now, skipped), linesOf(old, skipped)
	if len(added) == 0 || len(gone) == 0 {
		return added, gone
	}
	return beyond(added, gone)
}

// beyond gives the lines that one of two texts has more often than the other, the last ones of each, in the place of
// their lines.
func beyond(now, old []Line) (added, gone []Line) {
	t := newTally(old, now)
	defer t.end()
	return t.beyond(1), t.beyond(0)
}

// lineFeed is what parts lines.
var lineFeed = []byte{'\n'}

// linesOf gives the lines of a text that follows some others.
func linesOf(text []byte, skipped int) []Line {
	if len(text) == 0 {
		return nil
	}
	lines := make([]Line, 0, bytes.Count(text, lineFeed)+1)
	for len(text) > 0 {
		var line []byte
		line, text, _ = bytes.Cut(text, lineFeed)
		skipped++
		lines = append(lines, Line{skipped, line})
	}
	return lines
}

// trim cuts off the whole lines that both texts begin and end with, and says how many lines it cut off in front.
func trim(old, now []byte) (skipped int, oldRest, nowRest []byte) {
	n := CommonPrefix(old, now)
	// Both may end there. Else they differ within a line, or one ends amid it.
	if n < len(old) || n < len(now) {
		n = bytes.LastIndexByte(now[:n], '\n') + 1
	}
	skipped = bytes.Count(now[:n], []byte{'\n'})
	old, now = old[n:], now[n:]
	n = CommonSuffix(old, now)
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

// CommonPrefix gives how many bytes two texts begin with alike.
func CommonPrefix(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[n:n+block], b[n:n+block]) {
		n += block
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// CommonSuffix gives how many bytes two texts end with alike.
func CommonSuffix(a, b []byte) int {
	n, most := 0, min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[len(a)-n-block:len(a)-n], b[len(b)-n-block:len(b)-n]) {
		n += block
	}
	for n < most && a[len(a)-n-1] == b[len(b)-n-1] {
		n++
	}
	return n
}
