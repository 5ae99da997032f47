package report

import (
	"cmp"
	"fmt"
	"io"
	"time"

	"countersign/policy"
)

// backtestRows is how many signers and held commits the text form lists; JSON lists all.
const backtestRows = 20

// Backtest writes what a policy would have held, as tables. All lists every held commit.
func Backtest(w io.Writer, b *policy.Backtest, all bool) error {
	p := NewPrinter(w)
	p.Table(func(p *Printer) {
		judgedBy(p, b)
		p.Printf("held for a second person: %d (%s)\n", b.Held, share(b.Held, b.NonMerges()))
		webLandings(p, b)
		for _, table := range []struct {
			title  string
			counts []*policy.BacktestCount
		}{{"rule", b.Rules}, {"class", b.Classes}, {"year", b.Years}, {"signer", b.Signers}} {
			rows, left := table.counts, 0
			if !all && len(rows) > backtestRows {
				rows, left = rows[:backtestRows], len(rows)-backtestRows
			}
			p.Printf("\n%s\tcommits\theld\tof these\tof all\n", table.title)
			for _, n := range rows {
				p.Printf("%s\t%d\t%d\t%s\t%s\n",
					n.Name, n.Commits, n.Held, share(n.Held, n.Commits), share(n.Held, b.NonMerges()))
			}
			if left > 0 {
				p.Printf("and %d more\t\t\t\t\n", left)
			}
		}
		heldCommits(p, b.List, all)
	})
	return p.Err()
}

// judgedBy says how much a backtest judged.
func judgedBy(p *Printer, b *policy.Backtest) {
	if b.Commits == 0 {
		p.Printf("0 commits: nothing landed there or then\n")
		return
	}
	p.Printf("%d commits (%d of them merges) in %d landings, %s to %s\n",
		b.Commits, b.Merges, b.Landings, day(b.From), day(b.To))
}

// webLandings says how many commits a forge made, and what was taken for who stands behind them.
func webLandings(p *Printer, b *policy.Backtest) {
	if b.Web == 0 {
		return
	}
	p.Printf("made by a forge when somebody pressed a button: %d; ", b.Web)
	switch {
	case b.Assumed == "none":
		p.Printf("they are taken for nobody's (--web-landing none)\n")
	case b.Second == 0:
		p.Printf("they are taken for their authors' alone (--web-landing %s)\n", b.Assumed)
	default:
		p.Printf("they are taken for their authors', and %d of them,\nby authors who never landed anything themselves, "+
			"for seen by whoever pressed it (--web-landing %s)\n", b.Second, b.Assumed)
	}
}

func heldCommits(p *Printer, held []policy.Finding, all bool) {
	if len(held) > 0 {
		p.Printf("\nheld\trule\tsigner\tfirst path\n")
	}
	for i, f := range held {
		if i == backtestRows && !all {
			p.Printf("and %d more: --all lists them\n", len(held)-i)
			return
		}
		path := ""
		if len(f.Paths) > 0 {
			path = f.Paths[0].Path
		}
		p.Printf("%.10s\t%s\t%s\t%s\n", f.Commit, cmp.Or(f.Rule, string(f.Code)), f.Signer, path)
	}
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
	}{Schema: BacktestSchema, Exact: make(map[string][]byte)}
	d := eachText(policy.Decision{Findings: b.List}, exactly(doc.Exact, "/findings", "/list"))
	doc.Backtest = withLists(b, d.Findings)
	return writeJSON(w, doc, "  ")
}

// withLists gives a backtest as JSON has it, with other findings: an empty list is [], and not null.
func withLists(b *policy.Backtest, findings []policy.Finding) policy.Backtest {
	with := *b
	with.List = append([]policy.Finding{}, findings...)
	for _, list := range []*[]*policy.BacktestCount{&with.Rules, &with.Classes, &with.Years, &with.Months, &with.Signers} {
		*list = append([]*policy.BacktestCount{}, *list...)
	}
	return with
}

func share(n, of int) string {
	if of == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(n)/float64(of))
}

func day(when int64) string { return time.Unix(when, 0).UTC().Format(time.DateOnly) }
