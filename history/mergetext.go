package history

import (
	"bytes"
	"slices"
	"strings"

	"github.com/aymanbagabas/go-udiff"
)

// Bounds on the merging of lines. They are of one merge commit, so that a verdict doesn't depend on what else came
// with it. What is beyond them is the merge's own.
const (
	maxMergedText  = 2 << 20  // bytes of each version of a file
	maxMergedTexts = 32 << 20 // bytes of all versions of all files of one merge
)

// mergesLines says whether merged is what a three-way merge of the lines of ours and theirs gives: base with the
// changes of both, none of which overlaps or touches another's but where both made the same. Git's own merge
// calls the rest conflicts, too (xdl_do_merge in git's xdiff/xmerge.c).
func mergesLines(base, ours, theirs, merged []byte) bool {
	for _, text := range [][]byte{base, ours, theirs, merged} {
		if bytes.IndexByte(text, 0) >= 0 {
			return false
		}
	}
	b := string(base)
	edits, clean := joinEdits(hunks(b, string(ours)), hunks(b, string(theirs)))
	if !clean {
		return false
	}
	var text strings.Builder
	at := 0
	for _, e := range edits {
		text.WriteString(b[at:e.Start])
		text.WriteString(e.New)
		at = e.End
	}
	text.WriteString(b[at:])
	return text.String() == string(merged)
}

// hunks gives the changed lines from one text to another, in order; what touches is one hunk. The library searches no
// further than some hundred changes, so the texts are first cut where a line stands once in either: a patience diff.
func hunks(before, after string) []udiff.Edit {
	var hunks []udiff.Edit
	from, to := 0, 0 // up to where the texts have been compared
	compare := func(end, newEnd int) {
		for _, e := range udiff.Lines(before[from:end], after[to:newEnd]) {
			e.Start, e.End = e.Start+from, e.End+from
			if n := len(hunks); n > 0 && hunks[n-1].End == e.Start {
				hunks[n-1].End, hunks[n-1].New = e.End, hunks[n-1].New+e.New
				continue
			}
			hunks = append(hunks, e)
		}
	}
	for _, a := range anchors(before, after) {
		compare(a.before, a.after)
		from, to = a.before+a.length, a.after+a.length
	}
	compare(len(before), len(after))
	return hunks
}

// anchor is a line that two texts share: where it begins in either, and how long it is.
type anchor struct{ before, after, length int }

// anchors gives lines that stand once in both texts: as many as possible that are in the same order in both.
func anchors(before, after string) []anchor {
	once := make(map[string]*anchor)
	counts := make(map[string][2]int)
	for i, text := range []string{before, after} {
		at := 0
		for line := range strings.Lines(text) {
			n := counts[line]
			n[i]++
			counts[line] = n
			switch {
			case i == 0:
				once[line] = &anchor{before: at, length: len(line)}
			case once[line] != nil:
				once[line].after = at
			}
			at += len(line)
		}
	}
	var shared []anchor
	for line, a := range once {
		if counts[line] == [2]int{1, 1} {
			shared = append(shared, *a)
		}
	}
	slices.SortFunc(shared, func(a, b anchor) int { return a.before - b.before })
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

// joinEdits joins the hunks of two sides, both in order. It says false where two that differ overlap or touch.
func joinEdits(ours, theirs []udiff.Edit) (joined []udiff.Edit, clean bool) {
	for len(ours) > 0 && len(theirs) > 0 {
		a, b := ours[0], theirs[0]
		switch {
		case a == b:
			joined, ours, theirs = append(joined, a), ours[1:], theirs[1:]
		case a.End < b.Start:
			joined, ours = append(joined, a), ours[1:]
		case b.End < a.Start:
			joined, theirs = append(joined, b), theirs[1:]
		default:
			return nil, false
		}
	}
	return append(append(joined, ours...), theirs...), true
}
