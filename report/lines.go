package report

import (
	"bytes"
	"io"

	"countersign/policy"
)

// The kinds of rows of JSON Lines.
const (
	kindDecision = "decision"
	kindRef      = "ref"
	kindFinding  = "finding"
	kindNote     = "note"
	kindBacktest = "backtest"
	kindProfile  = "profile"
)

// DecisionRow is the first row of Lines. It says how many follow, so that a part isn't taken for all.
type DecisionRow struct {
	Kind      string         `json:"kind"` // "decision"
	Schema    string         `json:"schema"`
	Verdict   policy.Verdict `json:"verdict"`
	Observed  bool           `json:"observed,omitempty"`
	Refs      int            `json:"refs"`
	Findings  int            `json:"findings"`
	Notes     int            `json:"notes"`
	Reference string         `json:"reference,omitempty"`
	Undecided string         `json:"undecided,omitempty"`

	Summary *policy.Summary `json:"summary,omitempty"`
	Earlier *policy.Earlier `json:"earlier,omitempty"`
}

// RefRow, FindingRow and NoteRow are the others. Exact is as in [JSON], with "" for the row itself.
type (
	RefRow struct {
		Kind string `json:"kind"` // "ref"
		policy.RefDecision
		Exact map[string][]byte `json:"exact,omitempty"`
	}
	FindingRow struct {
		Kind string `json:"kind"` // "finding"
		policy.Finding
		Exact map[string][]byte `json:"exact,omitempty"`
	}
	NoteRow struct {
		Kind string `json:"kind"` // "note"
		Note string `json:"note"`
	}
)

// Lines writes a decision as JSON Lines (https://jsonlines.org): a row for the decision, and then one for each of its
// refs, its findings and its notes.
func Lines(w io.Writer, d policy.Decision) error {
	var r rows
	r.add(DecisionRow{
		kindDecision, Schema, d.Verdict, d.Observed, len(d.Refs), len(d.Findings), len(d.Notes), d.Reference, d.Undecided,
		d.Summary, d.Earlier,
	})
	for _, ref := range d.Refs {
		row := RefRow{Kind: kindRef, Exact: make(map[string][]byte)}
		one := eachText(policy.Decision{Refs: []policy.RefDecision{ref}}, exactly(row.Exact, "/refs/0", ""))
		row.RefDecision = one.Refs[0]
		r.add(row)
	}
	r.findings(d.Findings)
	for _, note := range d.Notes {
		r.add(NoteRow{kindNote, note})
	}
	return r.writeTo(w)
}

// BacktestLines writes a backtest as JSON Lines: a row for its counts, and one for each finding.
func BacktestLines(w io.Writer, b *policy.Backtest) error {
	var r rows
	r.add(BacktestRow{kindBacktest, BacktestSchema, len(b.List), withLists(b, nil)})
	r.findings(b.List)
	return r.writeTo(w)
}

// BacktestRow is the first row of BacktestLines.
type BacktestRow struct {
	Kind     string `json:"kind"` // "backtest"
	Schema   string `json:"schema"`
	Findings int    `json:"findings"`
	policy.Backtest
}

// rows collects values, each in a line of JSON.
type rows struct {
	text bytes.Buffer
	err  error
}

func (r *rows) add(value any) {
	if r.err == nil {
		r.err = writeJSON(&r.text, value, "")
	}
}

func (r *rows) findings(list []policy.Finding) {
	for _, f := range list {
		row := FindingRow{Kind: kindFinding, Exact: make(map[string][]byte)}
		one := eachText(policy.Decision{Findings: []policy.Finding{f}}, exactly(row.Exact, "/findings/0", ""))
		row.Finding = one.Findings[0]
		r.add(row)
	}
}

func (r *rows) writeTo(w io.Writer) error {
	if r.err != nil {
		return r.err
	}
	_, err := w.Write(r.text.Bytes())
	return err
}
