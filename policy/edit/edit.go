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
	At     int    // where it begins in its text
	Text   []byte // without its line feed; a carriage return is part of it
}

// Change is a change of a text: now stands in the place of the texts before. There is none before a new text, and
// several before a merge's. The texts are compared once, by whoever asks first.
type Change struct {
	Before [][]byte
	Now    []byte

	measured    bool
	ends        ends // that the first text before and now have in common
	compared    bool
	added, gone []Line // gone are those of the first text before
}

// Ends gives how many bytes the first text before and now begin with alike, and how many they end with alike behind
// these. There must be a text before.
func (c *Change) Ends() (prefix, suffix int) {
	c.measure()
	return c.ends.prefix, min(c.ends.suffix, min(len(c.Before[0]), len(c.Now))-c.ends.prefix)
}

func (c *Change) measure() {
	if !c.measured {
		c.measured, c.ends = true, endsOf(c.Before[0], c.Now)
	}
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
		c.added, _ = compare(nil, c.Now, ends{})
		return
	}
	c.measure()
	c.added, c.gone = compare(c.Before[0], c.Now, c.ends)
	for _, old := range c.Before[1:] {
		if len(c.added) == 0 {
			return
		}
		too, _ := compare(old, c.Now, endsOf(old, c.Now))
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

// ends are what two texts have in common at both ends, in bytes.
type ends struct {
	prefix int
	lines  int // the whole lines of the prefix, or all of it where both texts end there
	suffix int // behind these
}

func endsOf(old, now []byte) ends {
	n := commonPrefix(old, now)
	e := ends{prefix: n, lines: n}
	// Both may end there. Else they differ within a line, or one ends amid it.
	if n < len(old) || n < len(now) {
		e.lines = bytes.LastIndexByte(now[:n], '\n') + 1
	}
	e.suffix = commonSuffix(old[e.lines:], now[e.lines:])
	return e
}

// compare gives the lines that one of two texts has and the other hasn't.
func compare(old, now []byte, e ends) (added, gone []Line) {
	skipped := Line{Number: bytes.Count(now[:e.lines], lineFeed) + 1, At: e.lines}
	old, now = trim(old[e.lines:], now[e.lines:], e.suffix)
	if len(old) > 0 && len(now) > 0 {
		if added, gone, ok := few(old, now, skipped); ok {
			return added, gone
		}
	}
	return all(old, now, skipped)
}

// all compares all lines of two parts of texts that begin at the same line.
func all(old, now []byte, first Line) (added, gone []Line) {
	added, gone = linesOf(now, first), linesOf(old, first)
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

// linesOf gives the lines of a part of a text that begins at a line.
func linesOf(text []byte, first Line) []Line {
	if len(text) == 0 {
		return nil
	}
	lines := make([]Line, 0, bytes.Count(text, lineFeed)+1)
	for len(text) > 0 {
		end := lineLength(text)
		lines = append(lines, Line{first.Number + len(lines), first.At, text[:end]})
		first.At += end + 1
		text = text[min(end+1, len(text)):]
	}
	return lines
}

// lineLength gives how long the first line of a text is, without its line feed.
func lineLength(text []byte) int {
	if i := bytes.IndexByte(text, '\n'); i >= 0 {
		return i
	}
	return len(text)
}

// trim cuts off the whole lines among the bytes that both texts end with.
func trim(old, now []byte, suffix int) (oldRest, nowRest []byte) {
	if suffix < len(old) || suffix < len(now) {
		i := bytes.IndexByte(now[len(now)-suffix:], '\n')
		if i < 0 {
			return old, now
		}
		suffix -= i + 1
	}
	return old[:len(old)-suffix], now[:len(now)-suffix]
}

// block is how many bytes are compared at once.
const block = 256

// commonPrefix gives how many bytes two texts begin with alike.
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

// commonSuffix gives how many bytes two texts end with alike.
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
