package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"countersign/policy"
)

// Rows writes rows of an audit as a table in CSV, as RFC 4180 has it: lines end with CR and LF, and a cell with a
// comma, a quote or a line end stands in quotes. The first line names the columns.
//
// Text is escaped as in listings. A cell that begins with one of = + - @, also in full width, or an apostrophe has an
// apostrophe before that: a spreadsheet would run it. So has one that begins with a tab or CR, though escaping leaves
// none. Whoever takes one apostrophe away from each cell that begins with one, and undoes the escapes, has the text
// again.
type Rows struct {
	w     *csv.Writer
	begun bool
}

// NewRows makes a table that is written to w.
func NewRows(w io.Writer) *Rows {
	c := csv.NewWriter(w)
	c.UseCRLF = true
	return &Rows{w: c}
}

// columns are those of the table, and how the cell of each is made.
var columns = []struct {
	name string
	cell func(*policy.Row) string
}{
	{"object", func(r *policy.Row) string { return r.Object }},
	{"id", func(r *policy.Row) string { return r.ID }},
	{"status", func(r *policy.Row) string { return r.Status }},
	{"principal", func(r *policy.Row) string { return r.Principal }},
	{"identity", func(r *policy.Row) string { return r.Identity }},
	{"kind", func(r *policy.Row) string { return r.Kind }},
	{"fingerprint", func(r *policy.Row) string { return r.Fingerprint }},
	{"key_id", func(r *policy.Row) string { return r.KeyID }},
	{"key_owner", func(r *policy.Row) string { return r.KeyOwner }},
	{"key_state", func(r *policy.Row) string { return r.KeyState }},
	{"reason", func(r *policy.Row) string { return r.Reason }},
	{"signed_at", func(r *policy.Row) string { return timeCell(r.SignedAt) }},
	{"author", func(r *policy.Row) string { return r.Author }},
	{"author_at", func(r *policy.Row) string { return timeCell(r.AuthorAt) }},
	{"committer", func(r *policy.Row) string { return r.Committer }},
	{"committer_at", func(r *policy.Row) string { return timeCell(r.CommitAt) }},
	{"landing", func(r *policy.Row) string { return r.Landing }},
	{"landed_at", func(r *policy.Row) string { return timeCell(r.LandedAt) }},
	{"classes", func(r *policy.Row) string { return strings.Join(r.Classes, " ") }},
	{"rules", rulesCell},
	{"approvals", func(r *policy.Row) string { return strings.Join(r.Approvals, " ") }},
	{"findings", findingsCell},
	{"refs", func(r *policy.Row) string { return strings.Join(r.Refs, " ") }},
	{"subject", func(r *policy.Row) string { return r.Subject }},
}

// Begin writes the first line, once.
func (t *Rows) Begin() error {
	if t.begun {
		return nil
	}
	t.begun = true
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return t.w.Write(names)
}

// Write writes a row.
func (t *Rows) Write(r policy.Row) error {
	if err := t.Begin(); err != nil {
		return err
	}
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = guarded(escape(c.cell(&r)))
	}
	return t.w.Write(cells)
}

// End writes what is left.
func (t *Rows) End() error {
	if err := t.Begin(); err != nil {
		return err
	}
	t.w.Flush()
	return t.w.Error()
}

// guarded keeps a spreadsheet from taking a cell for a formula.
func guarded(cell string) string {
	if first, _ := utf8.DecodeRuneInString(cell); cell != "" && strings.ContainsRune("=+-@'\t\r＝＋－＠", first) {
		return "'" + cell
	}
	return cell
}

func timeCell(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// rulesCell says of each rule whether it was met; how, the rows in JSON say.
func rulesCell(r *policy.Row) string {
	words := make([]string, len(r.Rules))
	for i, rule := range r.Rules {
		words[i] = rule.Name + "=" + strconv.FormatBool(rule.Met)
	}
	return strings.Join(words, " ")
}

func findingsCell(r *policy.Row) string {
	words := make([]string, len(r.Findings))
	for i, code := range r.Findings {
		words[i] = string(code)
	}
	return strings.Join(words, " ")
}
