package content

import "bytes"

// span is a part of a text.
type span struct{ from, to int }

// around is how much of a text is read before and behind what changed: what is added counts together with what it is
// added to, and no payload that is large enough to count is written wider than that.
const around = 32 << 10

// changed gives the part of head that holds all that none of the texts before has, and what is around it, in whole lines
// where they aren't long. It is empty if one of the texts before is the same.
func changed(before [][]byte, head []byte) (from, to int) {
	if len(before) == 0 {
		return 0, len(head)
	}
	// What the change of every side touches lies between the last beginning and the first end of these changes, or, where
	// they lie apart, between the first end and the last beginning.
	first, last := 0, len(head)
	for _, old := range before {
		if bytes.Equal(old, head) {
			return 0, 0
		}
		a := common(old, head)
		rest := min(len(old), len(head)) - a
		b := commonEnd(old[len(old)-rest:], head[len(head)-rest:])
		first, last = max(first, a), min(last, len(head)-b)
	}
	from, to = max(0, min(first, last)-around), min(len(head), max(first, last)+around)
	if i := bytes.IndexByte(head[from:min(from+around/2, to)], '\n'); from > 0 && i >= 0 {
		from += i + 1
	}
	if i := bytes.LastIndexByte(head[max(from, to-around/2):to], '\n'); to < len(head) && i >= 0 {
		to = max(from, to-around/2) + i + 1
	}
	return from, to
}

// block is how many bytes are compared at once.
const block = 256

// common gives how many bytes two texts begin with alike.
func common(a, b []byte) (n int) {
	most := min(len(a), len(b))
	for n+block <= most && bytes.Equal(a[n:n+block], b[n:n+block]) {
		n += block
	}
	for n < most && a[n] == b[n] {
		n++
	}
	return n
}

// commonEnd gives how many bytes two texts of one length end with alike.
func commonEnd(a, b []byte) (n int) {
	most := len(a)
	for n+block <= most && bytes.Equal(a[most-n-block:most-n], b[most-n-block:most-n]) {
		n += block
	}
	for n < most && a[most-n-1] == b[most-n-1] {
		n++
	}
	return n
}

// former is what stood at a path before a change.
type former struct {
	texts    [][]byte
	searched int // bytes
}

// patience is how many times as much as a text holds is searched in it. A change that moves so many runs about is taken to
// have made them.
const patience = 64

// holds says whether a run stood there, in one of the texts, just as it is.
func (f *former) holds(run []byte) bool {
	for _, text := range f.texts {
		if f.searched > patience*Shown {
			return false
		}
		i := bytes.Index(text, run)
		if i >= 0 {
			f.searched += i
			return true
		}
		f.searched += len(text)
	}
	return false
}
