package edit

import (
	"bytes"
	"hash/maphash"
	"slices"
	"sync"
)

// tally gives equal lines the same number. It is a hash table whose hash nobody can foresee, so that nobody can write
// lines that it takes long to tell apart.
type tally struct {
	texts [2][]Line
	first []int32  // by number, the first line that has it; those of the second text count on from the first
	sums  []uint32 // by number, of their hashes
	slots []int32  // numbers, from 1; 0 is free

	numbers, times [2][]int32 // of each text's lines, in order, and by number how often it has each
	left           []int32
}

var seed = maphash.MakeSeed()

// tallies are those that are not in use, for the memory that they have.
var tallies = sync.Pool{New: func() any { return new(tally) }}

// newTally numbers the lines of two texts.
func newTally(old, now []Line) *tally {
	t := tallies.Get().(*tally)
	size := 8
	for size < 2*(len(old)+len(now)) {
		size *= 2
	}
	t.texts, t.first, t.sums = [2][]Line{old, now}, t.first[:0], t.sums[:0]
	t.slots = zeros(t.slots, size)
	at := int32(0)
	for i, lines := range t.texts {
		t.numbers[i] = t.numbers[i][:0]
		for _, l := range lines {
			t.numbers[i] = append(t.numbers[i], t.number(l.Text, at))
			at++
		}
	}
	for i := range t.times {
		t.times[i] = zeros(t.times[i], len(t.first))
		for _, n := range t.numbers[i] {
			t.times[i][n]++
		}
	}
	return t
}

// zeros gives so many, in the memory of others where that is enough.
func zeros(of []int32, n int) []int32 {
	of = slices.Grow(of[:0], n)[:n]
	clear(of)
	return of
}

// end gives the memory back.
func (t *tally) end() {
	t.texts = [2][]Line{}
	if len(t.slots) <= 1<<16 { // few texts are longer
		tallies.Put(t)
	}
}

// number gives the number of a line, from 0.
func (t *tally) number(line []byte, at int32) int32 {
	sum := uint32(maphash.Bytes(seed, line))
	mask := len(t.slots) - 1
	for i := int(sum) & mask; ; i = (i + 1) & mask {
		switch n := t.slots[i]; {
		case n == 0:
			t.first, t.sums = append(t.first, at), append(t.sums, sum)
			t.slots[i] = int32(len(t.first))
			return t.slots[i] - 1
		case t.sums[n-1] == sum && bytes.Equal(t.line(t.first[n-1]), line):
			return n - 1
		}
	}
}

func (t *tally) line(at int32) []byte {
	if n := int32(len(t.texts[0])); at >= n {
		return t.texts[1][at-n].Text
	}
	return t.texts[0][at].Text
}

// beyond gives the lines of a text, 0 or 1, that the other doesn't have, or fewer times, in the place of its lines.
func (t *tally) beyond(text int) []Line {
	t.left = append(t.left[:0], t.times[1-text]...)
	kept := t.texts[text][:0]
	for i, n := range t.numbers[text] {
		if t.left[n] > 0 {
			t.left[n]--
		} else {
			kept = append(kept, t.texts[text][i])
		}
	}
	return kept
}
