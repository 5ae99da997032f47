package history

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"sync/atomic"
)

// Bounds on the merging of lines. Those of one merge commit decide what it changed: what is beyond them is its own
// change. They are the same whatever comes with it and in whatever order. So the hook that judges 200 commits and the
// auditor who judges one of them say the same.
//
// What is pushed together has a bound as well, [Limits].Merged, or many merges would use up all the time that a push
// has. Who is beyond it gets no other verdict, but is told to push in parts: a bound that turned a merge's lines into
// its own change would depend on what else was pushed. What was let in before has no such bound.
const (
	maxMergedText  = 2 << 20  // bytes of each version of a file
	maxMergedTexts = 32 << 20 // bytes of all versions of all files of one merge
	// lines of those, from the first that isn't the same in all versions to the last: half a second of work
	maxMergedLines = 2 << 20
	bytesPerLine   = 64 // to read so many bytes takes as long as to compare a line
)

// lineBudget is how much may still be compared for the merges that are pushed.
type lineBudget struct {
	left  atomic.Int64
	limit int64
}

func newLineBudget(l Limits) *lineBudget { return lines(l.Merged) }

func lines(n int64) *lineBudget {
	b := &lineBudget{limit: n}
	b.left.Store(n)
	return b
}

// of gives the budget of a range.
func (b *lineBudget) of(r Range) *lineBudget {
	if r.Landed {
		return lines(math.MaxInt64)
	}
	return b
}

func (b *lineBudget) take(lines int) error {
	if b.left.Add(-int64(lines)) < 0 {
		return exceeds("merged", "the files that both sides of merges changed have more than %d lines to compare; the "+
			"limit is merged, which limits.time sets", b.limit)
	}
	return nil
}

// cutCommon cuts off the whole lines with which all texts begin, and those with which all end.
func cutCommon(texts [][]byte) {
	same := len(texts[0])
	for _, t := range texts {
		n := min(same, len(t))
		for same = 0; same < n && t[same] == texts[0][same]; same++ {
		}
	}
	same = bytes.LastIndexByte(texts[0][:same], '\n') + 1
	for i := range texts {
		texts[i] = texts[i][same:]
	}
	first := texts[0]
	same = len(first)
	for _, t := range texts {
		n := min(same, len(t))
		for same = 0; same < n && t[len(t)-1-same] == first[len(first)-1-same]; same++ {
		}
	}
	_, end, _ := bytes.Cut(first[len(first)-same:], []byte{'\n'})
	for i, t := range texts {
		texts[i] = t[:len(t)-len(end)]
	}
}

// numbered gives each line of a text as a number, the same for the same line. What has no line feed is another line.
func numbered(text string, numbers map[string]rune) []rune {
	lines := make([]rune, 0, strings.Count(text, "\n")+1)
	for line := range strings.Lines(text) {
		n, known := numbers[line]
		if !known {
			n = rune(len(numbers))
			numbers[line] = n
		}
		lines = append(lines, n)
	}
	return lines
}

// mergesLines says whether merged is what a three-way merge of the lines of ours and theirs gives: base with the
// changes of both, none of which overlaps or touches another's but where both made the same. Git's own merge
// calls the rest conflicts, too (xdl_do_merge in git's xdiff/xmerge.c).
func mergesLines(base, ours, theirs, merged string) bool {
	numbers := make(map[string]rune)
	b := numbered(base, numbers)
	o, t := numbered(ours, numbers), numbered(theirs, numbers)
	hunks, clean := joinHunks(hunks(b, o, len(numbers)), hunks(b, t, len(numbers)))
	if !clean {
		return false
	}
	var lines []rune
	at := 0
	for _, h := range hunks {
		lines = append(append(lines, b[at:h.start]...), h.lines...)
		at = h.end
	}
	return slices.Equal(append(lines, b[at:]...), numbered(merged, numbers))
}

// hunk is lines in place of those from start to end.
type hunk struct {
	start, end int
	lines      []rune
}

