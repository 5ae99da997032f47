// Package shape tells by its lines whether a change of a manifest or build file is harmless or risky.
//
// [Of] gives the verdict, and [Explain] the lines that decide it. The two verdicts are reached in different ways, for
// an error costs different things. A change is [Risky] if one line shows it: a new dependency, a flag of security, a
// command that fetches, decodes or runs. It is [Harmless] only if both texts could be read wholly, as the tool reads
// them, and differ in nothing but what is known to do no harm: a version that rises, comments, what describes the
// project, source files in a list of them. All else is [Plain], and so is what this package can't read.
//
// What is harmless can still be bad: a version that rises may be a malicious one, and a source file that is added to a
// list is code. Shape says only that this file needn't be read for it.
package shape

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"countersign/policy/edit"
)

// Shape is what a change of a file looks like.
type Shape uint8

// The shapes of a change.
const (
	Plain    Shape = iota // neither, or it can't be told
	Harmless              // nobody needs to read it
	Risky                 // somebody else should read it
)

// String gives the word for a shape.
func (s Shape) String() string {
	switch s {
	case Plain:
		return "plain"
	case Harmless:
		return "harmless"
	case Risky:
		return "risky"
	}
	return fmt.Sprintf("Shape(%d)", uint8(s))
}

// Reason is a line, and what it shows.
type Reason struct {
	Line  int    // from 1 in the text that lands, 0 for one that was taken out or for the whole text
	Text  string // the line, without its end; empty for the whole text
	Shape Shape
	Why   string
}

// maxSize is how long a text may be that is looked at.
const maxSize = 1 << 20

// Of tells the shape of a change of the file at path. Before are the texts that stood there: none for a new file,
// several for a merge. A change is risky if it is to each of them, and harmless only if it is to each. Now is the text
// that lands.
func Of(path string, before [][]byte, now []byte) Shape {
	return decide(Explain(path, before, now))
}

// decide gives the shape that reasons make: one risky line makes all risky, and a plain one keeps it from being
// harmless.
func decide(reasons []Reason) Shape {
	shape := Harmless
	for _, r := range reasons {
		switch r.Shape {
		case Risky:
			return Risky
		case Harmless:
		default:
			shape = Plain
		}
	}
	return shape
}

// Explain gives the lines that decide what [Of] says, in order: the risky ones if there are any, else one that is
// plain, else all that changed. A change of nothing has no reasons.
func Explain(path string, before [][]byte, now []byte) []Reason {
	if slices.ContainsFunc(before, func(old []byte) bool { return bytes.Equal(old, now) }) {
		before = slices.DeleteFunc(slices.Clone(before), func(old []byte) bool { return bytes.Equal(old, now) })
		if len(before) == 0 {
			return nil
		}
		// A merge took this side's text. It is risky to each only if it changed to each.
		return safe(path, before, now)
	}
	if len(now) > maxSize || slices.ContainsFunc(before, func(old []byte) bool { return len(old) > maxSize }) {
		return []Reason{{Why: "longer than 1 MiB", Shape: Plain}}
	}
	f := formatOf(path)
	added := edit.Added(before, now)
	if len(before) == 0 {
		reasons := append(riskyLines(f.words, nil, now, added), reasonsOf(f.compare(nil, now), nil, now)...)
		reasons = slices.DeleteFunc(reasons, func(r Reason) bool { return r.Shape != Risky })
		if len(reasons) == 0 {
			reasons = []Reason{{Why: "a new file", Shape: Plain}}
		}
		return sorted(reasons)
	}
	var risky []Reason
	for i, old := range before {
		found := append(riskyLines(f.words, old, now, added), reasonsOf(f.compare(old, now), old, now)...)
		found = slices.DeleteFunc(found, func(r Reason) bool { return r.Shape != Risky })
		if len(found) == 0 {
			return safe(path, before, now)
		}
		if i == 0 {
			risky = found
		}
	}
	return sorted(risky)
}

// safe gives the reasons why a change that isn't risky is harmless, or one why it isn't.
func safe(path string, before [][]byte, now []byte) []Reason {
	f := formatOf(path)
	var all []Reason
	for _, old := range before {
		if len(old) > maxSize || len(now) > maxSize {
			return []Reason{{Why: "longer than 1 MiB", Shape: Plain}}
		}
		if why := unreadable(old, now); why != "" {
			return []Reason{{Why: why, Shape: Plain}}
		}
		changes := f.compare(old, now)
		for _, c := range changes {
			if c.shape != Harmless {
				c.shape = Plain
				return reasonsOf([]change{c}, old, now)
			}
		}
		all = append(all, harmlessLines(changes, old, now)...)
	}
	return sorted(all)
}

func sorted(reasons []Reason) []Reason {
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(reasons)
}
