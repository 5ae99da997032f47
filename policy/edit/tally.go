package edit

import (
	"bytes"
	"hash/maphash"
)

// tally gives equal lines the same number. It is a hash table whose hash nobody can foresee, so that nobody can write
// lines that it takes long to tell apart.
type tally struct {
	lines [][]byte // by number
	sums  []uint32 // of their hashes
	slots []int32  // numbers, from 1; 0 is free
}

var seed = maphash.MakeSeed()

// newTally gives a tally for so many lines.
func newTally(lines int) *tally {
	size := 8
	for size < 2*lines {
		size *= 2
	}
	return &tally{slots: make([]int32, size)}
}

// number gives the number of a line, from 0.
func (t *tally) number(line []byte) int32 {
	sum := uint32(maphash.Bytes(seed, line))
	mask := len(t.slots) - 1
	for i := int(sum) & mask; ; i = (i + 1) & mask {
		switch n := t.slots[i]; {
		case n == 0:
			t.lines, t.sums = append(t.lines, line), append(t.sums, sum)
			t.slots[i] = int32(len(t.lines))
			return t.slots[i] - 1
		case t.sums[n-1] == sum && bytes.Equal(t.lines[n-1], line):
			return n - 1
		}
	}
}

// numbered are the numbers of the lines of a text, in order, and how often it has each.
type numbered struct{ numbers, times []int32 }

func (t *tally) count(lines []Line) numbered {
	c := numbered{numbers: make([]int32, len(lines))}
	for i, l := range lines {
		c.numbers[i] = t.number(l.Text)
	}
	c.times = make([]int32, len(t.lines))
	for _, n := range c.numbers {
		c.times[n]++
	}
	return c
}

// beyond gives the lines of a text that another doesn't have, or fewer times.
func (t *tally) beyond(lines []Line, text, other numbered) []Line {
	left := make([]int32, len(t.lines))
	copy(left, other.times)
	kept := lines[:0]
	for i, n := range text.numbers {
		if left[n] > 0 {
			left[n]--
		} else {
			kept = append(kept, lines[i])
		}
	}
	return kept
}
