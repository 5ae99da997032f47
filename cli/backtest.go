package cli

import (
	"context"
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
nobody signed. What a forge made when somebody pressed a button has the forge for its committer, and
doesn't say who that was: --web-landing says what to take for it. Without a policy the built-in rules
of the profile "standard" apply; --compare shows all profiles side by side.`,
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
	compare := cmd.Flags().Bool("compare", false, "the built-in profiles side by side, instead of the policy's rules")
	all := cmd.Flags().Bool("all", false, "list everything, however long")
	cmd.MarkFlagsMutuallyExclusive("compare", "rule")
	cmd.MarkFlagsMutuallyExclusive("compare", "all")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		spec := "HEAD"
		if len(args) > 0 {
			spec = args[0]
		}
		judge := func(o gate.Options) (*policy.Backtest, error) {
			g, err := env.usable(*repository, *folder, o)
			if err != nil {
				return nil, err
			}
			defer g.Close()
			b := &policy.Backtest{Assumed: web.word}
			err = backtest(cmd.Context(), g.Auditor(), spec, *claimed, func(at time.Time) bool {
				return !at.Before(since.Time) && (until.IsZero() || at.Before(until.Time))
			}, b)
			b.Sort()
			return b, err
		}
		o := gate.Options{GoGit: reader.goGit(), Draft: *claimed, Rules: *rules}
		if !*compare {
			b, err := judge(o)
			switch {
			case err != nil:
				return err
			case format.word == "json":
				return report.BacktestJSON(env.Stdout, b)
			default:
				return report.Backtest(env.Stdout, b, *all)
			}
		}
		var profiles []report.Profile
		for _, o.Profile = range policy.Profiles() {
			b, err := judge(o)
			if err != nil {
				return err
			}
			profiles = append(profiles, report.Profile{Name: o.Profile, Backtest: b})
		}
		if format.word == "json" {
			return report.ComparisonJSON(env.Stdout, profiles)
		}
		return report.Comparison(env.Stdout, profiles)
	}
	return cmd
}

// backtest counts what of a range landed in a time.
func backtest(
	ctx context.Context, auditor *audit.Auditor, spec string, claimed bool, counts func(time.Time) bool,
	b *policy.Backtest,
) error {
	audits, err := auditor.Audits(ctx, spec, claimed)
	if err != nil {
		return err
	}
	for _, a := range audits {
		a.Web = audit.Web(b.Assumed)
		if err := auditor.Audit(ctx, a, func(j audit.Judged) error {
			at := j.Ledger.LandingTime(j.Landing.Commit.Committer.When)
			if counts(time.Unix(at, 0)) {
				b.Add(j.Policy, j.Landing, at, j.Findings)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
