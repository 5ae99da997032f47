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
	"strings"

	"countersign/policy/edit"
)

// maxSize is how long a text may be that is looked at.
const maxSize = 1 << 20

// Of tells the shape of a change of the file at path, in the place of one text at most.
func Of(path string, c *edit.Change) Shape { return look(path, c, false).shape }

// Known tells whether files at a path are of a format of which a change can be harmless.
func Known(path string) bool { return formatOf(path).compare != nil }

// Explain gives the lines that decide what [Of] says, in order: the risky ones if there are any, else one that is
// plain, else all that changed. A change of nothing has no reasons.
func Explain(path string, c *edit.Change) []Reason {
	v := look(path, c, true)
	if v.shape == Harmless && len(v.reasons) == 0 && !v.same {
		v.reasons = harmlessLines(v.changes, c)
	}
	return sorted(v.reasons)
}

// verdict is a shape, and what decides it.
type verdict struct {
	shape   Shape
	reasons []Reason // not of what is harmless
	changes []change // of what is harmless
	same    bool     // nothing changed
}

// look looks at a change until its shape is known, or for all reasons.
func look(path string, c *edit.Change, all bool) verdict {
	old, isNew := c.Old()
	now := c.Now
	switch {
	case !isNew && bytes.Equal(old, now):
		return verdict{shape: Harmless, same: true}
	case max(len(old), len(now)) > maxSize:
		return plainly("longer than 1 MiB")
	}
	f := formatOf(path)
	risks := riskyLines(f.words, old, now, c.Added(), c.Gone())
	risks = append(risks, commandLines(f.words, old, now, c.Added())...)
	if !isNew {
		risks = append(risks, newNames(nameListsOf(strings.ToLower(path)), old, now, c.Added())...)
	}
	if len(risks) > 0 && (!all || f.lines) {
		return verdict{shape: Risky, reasons: risks}
	}
	var changes []change
	switch {
	case f.compare == nil, isNew && f.lines:
	case f.remarks && otherThanRemarks(c):
		changes = []change{plain(0, "more than comments differs")}
	default:
		changes = f.compare(old, now)
	}
	for _, d := range changes {
		if d.shape == Risky {
			risks = append(risks, d.reason(now))
		}
	}
	switch i := slices.IndexFunc(changes, func(d change) bool { return d.shape != Harmless }); {
	case len(risks) > 0:
		return verdict{shape: Risky, reasons: risks}
	case isNew:
		return plainly("a new file")
	case f.compare == nil:
		return plainly(unknownName)
	case i >= 0 && !all:
		return verdict{shape: Plain}
	case i >= 0:
		return verdict{shape: Plain, reasons: []Reason{changes[i].reason(now)}}
	}
	if why := unreadable(old, now, c.Added(), c.Gone()); why != "" {
		return plainly(why)
	}
	return verdict{shape: Harmless, changes: changes}
}

// otherThanRemarks tells whether a change adds a line or takes one out that isn't empty and no comment. Texts that mean
// the same and write it in other words do, too.
func otherThanRemarks(c *edit.Change) bool {
	return slices.ContainsFunc(c.Added(), says) || slices.ContainsFunc(c.Gone(), says)
}

func says(l edit.Line) bool {
	text := bytes.TrimSpace(l.Text)
	return len(text) > 0 && text[0] != '#'
}

// unknownName is said of files of which nothing is known.
const unknownName = "files of this name are not known"

// plainly is what is said of a change as a whole.
func plainly(why string) verdict { return verdict{shape: Plain, reasons: []Reason{{Why: why}}} }

func sorted(reasons []Reason) []Reason {
	slices.SortStableFunc(reasons, func(a, b Reason) int { return cmp.Compare(a.Line, b.Line) })
	return slices.Compact(reasons)
}
