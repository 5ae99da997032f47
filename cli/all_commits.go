package cli

import (
	"slices"

	"github.com/spf13/cobra"

	"countersign/policy"
	"countersign/report"
)

// allCommits are where rows of all commits and tags go: the value of the flag of that name.
type allCommits struct{ outputs }

const allCommitsName = "all-commits"

// allCommitsFlag gives a command that flag. Nothing is the default.
func allCommitsFlag(cmd *cobra.Command) *allCommits {
	return valued(cmd, &allCommits{outputs{flag: allCommitsName, words: []string{"jsonl", "csv"}}}, allCommitsName,
		"also write a row of each commit and tag, as `FORMAT` or FORMAT=FILE: jsonl or csv; may be given for each")
}

// alone lets nothing else print to standard output where rows go there.
func (a *allCommits) alone(format *outputs) error {
	if !a.toStdout("jsonl") && !a.toStdout("csv") {
		return nil
	}
	if format.given && slices.ContainsFunc(format.list, func(one *output) bool { return one.file == "" }) {
		return usage("standard output takes one of --%s and --format: give one of them a file, as FORMAT=FILE",
			allCommitsName)
	}
	if !format.given {
		format.list = nil
	}
	return nil
}

// row gives the function that writes a row in each of the formats, nil for none; end writes what is left.
func (a *allCommits) row() (row func(policy.Row) error, end func() error) {
	if len(a.list) == 0 {
		return nil, func() error { return nil }
	}
	tables := make([]*report.Rows, len(a.list))
	for i, one := range a.list {
		if one.format == "csv" {
			tables[i] = report.NewRows(one.to)
		}
	}
	each := func(table func(*report.Rows) error, line func(*report.Printer)) error {
		for i, one := range a.list {
			var err error
			if tables[i] != nil {
				err = table(tables[i])
			} else {
				line(one.out)
				err = one.out.Err()
			}
			if err != nil {
				return one.failed(err)
			}
		}
		return nil
	}
	row = func(r policy.Row) error {
		return each(func(t *report.Rows) error { return t.Write(r) }, func(p *report.Printer) { p.Line(r) })
	}
	return row, func() error { return each((*report.Rows).End, func(*report.Printer) {}) }
}
