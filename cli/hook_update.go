package cli

import (
	"github.com/spf13/cobra"

	"countersign/hook"
)

func updateCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update REF OLD NEW",
		Short: "Judge one ref of a push, as git-receive-pack's update hook",
		Long: `Judges one ref update, for servers that leave only the update hook to their users. Prefer
pre-receive, which sees the whole push before anything is taken in, and can tell what is new in it: a branch
that only a pattern protects may not be made by new commits here until somebody says that it is wanted
(countersign explain ref-unwanted). See githooks(5), update.

An empty program ends with 0, too, so let the hook wait for an answer that only this one gives:

    #!/bin/sh
    countersign hook update --answer "$@"
    [ $? = 41 ]`,
		Args: cobra.ExactArgs(3),
	}
	from, common := pusherFlag(cmd), commonFlag(cmd)
	answered(cmd, func(cmd *cobra.Command, args []string) error {
		if excepted(env) {
			return nil
		}
		env.common = *common
		req, err := hook.Update(args, env.around(*from))
		return judge(cmd, env, req, err)
	})
	return cmd
}
