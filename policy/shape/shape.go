// Package shape tells by its lines whether a change of a manifest or build file is harmless or risky.
//
// [Of] gives the verdict, and [Explain] the lines that decide it. The two verdicts are reached in different ways, for
// an error costs different things. A change is [Risky] if one line shows it: a new dependency, a flag of security, a
// command that fetches, decodes or runs. It is [Harmless] only if both texts could be read wholly, as the tool reads
// them, and differ in nothing but what is known to do no harm: a version that rises, comments, what describes the
// project, source files in a list of them. All else is [Plain], and so is what this package can't read.
//
// What is harmless can still be bad: a version that rises may be a malicious one, and a source file that is added
// to a list is code. Shape says only that this file needn't be read for it.
package shape

import (
	"bytes"
	"cmp"
	"slices"

	"countersign/policy/edit"
)

// maxSize is how long a text may be that is looked at.
const maxSize = 1 << 20

// Of tells the shape of a change of the file at path. Before are the texts that stood there: none for a new file,
// several for a merge. A change is risky if it is to each of them, and harmless only if it is to each. Now is the
// text that lands.
func Of(path string, before [][]byte, now []byte) Shape {
	if len(before) > 1 {
		return decide(Explain(path, before, now))
	}
	var old []byte
	if len(before) == 1 {
		if old = before[0]; bytes.Equal(old, now) {
			return Harmless
		}
	}
	if max(len(old), len(now)) > maxSize {
		return Plain
	}
	f := formatOf(path)
	switch {
	case len(riskyLines(f.words, old, now, edit.Added(before, now))) > 0:
		return Risky
	case f.compare == nil || len(before) == 0 && f.lines:
		return Plain
	}
	return shapeOf(f.compare(old, now), before, now)
}

// shapeOf gives the shape of a change that no line makes risky, by its differences.
func shapeOf(changes []change, before [][]byte, now []byte) Shape {
	shape := Harmless
	for _, c := range changes {
		switch c.shape {
		case Risky:
			return Risky
		case Plain:
			shape = Plain
		}
	}
	if len(before) == 0 || shape == Harmless && unreadable(before[0], now) != "" {
		return Plain
	}
	return shape
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
	others := slices.DeleteFunc(slices.Clone(before), func(old []byte) bool { return bytes.Equal(old, now) })
	if len(before) > 0 && len(others) == 0 {
		return nil
	}
	if len(now) > maxSize || slices.ContainsFunc(others, func(old []byte) bool { return len(old) > maxSize }) {
		return []Reason{{Why: "longer than 1 MiB"}}
	}
	f := formatOf(path)
	if len(before) == 0 {
		others = [][]byte{nil}
	}
	changes := make([][]change, len(others))
	for i, old := range others {
		changes[i] = f.differences(old, now)
	}
	// Where a merge took the text of one side, nothing is risky to that side.
	if len(others) == max(len(before), 1) {
		if found := riskyToEach(f, others, now, changes, edit.Added(before, now)); len(found) > 0 {
			return sorted(found)
		}
	}
	if len(before) == 0 {
		return []Reason{{Why: "a new file"}}
	}
	return safe(others, now, changes)
}

// riskyToEach gives what is risky to each of the texts before.
func riskyToEach(f format, before [][]byte, now []byte, changes [][]change, added []edit.Line) []Reason {
	type thing struct {
		line int
		text string
	}
	var found []Reason
	for i, old := range before {
		risks := riskyLines(f.words, old, now, added)
		for _, r := range reasonsOf(changes[i], now) {
			if r.Shape == Risky {
				risks = append(risks, r)
			}
		}
		if i == 0 {
			found = risks
			continue
		}
		too := make(map[thing]bool)
		for _, r := range risks {
			too[thing{r.Line, r.Text}] = true
		}
		found = slices.DeleteFunc(found, func(r Reason) bool { return !too[thing{r.Line, r.Text}] })
	}
	return found
}

// safe gives the reasons why a change that isn't risky is harmless, or one why it isn't.
func safe(before [][]byte, now []byte, changes [][]change) []Reason {
	var all []Reason
	for i, old := range before {
		if why := unreadable(old, now); why != "" {
			return []Reason{{Why: why}}
		}
		for _, c := range changes[i] {
			if c.shape != Harmless {
				c.shape = Plain
				return reasonsOf([]change{c}, now)
			}
		}
		all = append(all, harmlessLines(changes[i], old, now)...)
	}
	return sorted(all)
}

func sorted(reasons []Reason) []Reason {
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(reasons)
}
