package audit

import (
	"slices"

	"countersign/history"
	"countersign/policy"
)

// findings are what was found, each once. Two refs may find the same of a commit that each got by another way.
type findings struct {
	list  []policy.Finding
	where [][]held // of each
	index map[finding]int
}

// held says by which audit something was found, and of which landing; zero for the ref itself.
type held struct {
	of      int
	landing history.ID
}

// finding is what makes one finding of a commit another than the next.
type finding struct {
	code                 policy.Code
	commit, rule, detail string
}

// add takes what was found.
func (fs *findings) add(of int, landing history.ID, found []policy.Finding) {
	for _, f := range found {
		at := held{of, landing}
		if f.Commit == "" {
			fs.list, fs.where = append(fs.list, f), append(fs.where, []held{at})
			continue
		}
		key := finding{f.Code, f.Commit, f.Rule, f.Detail}
		if i, known := fs.index[key]; known {
			fs.where[i] = append(fs.where[i], at)
			continue
		}
		if fs.index == nil {
			fs.index = make(map[finding]int)
		}
		fs.index[key] = len(fs.list)
		fs.list, fs.where = append(fs.list, f), append(fs.where, []held{at})
	}
}

// mostRefs is how many refs a finding names.
const mostRefs = 20

// named gives the findings, those about commits that several refs hold with the names of these.
func (fs *findings) named(audits []Audit, s *shared) []policy.Finding {
	for i := range fs.list {
		f := &fs.list[i]
		if f.Commit == "" || len(audits) < 2 {
			continue
		}
		if refs := refsOf(audits, s, fs.where[i]); len(refs) > 1 {
			f.Refs = refs[:min(len(refs), mostRefs)]
			f.MoreRefs = len(refs) - len(f.Refs)
		}
	}
	return fs.list
}

// refsOf names the refs that hold something.
func refsOf(audits []Audit, s *shared, where []held) (refs []string) {
	for of := range audits {
		if slices.ContainsFunc(where, func(h held) bool { return h.on(of, s) }) {
			refs = append(refs, audits[of].Ref)
		}
	}
	return refs
}

// on says whether an audit's ref holds what was found.
func (h held) on(of int, s *shared) bool {
	p, known := s.places[h.landing]
	return of == h.of || known && p.of == h.of && s.holds(of, p, false)
}
