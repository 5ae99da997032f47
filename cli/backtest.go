package cli

import (
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/policy"
	"countersign/report"
)

func backtestCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backtest [RANGE]",
		Short: "Count what a policy would have held, and how much work it would have been",
		Long: `Judges history that has landed by a policy that wasn't there yet: which commits would it have held
for a second person, by rule, class, year and signer? Everything held is taken to have been approved in
the end, so it counts toward tenure. RANGE is A..B, or B; HEAD if it is left out.

With --claimed, committers are taken for signers, and everybody for a maintainer: for a history that
nobody signed. Without a policy the built-in rules apply.`,
		Args: cobra.MaximumNArgs(1),
	}
	repository, folder, reader, format := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd), formatFlag(cmd)
	claimed := cmd.Flags().Bool("claimed", false, "take committers for signers, and everybody for a maintainer")
	web := valued(cmd, chosen(audit.Webs()...), "web-landing",
		"who stands behind what a forge's button made, with --claimed: the author, and a second person where the "+
			"author never landed anything (second); the author alone (author); nobody (none)")
	since := valued(cmd, new(moment), "since", "count only what landed since then: a `time` as 2026-06-01")
	until := valued(cmd, new(moment), "until", "count only what landed before: a `time` as 2026-06-01")
	rules := cmd.Flags().StringSlice("rule", nil, "only the rules of these `names`")
	all := cmd.Flags().Bool("all", false, "list everything, however long")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{GoGit: reader.goGit(), Draft: *claimed, Rules: *rules})
		if err != nil {
			return err
		}
		defer g.Close()
		spec := "HEAD"
		if len(args) > 0 {
			spec = args[0]
		}
		auditor := g.Auditor()
		audits, err := auditor.Audits(cmd.Context(), spec, *claimed)
		if err != nil {
			return err
		}
		var b policy.Backtest
		for _, a := range audits {
			a.Web = audit.Web(web.word)
			if err := auditor.Audit(cmd.Context(), a, func(j audit.Judged) error {
				at := j.Ledger.LandingTime(j.Landing.Commit.Committer.When)
				if t := time.Unix(at, 0); !t.Before(since.Time) && (until.IsZero() || t.Before(until.Time)) {
					b.Add(j.Policy, j.Landing, at, j.Findings)
				}
				return nil
			}); err != nil {
				return err
			}
		}
		b.Sort()
		if format.word == "json" {
			return report.BacktestJSON(env.Stdout, &b)
		}
		return report.Backtest(env.Stdout, &b, *all)
	}
	return cmd
}
