package cli

import (
	"encoding/json"
	"errors"

	"github.com/spf13/cobra"

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
With --format json it prints the records themselves, one a line.

Flags that say which records are wanted may stand together: all of them must hold. They are answered by an index
beside the journal, which is made when it is first asked for; each record that is shown is read from the journal, and
must be what it was when the index was made. countersign log check proves the whole journal.
When a commit was first the value of a ref:      log --commit ID --became applied --first 1
Which changes of a ref were made:                log --ref refs/heads/main --became applied`,
		Args: noneSuch,
	}
	repository, format := repositoryFlag(cmd), formatFlag(cmd)
	inherit(cmd, "repository", "format")
	formerFlag(env, cmd, "json", format)
	f := filterFlags(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if f.first < 0 || f.last < 0 || f.first > 0 && f.last > 0 {
			return mistyped(cmd, errors.New("--first, --last: want one of them, and a number above 0"))
		}
		return eachWanted(cmd.Context(), env, *repository, *f, func(r logged, raw []byte) error {
			return format.row(json.RawMessage(raw), func(out *report.Printer) { logLine(out, r) })
		})
	}
	cmd.AddCommand(
		logShowCommand(env, repository, format), logCheckCommand(env, repository, format),
		logCompareCommand(env, repository, format), former("audit", env, logCompareCommand(env, repository, format)),
		logReviewCommand(env, repository, format), logStatsCommand(env, repository, format),
		logKeyCommand(env, repository, format), logCheckpointCommand(env, repository, format),
		logTilesCommand(env, repository, format), logProveCommand(env, repository, format),
		logCheckProofCommand(env, format), logConsistencyCommand(env, repository, format),
		logExportCommand(env, repository, format),
	)
	return cmd
}
