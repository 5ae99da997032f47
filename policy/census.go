package policy

import (
	"cmp"
	"slices"
)

// Census counts what is judged. The zero Census has counted nothing. It is not safe for concurrent use.
type Census struct{ commits, tags counts }

// counts are those of commits, or of tags.
type counts struct {
	total                               int
	statuses, kinds, signers, strangers map[string]int
}

// Commit counts a commit by its signature.
func (c *Census) Commit(s Signature) { c.commits.add(s) }

// Tag counts a tag by its signature; one that is no tag object has none.
func (c *Census) Tag(s Signature) { c.tags.add(s) }

func (n *counts) add(s Signature) {
	if n.statuses == nil {
		n.statuses, n.kinds = make(map[string]int), make(map[string]int)
		n.signers, n.strangers = make(map[string]int), make(map[string]int)
	}
	n.total++
	n.statuses[cmp.Or(s.Status, StatusMissing)]++
	switch s.Status {
	case "", StatusMissing:
		return
	case StatusGood:
		n.signers[s.Principal]++
	case StatusUnknown:
		n.strangers[cmp.Or(s.Fingerprint, s.KeyID)]++
	}
	n.kinds[s.Kind]++
}

// Summary gives what was counted, and how often each code was found.
func (c *Census) Summary(findings []Finding) *Summary {
	return &Summary{Commits: c.commits.signed(), Tags: c.tags.signed(), Findings: ByCode(findings)}
}

// ByCode counts findings by their codes.
func ByCode(findings []Finding) []Count {
	codes := make(map[Code]int)
	for i := range findings {
		codes[findings[i].Code]++
	}
	return CountsOf(codes)
}

// CountsOf gives counts of findings as a summary has them.
func CountsOf(codes map[Code]int) []Count {
	named := make(map[string]int, len(codes))
	for code, n := range codes {
		named[string(code)] = n
	}
	return ranked(named)
}

func (n *counts) signed() Signed {
	return Signed{
		Total: n.total, Statuses: ranked(n.statuses), Kinds: ranked(n.kinds),
		Signers: ranked(n.signers), Strangers: ranked(n.strangers),
	}
}

// ranked gives counts, the largest first, and where several are as large by name.
func ranked(of map[string]int) []Count {
	list := make([]Count, 0, len(of))
	for name, n := range of {
		list = append(list, Count{name, n})
	}
	slices.SortFunc(list, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return list
}
