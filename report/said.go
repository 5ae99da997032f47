package report

import (
	"strings"

	"countersign/policy"
)

// Said is a finding in words, each of them escaped; see the package's comment.
type Said struct {
	Detail, Standing, Why string // a sentence each; Standing and Why may be ""
	Subject, Claim        string
	Paths                 []SaidPath
}

// SaidPath is a path of a finding, what it is asked about for, and some of the lines that show it.
type SaidPath struct {
	Path, Label string
	Lines       []string
}

// Say gives a finding in words.
func Say(f policy.Finding) Said {
	f = escaped(policy.Decision{Findings: []policy.Finding{f}}).Findings[0]
	s := Said{Detail: detail(f), Standing: standing(f), Why: f.Why, Subject: f.Subject, Claim: f.Claim}
	for _, t := range f.Paths {
		path := SaidPath{Path: t.Path, Label: touched(t)}
		for _, r := range t.Lines {
			path.Lines = append(path.Lines, Line(r))
		}
		s.Paths = append(s.Paths, path)
	}
	return s
}

// Headline says in one line what became of a decision.
func Headline(d policy.Decision) string {
	return strings.TrimPrefix(show(d).headline(), "countersign: ")
}

// Escape gives text of a push or a repository as it may be shown, for outputs that a [Printer] doesn't write.
func Escape(text string) string { return escape(text) }
