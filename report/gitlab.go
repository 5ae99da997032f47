package report

import (
	"io"
	"strings"

	"countersign/policy"
)

// qualityIssue is one entry of a code quality report: https://docs.gitlab.com/ci/testing/code_quality/,
// "Code Quality report format".
type qualityIssue struct {
	Description string          `json:"description"`
	CheckName   string          `json:"check_name"`
	Fingerprint string          `json:"fingerprint"`
	Severity    string          `json:"severity"` // of info, minor, major, critical and blocker
	Location    qualityLocation `json:"location"`
	Content     qualityContent  `json:"content"`
}

type qualityLocation struct {
	Path  string       `json:"path"`
	Lines qualityLines `json:"lines"`
}

type qualityLines struct {
	Begin int `json:"begin"`
}

type qualityContent struct {
	Body string `json:"body"`
}

// GitLab writes what stands against a decision as a code quality report of GitLab's. Everything there keeps something
// from landing; what a second person can settle is critical, and the rest a blocker.
func GitLab(w io.Writer, decision policy.Decision) error {
	issues := []qualityIssue{}
	for _, p := range show(decision).problems(decision) {
		severity := "blocker"
		if p.finding.Code.Meaning().About == policy.AboutChange {
			severity = "critical"
		}
		issues = append(issues, qualityIssue{
			Description: p.title, CheckName: string(p.finding.Code), Fingerprint: p.name, Severity: severity,
			Location: qualityLocation{p.place(), qualityLines{max(p.line, 1)}},
			Content:  qualityContent{strings.Join(firstLines(p.lines, failureLines), "\n")},
		})
	}
	return writeJSON(w, issues, "  ")
}
