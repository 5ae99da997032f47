package report

import (
	"cmp"
	"fmt"
	"slices"

	"countersign/policy"
)

// summaryNames is how many signers and keys the text form lists; JSON lists all.
const summaryNames = 10

// summary says of history that has landed how much of it is signed, by whom, and what was found.
func (p *page) summary(s *policy.Summary) {
	for _, of := range []struct {
		noun string
		is   policy.Signed
	}{{"commit", s.Commits}, {"tag", s.Tags}} {
		if of.is.Total == 0 {
			continue
		}
		p.line(0, Count(of.is.Total, of.noun))
		p.ranking("signature", of.is.Statuses, len(of.is.Statuses))
		p.ranking("kind of key", of.is.Kinds, len(of.is.Kinds))
		p.ranking("signer", of.is.Signers, summaryNames)
		p.ranking("unknown key", of.is.Strangers, summaryNames)
	}
	if len(s.Findings) > 0 {
		p.line(0, "findings")
		p.ranking("", s.Findings, len(s.Findings))
	}
}

// ranking writes counts as rows of a table, beside a word for what they count.
func (p *page) ranking(what string, counts []policy.Count, most int) {
	for i, n := range counts {
		if i == most {
			p.line(2, fmt.Sprintf("%-11s         and %d more", what, len(counts)-i))
			return
		}
		p.line(2, fmt.Sprintf("%-11s %7d  %s", what, n.Count, cmp.Or(n.Name, "(the signature doesn't say)")))
		what = ""
	}
}

// alikeFindings puts findings together that have a code and a rule in common: the order is that of the first of each.
func alikeFindings(findings []policy.Finding) [][]policy.Finding {
	type key struct {
		code policy.Code
		rule string
	}
	index := make(map[key]int)
	var groups [][]policy.Finding
	for _, f := range findings {
		k := key{f.Code, f.Rule}
		i, known := index[k]
		if !known {
			i = len(groups)
			index[k], groups = i, append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	return groups
}

// signaturesLine says in one line what became of signatures that were verified by themselves.
func signaturesLine(s *policy.Summary) string {
	count := func(status string) int {
		n := 0
		for _, of := range append(slices.Clone(s.Commits.Statuses), s.Tags.Statuses...) {
			if of.Name == status {
				n += of.Count
			}
		}
		return n
	}
	good, missing := count(policy.StatusGood), count(policy.StatusMissing)
	total := s.Commits.Total + s.Tags.Total
	line := fmt.Sprintf("countersign: %s, %s: %d signed, ",
		Count(s.Commits.Total, "commit"), Count(s.Tags.Total, "tag"), total-missing)
	switch bad := total - missing - good; {
	case total == missing:
		return line + "nothing to verify"
	case bad == 0:
		return line + "each signature is good"
	default:
		return line + Count(bad, "signature") + " of them not good"
	}
}
