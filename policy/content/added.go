package content

import (
	"bytes"
	"cmp"
	"slices"

	"countersign/policy/edit"
)

// span is a part of a text.
type span struct{ from, to int }

// around is how much of a text is read before and behind what changed: what is added counts together with what it is
// added to, and no payload that is large enough to count is written wider than that.
const around = 32 << 10

// changed gives the part of head that holds all that none of the texts before has, and what is around it, in whole
// lines where they aren't long. It is empty if one of the texts before is the same. The core of it is what each run
// overlaps that none of them has.
func changed(c *edit.Change) (part, core span) {
	before, head := c.Before, c.Now
	if len(before) == 0 {
		return span{0, len(head)}, span{0, len(head)}
	}
	// What the change of every side touches lies between the last beginning and the first end of these changes, or,
	// where they lie apart, between the first end and the last beginning.
	first, last := 0, len(head)
	for i, old := range before {
		if bytes.Equal(old, head) {
			return span{}, span{}
		}
		change := differs(c, i)
		first, last = max(first, change.from), min(last, change.to)
	}
	core = span{min(first, last), max(first, last)}
	from, to := max(0, core.from-around), min(len(head), core.to+around)
	if i := bytes.IndexByte(head[from:min(from+around/2, to)], '\n'); from > 0 && i >= 0 {
		from += i + 1
	}
	if i := bytes.LastIndexByte(head[max(from, to-around/2):to], '\n'); to < len(head) && i >= 0 {
		to = max(from, to-around/2) + i + 1
	}
	return span{from, to}, core
}

// differs gives the part of what lands outside of which it begins and ends as one of the texts before does.
func differs(c *edit.Change, text int) span {
	if text > 0 {
		c = &edit.Change{Before: c.Before[text : text+1], Now: c.Now}
	}
	prefix, suffix := c.Ends()
	return span{prefix, len(c.Now) - suffix}
}

// former is what stood at a path before a change.
type former struct {
	head     []byte // what stands there now
	armored  []byte // what of it comes after the first beginning of an armored block
	texts    [][]byte
	change   *edit.Change
	added    [][]span // by text, what head adds to it, once that is asked
	searched int      // bytes
}

func formerOf(c *edit.Change) *former {
	_, armored, _ := cutArmor(c.Now)
	return &former{head: c.Now, armored: armored, texts: c.Before, change: c}
}

// little is how many bytes a change may add to a run or change in it: a constant in a table, but no piece of a
// payload.
const little = 32

// bringsIn says whether the change made a run what it is: whether none of the texts holds it, and it adds more than a
// little of it to each of them.
func (f *former) bringsIn(run span) bool { return f.lacks(run) && !f.holds(f.head[run.from:run.to]) }

// lacks says whether the change adds more than a little of a run to each of the texts.
func (f *former) lacks(run span) bool {
	for i := range f.texts {
		if f.adds(i, run) <= little {
			return false
		}
	}
	return true
}

// adds gives how many bytes of a run lie in lines that one of the texts doesn't have. Where one part of the text
// changed, only that part of a line counts.
func (f *former) adds(i int, run span) (n int) {
	spans := f.spans(i)
	first, _ := slices.BinarySearchFunc(spans, run.from, func(a span, from int) int { return cmp.Compare(a.to, from) })
	for _, a := range spans[first:] {
		if a.from >= run.to {
			break
		}
		n += max(0, min(a.to, run.to)-max(a.from, run.from))
	}
	return n
}

// spans gives what head adds to one of the texts, in order.
func (f *former) spans(i int) []span {
	if f.added == nil {
		f.added = make([][]span, len(f.texts))
	}
	if f.added[i] == nil {
		lines := f.change.Added()
		if len(f.texts) > 1 {
			lines = edit.Added(f.texts[i:i+1], f.head)
		}
		f.added[i] = addedSpans(differs(f.change, i), lines)
	}
	return f.added[i]
}

// near gives the parts of head that a run has to overlap to be brought in by the change: in a change of one text those
// that it adds, if they are more than a little together.
func (f *former) near(core span) []span {
	if len(f.texts) != 1 {
		return []span{core}
	}
	spans, all := f.spans(0), 0
	for _, a := range spans {
		all += a.to - a.from
	}
	if all <= little {
		return nil
	}
	return spans
}

// joined is how far apart two parts of a text may be for the text to be looked at as one.
const joined = 256

// within gives spans by where they lie in a part of a text: those that overlap it or touch it, cut off at its ends, and
// those that lie close to each other as one.
func within(spans []span, part span) (near []span) {
	for _, s := range spans {
		s = span{max(s.from, part.from) - part.from, min(s.to, part.to) - part.from}
		switch last := len(near) - 1; {
		case s.from > s.to:
		case last >= 0 && s.from-near[last].to < joined:
			near[last].to = s.to
		default:
			near = append(near, s)
		}
	}
	return near
}

// addedSpans gives what lines hold of a part of a text.
func addedSpans(change span, lines []edit.Line) []span {
	spans := []span{} // not nil: asked
	for _, l := range lines {
		if a := (span{max(l.At, change.from), min(l.At+len(l.Text), change.to)}); a.from < a.to {
			spans = append(spans, a)
		}
	}
	return spans
}

// patience is how many times as much as a text holds is searched in it for what stood there. A change that moves so
// much about is taken to have brought them in.
const patience = 64

// holds says whether some bytes stood there, in one of the texts, just as they are.
func (f *former) holds(b []byte) bool {
	for _, text := range f.texts {
		if f.searched > patience*Shown {
			return false
		}
		i := bytes.Index(text, b)
		if i >= 0 {
			f.searched += i
			return true
		}
		f.searched += len(text)
	}
	return false
}
