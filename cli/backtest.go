package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/policy"
	"countersign/report"
	"countersign/report/page"
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
of the profile "standard" apply.

--compare shows the built-in profiles side by side. --compare=A,B shows others: each is a profile, or the
folder of a policy. --suggest 0.5% looks for the tenure that each rule may ask for so that no more of the
commits are held, and prints the lines for the policy. --format html=FILE writes a page that shows all of
it: it needs nothing else, and may be sent to others.`,
		Example: `  countersign backtest --claimed --compare
  countersign backtest --claimed --compare=standard,./stricter
  countersign backtest --claimed --suggest 0.5%
  countersign backtest --claimed --format html=backtest.html`,
		Args: cobra.MaximumNArgs(1),
	}
	repository, folder, reader := repositoryFlag(cmd), policyFlag(cmd), readerFlag(cmd)
	format := formatFlag(cmd, "html")
	claimed := claimedFlag(cmd)
	web := valued(cmd, chosen(audit.Webs()...), "web-landing",
		"who stands behind what a forge's button made, with --claimed: the author, and a second person where the "+
			"author never landed anything (second); the author alone (author); nobody (none)")
	since := valued(cmd, new(moment), "since", "count only what landed since then: a `time` as 2026-06-01")
	until := valued(cmd, new(moment), "until", "count only what landed before: a `time` as 2026-06-01")
	rules := cmd.Flags().StringSlice("rule", nil, "only the rules of these `names`")
	compare := compareFlag(cmd)
	suggest := valued(cmd, new(portion), "suggest", "look for the tenure that rules may ask for so that no more than "+
		"this `share` of the commits is held: 0.5%")
	all := cmd.Flags().Bool("all", false, "list everything, however long")
	cmd.MarkFlagsMutuallyExclusive("compare", "rule")
	cmd.MarkFlagsMutuallyExclusive("compare", "all")
	cmd.MarkFlagsMutuallyExclusive("compare", "suggest")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		spec := "HEAD"
		if len(args) > 0 {
			spec = args[0]
		}
		if err := compare.misplaced(env, spec); err != nil {
			return mistyped(cmd, err)
		}
		history := landings{
			env: env, repository: *repository, policy: *folder, spec: spec, claimed: *claimed, web: audit.Web(web.word),
			since: since.Time, until: until.Time,
		}
		o := gate.Options{GoGit: reader.goGit(), Draft: *claimed, Rules: *rules, Partial: true}
		if suggest.given() {
			if format.has("html") {
				return mistyped(cmd, errors.New("--suggest has no page: text or json"))
			}
			return history.suggest(cmd.Context(), o, suggest, format, *all)
		}
		t := tested{landings: history, compare: compare.words, page: format.has("html")}
		if err := t.read(cmd.Context(), o); err != nil {
			return err
		}
		format.each(func(name string, to io.Writer) error { return t.write(name, to, *all) })
		return t.ended()
	}
	return cmd
}

// tested is a backtest, and what is shown beside it.
type tested struct {
	landings
	compare []string // what is compared; nil where that isn't wanted
	page    bool     // a page is
	of      page.Backtest
	rivals  []report.Profile
}

// read judges the landings.
func (t *tested) read(ctx context.Context, o gate.Options) error {
	words := t.compare
	if t.page && words == nil {
		words = policy.Profiles()
	}
	rivals, err := t.landings.rivals(words)
	if err != nil {
		return err
	}
	t.of = page.Backtest{Backtest: &policy.Backtest{Assumed: string(t.web)}, Chart: new(policy.Chart), Claimed: t.claimed}
	what, err := t.landings.compare(ctx, o, rivals, func(j audit.Judged, at int64) {
		t.of.Add(j.Policy, j.Landing, at, j.Findings)
		if t.page {
			t.of.Chart.Add(j.Policy, j.Ledger, j.Landing, at, j.Findings)
		}
	})
	if err != nil {
		return err
	}
	t.of.Project, t.of.Tip = what.project, what.tip
	t.of.Sort()
	for _, r := range rivals {
		t.rivals = append(t.rivals, r.Profile)
	}
	return nil
}

// write writes it in a format.
func (t *tested) write(format string, to io.Writer, all bool) error {
	switch {
	case format == "html":
		t.of.Chart.End()
		t.of.Beside = t.rivals
		return t.of.Write(to)
	case t.compare != nil && format == "text":
		return report.Comparison(to, t.rivals)
	case t.compare != nil && format == "jsonl":
		return report.ComparisonLines(to, t.rivals)
	case t.compare != nil:
		return report.ComparisonJSON(to, t.rivals)
	case format == "json":
		return report.BacktestJSON(to, t.of.Backtest)
	case format == "jsonl":
		return report.BacktestLines(to, t.of.Backtest)
	default:
		return report.Backtest(to, t.of.Backtest, all)
	}
}

// suggest looks for thresholds with which no more than a share of the commits is held.
func (l *landings) suggest(ctx context.Context, o gate.Options, most *portion, format *outputs, all bool) error {
	b, trial := new(policy.Backtest), new(policy.Trial)
	var p *policy.Policy
	asking := []audit.Other{{Made: (*policy.Policy).AskingEverybody}}
	_, err := l.each(ctx, o, asking, func(j audit.Judged, at int64) {
		p = j.Policy
		b.Add(j.Policy, j.Landing, at, j.Findings)
		other := j.Beside[0]
		trial.Add(other.Policy, other.Ledger, other.Landing, at, other.Findings)
	})
	switch {
	case err != nil:
		return err
	case p == nil:
		return usage("nothing landed there or then, so there is nothing to try thresholds on")
	}
	s := trial.Suggest(p, b, most.of(b.NonMerges()))
	format.each(func(name string, to io.Writer) error {
		if name == "text" {
			return report.Suggestion(to, s, most.String(), all)
		}
		return report.SuggestionJSON(to, s)
	})
	return l.ended()
}
