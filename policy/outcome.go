package policy

import (
	"maps"
	"slices"
)

// Outcome is what a policy says of a landing, or of what else comes in for a ref. While it needs something it is not
// final: what is looked up may take findings away, and bring others.
type Outcome struct {
	Findings []Finding // what stands against the landing
	Notes    []string  // what an exception puts aside, and then what had to be taken for granted without a journal
	Needs    Needs
	// OfRef says that it was asked for which ref something was approved or merged: for another ref it may be otherwise.
	OfRef bool
}

// Passes says whether it may pass: nothing stands against it, and nothing that could is unknown.
func (o Outcome) Passes() bool { return len(o.Findings) == 0 && o.Needs.Empty() }

// Join gives what two policies say of the same landing: what either finds, notes or needs, and what both say once.
func (o Outcome) Join(more Outcome) Outcome {
	joined := Outcome{Findings: slices.Clip(o.Findings), Notes: slices.Clip(o.Notes), Needs: o.Needs.With(more.Needs)}
	joined.OfRef = o.OfRef || more.OfRef
	for _, f := range more.Findings {
		same := func(g Finding) bool { return g.Code == f.Code && g.Commit == f.Commit && g.Rule == f.Rule }
		if !slices.ContainsFunc(o.Findings, same) {
			joined.Findings = append(joined.Findings, f)
		}
	}
	for _, n := range more.Notes {
		if !slices.Contains(joined.Notes, n) {
			joined.Notes = append(joined.Notes, n)
		}
	}
	return joined
}

// Needs are facts about a landing or a change of a ref that cost something to look up, so that they are only looked up
// where they may change the outcome. The zero Needs is nothing.
type Needs struct {
	Approvals  bool // the approvals of the landing's commits, and their withdrawals
	Exceptions bool // the exceptions for the landing's commits

	// Of these commits, by id:
	GitsMerge    map[string]bool // which changes of a merge git's own merge of its parents makes
	LandedBefore map[string]bool // where else they have landed, and when they came in there
	FirstSeen    map[string]bool // since when they have been in sight, and the approvals with them

	// Of a change of a ref, see [RefChange]:
	Beside, Moves, After, Unused bool
}

// Empty says whether nothing is needed.
func (n Needs) Empty() bool {
	return !n.Approvals && !n.Exceptions && !n.Beside && !n.Moves && !n.After && !n.Unused &&
		len(n.GitsMerge)+len(n.LandedBefore)+len(n.FirstSeen) == 0
}

// With gives what either needs.
func (n Needs) With(more Needs) Needs {
	return Needs{
		Approvals: n.Approvals || more.Approvals, Exceptions: n.Exceptions || more.Exceptions,
		GitsMerge: union(n.GitsMerge, more.GitsMerge), LandedBefore: union(n.LandedBefore, more.LandedBefore),
		FirstSeen: union(n.FirstSeen, more.FirstSeen), Beside: n.Beside || more.Beside,
		Moves: n.Moves || more.Moves, After: n.After || more.After, Unused: n.Unused || more.Unused,
	}
}

func union(a, b map[string]bool) map[string]bool {
	if len(b) == 0 {
		return a
	}
	both := make(map[string]bool, len(a)+len(b))
	maps.Copy(both, a)
	maps.Copy(both, b)
	return both
}
