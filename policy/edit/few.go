package edit

import "bytes"

const (
	// mostFew is how many lines each of two texts may have that the other hasn't where it has them.
	mostFew = 128
	// ahead is how many lines of each are looked at for the next one that both have.
	ahead = 12
)

// few gives what [all] gives, for texts that differ in few lines, and false for others. It pairs lines that are the
// same, in order. How often now has a line beyond old is how often its lines without a partner have it beyond those of
// old, in whatever way they were paired.
func few(old, now []byte, first Line) (added, gone []Line, ok bool) {
	oldRest, nowRest := old, now
	for len(oldRest) > 0 && len(nowRest) > 0 {
		n := bytes.LastIndexByte(nowRest[:commonPrefix(oldRest, nowRest)], '\n') + 1
		oldRest, nowRest = oldRest[n:], nowRest[n:]
		k, l, found := pair(oldRest, nowRest)
		gone, oldRest = take(gone, oldRest, k)
		added, nowRest = take(added, nowRest, l)
		if max(len(gone), len(added)) > mostFew {
			return nil, nil, false
		}
		if found {
			_, oldRest, _ = bytes.Cut(oldRest, lineFeed)
			_, nowRest, _ = bytes.Cut(nowRest, lineFeed)
		}
	}
	gone, oldRest = take(gone, oldRest, mostFew)
	added, nowRest = take(added, nowRest, mostFew)
	if len(oldRest) > 0 || len(nowRest) > 0 {
		return nil, nil, false
	}
	if len(added) > 0 && len(gone) > 0 {
		added, gone = beyond(added, gone)
	}
	return last(added, now, first), last(gone, old, first), true
}

// pair gives how many lines of two texts to leave out for the next that both have, the fewest in all; or, where none is
// near, how many were looked at.
func pair(old, now []byte) (k, l int, found bool) {
	var room [2 * ahead]Line
	olds, _ := take(room[:0:ahead], old, ahead)
	nows, _ := take(room[ahead:ahead], now, ahead)
	for both := range len(olds) + len(nows) - 1 {
		for k := max(0, both-len(nows)+1); k <= min(both, len(olds)-1); k++ {
			if bytes.Equal(olds[k].Text, nows[both-k].Text) {
				return k, both - k, true
			}
		}
	}
	return len(olds), len(nows), false
}

// take appends so many lines of a text, without their places, and gives what is left of it.
func take(lines []Line, text []byte, n int) ([]Line, []byte) {
	for ; n > 0 && len(text) > 0; n-- {
		end := lineLength(text)
		lines, text = append(lines, Line{Text: text[:end]}), text[min(end+1, len(text)):]
	}
	return lines, text
}

// last gives the last lines of a part of a text that begins at a line, as many of each kind as were asked for.
func last(wanted []Line, text []byte, first Line) []Line {
	index := indexOf(wanted)
	all := make([]Line, 0, 2*len(wanted)) // of the kinds that are wanted
	for at, number := 0, first.Number; at < len(text); number++ {
		end := at + lineLength(text[at:])
		if line := text[at:end]; index.find(line) > 0 {
			all = append(all, Line{number, first.At + at, line})
		}
		at = end + 1
	}
	kept := len(all)
	for i := len(all) - 1; i >= 0 && kept > len(all)-len(wanted); i-- {
		if n := index.find(all[i].Text); n > 0 {
			index.lines[n-1].Number = taken
			kept--
			all[kept] = all[i]
		}
	}
	return all[kept:]
}

// index finds lines by their text.
type index struct {
	lines []Line
	begin [256]int // by the last byte of its length, the number of a line, from 1
	next  []int    // and of the next, by that of one
}

// taken is the number of a line that isn't found any more.
const taken = -1

func indexOf(lines []Line) *index {
	x := &index{lines: lines, next: make([]int, len(lines)+1)}
	for i, l := range lines {
		begin := &x.begin[uint8(len(l.Text))]
		x.next[i+1], *begin = *begin, i+1
	}
	return x
}

// find gives the number of a line with a text, from 1, or 0.
func (x *index) find(text []byte) int {
	n := x.begin[uint8(len(text))]
	for n > 0 && (x.lines[n-1].Number == taken || !bytes.Equal(x.lines[n-1].Text, text)) {
		n = x.next[n]
	}
	return n
}
