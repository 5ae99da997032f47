package signal

import (
	"bytes"
	"math/bits"

	"countersign/policy/edit"
)

// file is one changed file while it is looked at.
type file struct {
	place
	lines   []edit.Line
	now     []byte
	explain bool

	found    Set
	reasons  []Reason
	commands answer // whether a program runs commands
	judged   int    // the last line of the last command that was looked at
	joined   int    // the same, of commands with a pipe
	empty    int    // empty lines that were added just before
	starts   []int  // where the lines of now begin, and one behind its end; made when somebody asks

	stray, names, escapes int  // what was counted over all lines: invisible characters, _0x names, escapes
	marks                 mark // of all lines
}

// answer is one to a question that is asked once.
type answer uint8

const (
	unknown answer = iota
	no
	yes
)

// line gives a line of the whole text by its number, from 1; nothing beyond the end.
func (f *file) line(n int) []byte {
	if f.starts == nil {
		f.starts = append(f.starts, 0)
		for at := 0; ; {
			i := bytes.IndexByte(f.now[at:], '\n')
			if i < 0 {
				break
			}
			at += i + 1
			f.starts = append(f.starts, at)
		}
		f.starts = append(f.starts, len(f.now)+1)
	}
	if n < 1 || n >= len(f.starts) {
		return nil
	}
	return f.now[f.starts[n-1] : f.starts[n]-1]
}

// hit notes a signal, found at a byte of a line.
func (f *file) hit(s Set, l edit.Line, at int, why string) {
	f.found |= s
	if !f.explain {
		return
	}
	name := names[bits.TrailingZeros32(uint32(s))]
	n := 0
	for _, r := range f.reasons {
		if r.Signal == name {
			if r.Line == l.Number {
				return
			}
			n++
		}
	}
	if n < 20 {
		f.reasons = append(f.reasons, Reason{name, l.Number, around(f.line(l.Number), at), why})
	}
}

// done says whether nothing more need be found out of a signal.
func (f *file) done(s Set) bool { return f.found&s != 0 && !f.explain }
