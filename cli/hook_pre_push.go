package cli

import (
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/hook"
	"countersign/policy"
	"countersign/report"
)

func prePushCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pre-push REMOTE LOCATION",
		Short: "Judge before pushing, as git-push's pre-push hook",
		Long: `Judges what is about to be pushed as the server would, so that a refusal comes before the upload. The
policy is read from a folder beside the clone, or from the one that --policy names; the branches of REMOTE and
the approvals are taken as they were last fetched. What only the server can tell, as since when it has seen a
change, is said and doesn't stop the push; where LOCATION is no remote's, nothing is judged. Nothing is recorded.
countersign install --local puts the hook in place; see githooks(5), pre-push.`,
		Args: cobra.ExactArgs(2),
	}
	folder := policyFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		req, err := hook.PrePush(env.Stdin, args, env.around(""))
		if err != nil {
			return notUnderstood(err)
		}
		if len(req.Updates) == 0 {
			return nil
		}
		if args[0] == args[1] { // githooks(5): there is no remote of that location
			say(env.errs, fmt.Errorf("nothing was judged, as no remote here is at %s: the server decides", args[1]))
			return nil
		}
		remote := &gate.Remote{Name: args[0], Updates: req.Updates}
		g, err := env.seenFrom(".", *folder, remote)
		if err != nil {
			return unforeseen(err)
		}
		defer g.Close()
		decision, err := g.Foresee(cmd.Context(), req)
		if err != nil {
			return unforeseen(exitError{exitUndecided, err}) // nobody typed what isn't here
		}
		return foretell(env, args[0], decision)
	}
	return cmd
}

const pushAnyway = "to have the server decide all the same: git push --no-verify"

// unforeseen says that what the server will say can't be told.
func unforeseen(err error) error {
	return exitError{exitCode(err), fmt.Errorf("nothing was pushed, as what the server will say can't be told: %w\n%s",
		err, pushAnyway)}
}

// foretell shows whoever pushes what the server will say.
func foretell(env Env, remote string, d policy.Decision) error {
	_ = report.Pusher(env.Stderr, d, report.Options{AllNotes: true})
	if d.Verdict == policy.Accepted {
		return nil
	}
	if slices.ContainsFunc(d.Findings, func(f policy.Finding) bool { return f.Needed > len(f.Have) }) {
		say(env.errs, fmt.Errorf("what was approved since the last fetch isn't known here: "+
			"git fetch %s 'refs/approvals/*:refs/approvals/*'", policy.Typed(remote)))
	}
	say(env.errs, errors.New("nothing was pushed; "+pushAnyway))
	return exitError{exitRefused, nil}
}
