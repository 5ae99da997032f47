package page

import (
	"cmp"
	"io"

	"countersign/policy"
	"countersign/report"
)

const (
	mostRefs  = 200
	mostNotes = 100
)

// Decision is what a page shows of history that was verified.
type Decision struct {
	Project string // what the repository is called
	policy.Decision
}

// decisionPage is what the template shows, all escaped.
type decisionPage struct {
	Title, Project    string
	Accepted          bool
	Headline          string
	Undecided         string
	Landings, Commits int
	Refs              []refRow
	MoreRefs          int
	Rows              []heldRow
	MoreRows          int
	Counts            []countTable
	Notes             []string
	MoreNotes         int
}

type refRow struct {
	Ref, As, From, To string
	Protected         bool
	Landings, Commits int
}

// countTable counts things by name.
type countTable struct {
	Title, Noun string
	Rows        []policy.Count
	More        int
}

// Write writes the page.
func (d *Decision) Write(w io.Writer) error {
	data := decisionPage{
		Project: report.Escape(d.Project), Accepted: d.Verdict == policy.Accepted, Headline: report.Headline(d.Decision),
		Undecided: report.Escape(d.Undecided),
	}
	data.Title = data.Project + ": " + data.Headline
	for i, r := range d.Refs {
		if i == mostRefs {
			data.MoreRefs = len(d.Refs) - i
			break
		}
		data.Refs = append(data.Refs, refRow{
			report.Escape(r.Ref), report.Escape(cmp.Or(r.As, r.Resolved)), short(cmp.Or(r.From, r.Old)), short(r.New),
			r.Protected, r.Landings, r.Commits,
		})
	}
	data.Rows, data.MoreRows = findingRows(d.Findings)
	data.Counts = d.counts()
	for i, note := range d.Notes {
		if i == mostNotes {
			data.MoreNotes = len(d.Notes) - i
			break
		}
		data.Notes = append(data.Notes, report.Escape(note))
	}
	return write(w, "decision", data)
}

// counts gives the tables of a summary: of the findings first, and then of what was signed, and by whom.
func (d *Decision) counts() (tables []countTable) {
	add := func(title, noun string, counts []policy.Count) {
		t := countTable{Title: title, Noun: noun}
		for i, n := range counts {
			if i == mostTable {
				t.More = len(counts) - i
				break
			}
			t.Rows = append(t.Rows, policy.Count{Name: report.Escape(cmp.Or(n.Name, "not said")), Count: n.Count})
		}
		if t.Rows != nil {
			tables = append(tables, t)
		}
	}
	if d.Summary == nil {
		return nil
	}
	add("Findings", "code", d.Summary.Findings)
	for _, of := range []struct {
		noun string
		policy.Signed
	}{{"commits", d.Summary.Commits}, {"tags", d.Summary.Tags}} {
		add("Signatures of "+of.noun, "status", of.Statuses)
		add("Signers of "+of.noun, "signer", of.Signers)
		add("Keys under "+of.noun, "kind", of.Kinds)
		add("Unknown keys under "+of.noun, "fingerprint", of.Strangers)
	}
	return tables
}

// findingRows gives what is wrong with each commit and ref, and says how many are left out.
func findingRows(findings []policy.Finding) (rows []heldRow, left int) {
	type about struct{ ref, commit string }
	known := make(map[about]int)
	for _, f := range findings {
		i, has := known[about{f.Ref, f.Commit}]
		if !has {
			if len(rows) == mostHeld {
				left++
				continue
			}
			i = len(rows)
			known[about{f.Ref, f.Commit}] = i
			rows = append(rows, heldRow{
				ID: report.Escape(f.Commit), Short: short(f.Commit), Ref: report.Escape(f.Ref),
				Subject: report.Escape(cmp.Or(f.Subject, f.Ref)), Signer: report.Escape(f.Signer), Claim: report.Escape(f.Claim),
			})
		}
		r := reasonOf(f, rows[i].Signer)
		for _, next := range f.Next {
			r.Next = append(r.Next, report.Escape(next))
		}
		rows[i].Reasons = append(rows[i].Reasons, r)
	}
	return rows, left
}
