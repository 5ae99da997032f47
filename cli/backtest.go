package cli

import (
	"context"
	"io"
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
	claimed := claimedFlag(cmd)
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
		history := landings{env, *repository, *folder, spec, *claimed, audit.Web(web.word), since.Time, until.Time}
		o := gate.Options{GoGit: reader.goGit(), Draft: *claimed, Rules: *rules}
		if *compare {
			profiles, err := history.compare(cmd.Context(), o)
			if err != nil {
				return err
			}
			format.each(func(name string, to io.Writer) error {
				if name == "text" {
					return report.Comparison(to, profiles)
				}
				return report.ComparisonJSON(to, profiles)
			})
			return nil
		}
		b := &policy.Backtest{Assumed: web.word}
		if err := history.each(cmd.Context(), o, func(j audit.Judged, at int64) {
			b.Add(j.Policy, j.Landing, at, j.Findings)
		}); err != nil {
			return err
		}
		b.Sort()
		format.each(func(name string, to io.Writer) error {
			switch name {
			case "json":
				return report.BacktestJSON(to, b)
			case "jsonl":
				return report.BacktestLines(to, b)
			default:
				return report.Backtest(to, b, *all)
			}
		})
		return nil
	}
	return cmd
}

// landings are what a backtest judges.
type landings struct {
	env          Env
	repository   string
	policy       place
	spec         string
	claimed      bool
	web          audit.Web
	since, until time.Time // of what counts; zero for no bound
}

// each judges the landings, and shows those that count, each with its landing time in seconds since 1970.
func (l *landings) each(ctx context.Context, o gate.Options, show func(j audit.Judged, at int64)) error {
	g, err := l.env.usable(l.repository, l.policy, o)
	if err != nil {
		return err
	}
	defer g.Close()
	auditor := g.Auditor()
	audits, err := auditor.Audits(ctx, l.spec, l.claimed)
	if err != nil {
		return err
	}
	for _, a := range audits {
		a.Web = l.web
		if err := auditor.Audit(ctx, a, func(j audit.Judged) error {
			at := j.Ledger.LandingTime(j.Landing.Commit.Committer.When)
			if t := time.Unix(at, 0); !t.Before(l.since) && (l.until.IsZero() || t.Before(l.until)) {
				show(j, at)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// compare judges the landings by each of the built-in profiles. By claimed identity it reads them once: what everybody
// has earned is the same by all.
func (l *landings) compare(ctx context.Context, o gate.Options) ([]report.Profile, error) {
	var profiles []report.Profile
	for _, name := range policy.Profiles() {
		profiles = append(profiles, report.Profile{Name: name, Backtest: &policy.Backtest{Assumed: string(l.web)}})
	}
	if l.claimed {
		return profiles, l.each(ctx, o, func(j audit.Judged, at int64) {
			for _, of := range profiles {
				by := j.Policy.WithRulesOf(of.Name)
				of.Backtest.Add(by, j.Landing, at, by.Judge(j.Ledger, j.Landing).Findings)
			}
		})
	}
	for _, of := range profiles {
		o.Profile = of.Name
		if err := l.each(ctx, o, func(j audit.Judged, at int64) {
			of.Backtest.Add(j.Policy, j.Landing, at, j.Findings)
		}); err != nil {
			return nil, err
		}
	}
	return profiles, nil
}
