package report

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"countersign/policy"
)

// backtestRows is how many signers and held commits the text form lists; JSON lists all.
const backtestRows = 20

// Backtest writes what a policy would have held, as tables. All lists every held commit.
func Backtest(w io.Writer, b *policy.Backtest, all bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%d commits (%d of them merges) in %d landings, %s to %s\n", b.Commits, b.Merges, b.Landings, day(b.From), day(b.To))
	fmt.Fprintf(t, "held for a second person: %d (%s)\n", b.Held, share(b.Held, b.NonMerges()))
	for _, table := range []struct {
		title  string
		counts []*policy.BacktestCount
	}{{"rule", b.Rules}, {"class", b.Classes}, {"year", b.Years}, {"signer", b.Signers}} {
		rows, left := table.counts, 0
		if !all && len(rows) > backtestRows {
			rows, left = rows[:backtestRows], len(rows)-backtestRows
		}
		fmt.Fprintf(t, "\n%s\tcommits\theld\tshare\n", table.title)
		for _, n := range rows {
			fmt.Fprintf(t, "%s\t%d\t%d\t%s\n", Escape(n.Name), n.Commits, n.Held, share(n.Held, b.NonMerges()))
		}
		if left > 0 {
			fmt.Fprintf(t, "and %d more\t\t\t\n", left)
		}
	}
	if len(b.List) > 0 {
		fmt.Fprintf(t, "\nheld\trule\tsigner\tfirst path\n")
	}
	for i, f := range b.List {
		if i == backtestRows && !all {
			fmt.Fprintf(t, "and %d more: --all lists them\n", len(b.List)-i)
			break
		}
		path := ""
		if len(f.Paths) > 0 {
			path = f.Paths[0].Path
		}
		rule := f.Rule
		if rule == "" {
			rule = string(f.Code)
		}
		fmt.Fprintf(t, "%.10s\t%s\t%s\t%s\n", f.Commit, rule, Escape(f.Signer), Escape(path))
	}
	return t.Flush()
}

// BacktestSchema names the form of what BacktestJSON writes.
const BacktestSchema = "countersign-backtest/1"

// BacktestJSON writes a backtest for a program, with all that is held. Texts that aren't UTF-8 are in
// exact, as [JSON] has them.
func BacktestJSON(w io.Writer, b *policy.Backtest) error {
	doc := struct {
		Schema string `json:"schema"`
		policy.Backtest
		Exact map[string][]byte `json:"exact,omitempty"`
	}{Schema: BacktestSchema, Backtest: *b, Exact: make(map[string][]byte)}
	d := eachText(policy.Decision{Findings: b.List}, exactly(doc.Exact, "/findings", "/list"))
	doc.List = d.Findings
	return writeJSON(w, doc)
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func day(when int64) string { return time.Unix(when, 0).UTC().Format(time.DateOnly) }
