package cli

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/policy"
	"countersign/report"
)

func logCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Read the journal: what was pushed, and what became of it",
		Long: `Lists the records of a repository's journal, oldest first, a line each: when, under which reference, what
became of which refs, who pushed, and the codes of what was wrong. Who pushed is who signed the push certificate
or, where there is none, whom the server names. What became of them is
  accepted, refused, undecided  what the hook said of a push; it stands even if the push was broken off after it
  observed                      the hook would have refused it, and only observes: --refused lists these, too
  applied                       what Git then made of it
  found                         what install found on protected refs that the journal knew nothing of
  may move                      an operator let the guard pass a move: countersign move
  let stand                     an operator let a ref stay where no push had put it: countersign accept-move
  reviewed                      somebody looked at what an exception let pass: countersign log review
With --format json it prints the records themselves, one a line.`,
		Args: noneSuch,
	}
	repository, format := repositoryFlag(cmd), formatFlag(cmd)
	inherit(cmd, "repository", "format")
	formerFlag(env, cmd, "json", format)
	var f filter
	since := valued(cmd, new(moment), "since", "only pushes since then: a `time` as 2026-06-01 or 2026-06-01T12:00:00Z")
	cmd.Flags().StringVar(&f.principal, "principal", "",
		"only pushes by that `name`, or with something wrong with what it signed or approved")
	cmd.Flags().StringVar(&f.commit, "commit", "", "only pushes to, from or about a commit whose `id` begins so")
	cmd.Flags().BoolVar(&f.refused, "refused", false, "only pushes that were refused, or would have been")
	cmd.RunE = func(*cobra.Command, []string) error {
		f.since = since.Time
		return eachRecord(env, *repository, func(r logged, raw []byte) error {
			if !f.takes(r) {
				return nil
			}
			return format.row(json.RawMessage(raw), func(out *report.Printer) { logLine(out, r) })
		})
	}
	cmd.AddCommand(
		logShowCommand(env, repository, format), logCheckCommand(env, repository, format),
		logCompareCommand(env, repository, format), former("audit", env, logCompareCommand(env, repository, format)),
		logReviewCommand(env, repository, format),
	)
	return cmd
}

// filter says which records are wanted. The zero filter takes all.
type filter struct {
	since     time.Time
	principal string
	commit    string
	refused   bool
}

func (f filter) takes(r logged) bool {
	return !r.Time.Before(f.since) &&
		(!f.refused || r.Decision.Verdict != policy.Accepted) &&
		(f.principal == "" || concerns(r, f.principal)) &&
		(f.commit == "" || names(r.Decision, f.commit))
}

// concerns says whether somebody pushed, or stands behind something that was found wrong.
func concerns(r logged, who string) bool {
	pushed := r.Pusher.Principal == who || r.Pusher.Name == who
	return pushed || slices.ContainsFunc(r.Decision.Findings, func(f policy.Finding) bool {
		return f.Signer == who || slices.Contains(f.Have, who) ||
			slices.ContainsFunc(f.Discounted, func(d policy.Discount) bool { return d.Principal == who })
	})
}

func names(d policy.Decision, commit string) bool {
	begins := func(id string) bool { return strings.HasPrefix(id, commit) }
	return slices.ContainsFunc(d.Refs, func(r policy.RefDecision) bool { return begins(r.Old) || begins(r.New) }) ||
		slices.ContainsFunc(d.Findings, func(f policy.Finding) bool { return begins(f.Commit) || begins(f.Landing) })
}
