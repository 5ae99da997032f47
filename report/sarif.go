package report

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"strings"

	"countersign/docs"
	"countersign/policy"
)

// What GitHub takes of one file: https://docs.github.com/en/code-security/reference/code-scanning/sarif-support,
// "Upload limits". More is refused whole, so what is beyond is left out, and said.
const (
	sarifResults   = 25_000
	sarifLocations = 100
	sarifBytes     = 10<<20 - 1<<20 // compressed by gzip; the rest is for the rules, and what the compression holds back
)

// sarifSchema is the name of the schema that a test compares with what is written.
const sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

// The objects of SARIF that we write; the numbers are of its sections.
// https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/sarif-v2.1.0-errata01-os-complete.html
type (
	sarifLog struct { // 3.13
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct { // 3.14
		Tool        sarifTool         `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		ColumnKind  string            `json:"columnKind"`
		Results     []json.RawMessage `json:"results"` // of sarifResult
	}
	sarifTool struct { // 3.18
		Driver sarifDriver `json:"driver"`
	}
	sarifDriver struct { // 3.19
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct { // 3.49
		ID            string              `json:"id"`
		Short         sarifMessage        `json:"shortDescription"`
		Full          sarifMessage        `json:"fullDescription"`
		Help          sarifMessage        `json:"help"`
		Configuration sarifConfiguration  `json:"defaultConfiguration"`
		Properties    sarifRuleProperties `json:"properties"`
	}
	sarifConfiguration struct { // 3.50
		Level string `json:"level"`
	}
	sarifRuleProperties struct { // which GitHub reads
		Tags      []string `json:"tags"`
		Precision string   `json:"precision"`
	}
	sarifMessage struct { // 3.11 and 3.12
		Text     string `json:"text"`
		Markdown string `json:"markdown,omitempty"`
	}
	sarifInvocation struct { // 3.20
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct { // 3.58
		Level   string       `json:"level"`
		Message sarifMessage `json:"message"`
	}
	sarifResult struct { // 3.27
		RuleID       string            `json:"ruleId"`
		RuleIndex    int               `json:"ruleIndex"`
		Level        string            `json:"level"`
		Message      sarifMessage      `json:"message"`
		Locations    []sarifLocation   `json:"locations"`
		Fingerprints map[string]string `json:"partialFingerprints"`
		Properties   sarifProperties   `json:"properties"`
	}
	sarifLocation struct { // 3.28
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct { // 3.29
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   sarifRegion   `json:"region"`
	}
	sarifArtifact struct { // 3.4
		URI  string `json:"uri"`
		Base string `json:"uriBaseId"`
	}
	sarifRegion struct { // 3.30
		Line int `json:"startLine"`
	}
	sarifLogical struct { // 3.33
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifProperties struct { // 3.8
		Commit  string `json:"commit,omitempty"`
		Landing string `json:"landing,omitempty"`
		Ref     string `json:"ref,omitempty"`
		Rule    string `json:"rule,omitempty"`
		Signer  string `json:"signer,omitempty"`
	}
)

// SARIF writes a decision as static analysis results, version 2.1.0, within what GitHub takes of one upload. Its
// rules are the codes, with the sections of docs/refusals.md as their help: a helpUri would have to be absolute
// (3.49.12), and that page has no address that everybody shares. Each finding is a result, at the paths that it is
// about. One about no path is at "commit/ID" or at the name of the ref: GitHub wants some path, and takes one that
// leads nowhere. Version is the program's.
func SARIF(w io.Writer, version string, decision policy.Decision) error {
	run, err := sarifOf(decision, sarifResults, sarifBytes)
	if err != nil {
		return err
	}
	run.Tool = sarifTool{sarifDriver{"countersign", escape(version), sarifRules()}}
	return writeJSON(w, sarifLog{sarifSchema, "2.1.0", []sarifRun{run}}, "")
}

// sarifOf gives a decision as the results of a tool, at most so many and of so many bytes, compressed.
func sarifOf(decision policy.Decision, results, bytesOf int) (sarifRun, error) {
	d := show(decision)
	run := sarifRun{
		Invocations: []sarifInvocation{{Successful: decision.Undecided == ""}},
		ColumnKind:  "unicodeCodePoints", Results: []json.RawMessage{},
	}
	size := newSize(bytesOf)
	problems := d.problems(decision)
	for i, p := range problems {
		var exact []policy.TouchedPath
		if i < len(decision.Findings) {
			exact = decision.Findings[i].Paths
		}
		var b bytes.Buffer
		if err := writeJSON(&b, p.sarif(exact), ""); err != nil {
			return sarifRun{}, err
		}
		if i == results || !size.takes(b.Bytes()) {
			run.Invocations[0].Notifications = []sarifNotification{{"error", sarifMessage{Text: fmt.Sprintf(
				"%d of %s left out, since GitHub takes no more: countersign verify --format json has all",
				len(problems)-i, Count(len(problems), "finding"))}}}
			break
		}
		run.Results = append(run.Results, b.Bytes())
	}
	return run, nil
}

// sarifRules gives a rule for each code, in the order of [policy.Codes].
func sarifRules() []sarifRule {
	rules := make([]sarifRule, 0, len(policy.Codes()))
	for _, code := range policy.Codes() {
		text, _ := docs.Refusal(string(code)) // each code has a section: a test sees to it
		first, _, _ := strings.Cut(text, "\n\n")
		text += fmt.Sprintf("\nThis is the section %s of docs/refusals.md; `countersign explain %[1]s` prints it.\n", code)
		rules = append(rules, sarifRule{
			ID: string(code), Short: sarifMessage{Text: brief(code)},
			Full: sarifMessage{Text: strings.Join(strings.Fields(first), " ")},
			Help: sarifMessage{Text: text, Markdown: text}, Configuration: sarifConfiguration{"error"},
			Properties: sarifRuleProperties{[]string{"security", string(code.Meaning().About)}, "very-high"},
		})
	}
	return rules
}

// sarif gives a problem as a result, with its exact paths.
func (p problem) sarif(exact []policy.TouchedPath) sarifResult {
	f := p.finding
	of := sarifLogical{f.Commit, "commit"}
	if f.Commit == "" {
		of = sarifLogical{p.place(), "ref"}
	}
	r := sarifResult{
		RuleID: string(f.Code), RuleIndex: -1, Level: "error", Locations: []sarifLocation{},
		Message: sarifMessage{Text: unlinked(p.title + "\n" + strings.Join(firstLines(p.lines[1:], failureLines), "\n"))},
		// GitHub goes by the first of these alone.
		Fingerprints: map[string]string{"primaryLocationLineHash": p.name, "countersign/v1": p.name},
		Properties:   sarifProperties{f.Commit, f.Landing, f.Ref, f.Rule, f.Signer},
	}
	for i, code := range policy.Codes() {
		if code == f.Code {
			r.RuleIndex = i
		}
	}
	at := func(uri string, line int) {
		r.Locations = append(r.Locations, sarifLocation{
			sarifPhysical{sarifArtifact{uri, "%SRCROOT%"}, sarifRegion{max(line, 1)}}, []sarifLogical{of},
		})
	}
	for i, t := range exact {
		if i == sarifLocations {
			break
		}
		at(uri(t.Path), firstLine(t))
	}
	if len(exact) == 0 {
		at(uri(p.place()), 0)
	}
	return r
}

// uri gives a path as a relative reference, byte by byte: RFC 3986, section 4.2, where the first segment isn't empty
// and has no colon.
func uri(path string) string {
	text := strings.ReplaceAll((&url.URL{Path: path}).EscapedPath(), ":", "%3A")
	if rest, rooted := strings.CutPrefix(text, "/"); rooted {
		return "%2F" + rest
	}
	return text
}

// unlinked gives a text in which no link is embedded: section 3.11.6. It has no placeholders, since there are no
// arguments: 3.11.5.
func unlinked(text string) string { return strings.ReplaceAll(text, "](", `\](`) }

// size measures what texts come to, compressed.
type size struct {
	most, written int
	gzip          *gzip.Writer
}

func newSize(most int) *size {
	s := &size{most: most}
	s.gzip = gzip.NewWriter(s)
	return s
}

func (s *size) Write(b []byte) (int, error) {
	s.written += len(b)
	return len(b), nil
}

// takes says whether there was room for one more.
func (s *size) takes(text []byte) bool {
	_, _ = s.gzip.Write(text) // it can't fail
	return s.written < s.most
}
