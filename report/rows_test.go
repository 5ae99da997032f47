package report

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
	"time"

	"countersign/policy"
)

// cellsOf writes a row with a subject, and reads the table again as any program does.
func cellsOf(t *testing.T, row policy.Row) map[string]string {
	t.Helper()
	var b bytes.Buffer
	table := NewRows(&b)
	if err := table.Write(row); err != nil {
		t.Fatal(err)
	}
	if err := table.End(); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll()
	if err != nil || len(lines) != 2 {
		t.Fatalf("%d lines, %v", len(lines), err)
	}
	cells := make(map[string]string)
	for i, name := range lines[0] {
		cells[name] = lines[1][i]
	}
	return cells
}

func TestRows(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 6, 1, 14, 0, 0, 0, time.FixedZone("", 7200))
	cells := cellsOf(t, policy.Row{
		Object: "commit", ID: "abc", Subject: "a, \"b\"\n\x1b[2J", Refs: []string{"refs/heads/main", "refs/heads/a"},
		Status: "good", SignedAt: at, Classes: []string{"build", "ci"},
		Findings: []policy.Code{policy.OnHold, policy.Unsigned},
		Rules:    []policy.RowRule{{Name: "build-and-ci", Met: true}, {Name: "never-alone"}},
	})
	for name, want := range map[string]string{
		"id": "abc", "subject": `a, "b"\n\x1b[2J`, "refs": "refs/heads/main refs/heads/a",
		"signed_at": "2026-06-01T12:00:00Z", "landed_at": "", "classes": "build ci", "findings": "on-hold unsigned",
		"rules": "build-and-ci=true never-alone=false",
	} {
		if cells[name] != want {
			t.Errorf("%s is %q, want %q", name, cells[name], want)
		}
	}
	for text, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@a": "'@a", "'a": "''a", "\ta": `\ta`, "\ra": `\ra`, "a=1": "a=1", "": "",
		"＝1": "'＝1", "＋1": "'＋1", "－1": "'－1", "＠a": "'＠a",
	} {
		if got := cellsOf(t, policy.Row{Subject: text})["subject"]; got != want {
			t.Errorf("%q stands there as %q, want %q", text, got, want)
		}
	}
}

// No cell is a formula, and the text can be had again: one apostrophe is taken off.
func FuzzRows(f *testing.F) {
	f.Add("=1+1")
	f.Add("'=a\r\n\"b\",\xff")
	f.Fuzz(func(t *testing.T, text string) {
		cell := cellsOf(t, policy.Row{Subject: text})["subject"]
		if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
			t.Errorf("%q stands there as %q", text, cell)
		}
		if back := strings.TrimPrefix(cell, "'"); back != escape(text) {
			t.Errorf("%q stands there as %q, which gives %q", text, cell, back)
		}
	})
}

func TestRowsBegin(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	if err := NewRows(&b).End(); err != nil || !strings.HasSuffix(b.String(), ",subject\r\n") {
		t.Errorf("%q, %v: a table without rows has its first line", b.String(), err)
	}
}
