package cli

import (
	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/hook"
)

func prePushCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pre-push REMOTE LOCATION",
		Short: "Judge before pushing, as git-push's pre-push hook",
		Long: `Judges what is about to be pushed to protected branches as the server would, so that a refusal comes
before the upload. The server decides all the same, and alone about tags, deletes, rewinds and dates.
The policy is read from a folder beside the clone, or from the one that --policy names; nothing is
recorded. See githooks(5), pre-push.`,
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
		g, err := env.usable(".", *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		decision, err := g.Auditor().Foresee(cmd.Context(), req.Updates)
		if err != nil {
			return exitError{exitUndecided, err} // nobody typed what isn't here
		}
		return tell(env, decision, nil)
	}
	return cmd
}