func (h hunk) equal(o hunk) bool {
	return h.start == o.start && h.end == o.end && slices.Equal(h.lines, o.lines)
}

// maxCuts is how often a part of two texts is cut again: each time costs as much as reading the part.
const maxCuts = 4

// hunks gives the changed lines from one text to another, in order. It is a patience diff: the
// texts are cut where a line stands once in either, and the parts between again, where a line stands once in either
// part. Unlike Myers' it needs no more time for texts that were made to need it.
func hunks(before, after []rune, distinct int) []hunk {
	d := differ{counts: make([]count, distinct)}
	d.compare(0, before, after, maxCuts)
	return d.hunks
}

type differ struct {
	counts []count // of each line, zero between two comparisons
	hunks  []hunk
}

type count struct{ before, after, at int }

// compare adds the hunks of a part, which begins at a line of before.
func (d *differ) compare(at int, before, after []rune, cuts int) {
	for len(before) > 0 && len(after) > 0 && before[0] == after[0] {
		at, before, after = at+1, before[1:], after[1:]
	}
	for len(before) > 0 && len(after) > 0 && before[len(before)-1] == after[len(after)-1] {
		before, after = before[:len(before)-1], after[:len(after)-1]
	}
	var cutAt []anchor
	if len(before) > 0 && len(after) > 0 && cuts > 0 {
		cutAt = d.anchors(before, after)
	}
	if len(cutAt) == 0 {
		if len(before)+len(after) > 0 {
			d.hunks = append(d.hunks, hunk{at, at + len(before), after})
		}
		return
	}
	from, to := 0, 0
	for _, a := range cutAt {
		d.compare(at+from, before[from:a.before], after[to:a.after], cuts-1)
		from, to = a.before+1, a.after+1
	}
	d.compare(at+from, before[from:], after[to:], cuts-1)
}

// anchor is a line that two texts share.
type anchor struct{ before, after int }

// anchors gives lines that stand once in both parts: as many as possible that are in the same order in both.
func (d *differ) anchors(before, after []rune) []anchor {
	for _, n := range before {
		d.counts[n].before++
	}
	for i, n := range after {
		d.counts[n].after++
		d.counts[n].at = i
	}
	var shared []anchor
	for i, n := range before {
		if c := d.counts[n]; c.before == 1 && c.after == 1 {
			shared = append(shared, anchor{i, c.at})
		}
	}
	for _, part := range [][]rune{before, after} {
		for _, n := range part {
			d.counts[n] = count{}
		}
	}
	return increasing(shared)
}

// increasing gives a longest part of a list, in its order, in which after increases.
func increasing(list []anchor) []anchor {
	var ends []int                   // the last of the best part of each length so far
	before := make([]int, len(list)) // what stands before each in its best part, -1 for nothing
	for i := range list {
		n, _ := slices.BinarySearchFunc(ends, list[i].after, func(end, after int) int { return list[end].after - after })
		if before[i] = -1; n > 0 {
			before[i] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, i)
		} else {
			ends[n] = i
		}
	}
	part := make([]anchor, len(ends))
	if len(ends) == 0 {
		return part
	}
	for n, i := len(ends)-1, ends[len(ends)-1]; n >= 0; n, i = n-1, before[i] {
		part[n] = list[i]
	}
	return part
}

// joinHunks joins the hunks of two sides, both in order. It says false where two that differ overlap or touch.
func joinHunks(ours, theirs []hunk) (joined []hunk, clean bool) {
	for len(ours) > 0 && len(theirs) > 0 {
		a, b := ours[0], theirs[0]
		switch {
		case a.equal(b):
			joined, ours, theirs = append(joined, a), ours[1:], theirs[1:]
		case a.end < b.start:
			joined, ours = append(joined, a), ours[1:]
		case b.end < a.start:
			joined, theirs = append(joined, b), theirs[1:]
		default:
			return nil, false
		}
	}
	return append(append(joined, ours...), theirs...), true
}
