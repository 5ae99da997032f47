package cli

import (
	"github.com/spf13/cobra"

	"countersign/hook"
)

func preReceiveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pre-receive",
		Short: "Judge a push, as git-receive-pack's pre-receive hook",
		Long: `Reads the ref updates of a push from standard input, judges them by the policy of the repository in
the working folder, records the decision and tells the pusher. See githooks(5), pre-receive.`,
		Args: cobra.NoArgs,
	}
	from, common := pusherFlag(cmd), commonFlag(cmd)
	answered(cmd, func(cmd *cobra.Command, _ []string) error {
		if excepted(env) {
			return nil
		}
		env.common = *common
		req, err := hook.PreReceive(env.Stdin, env.around(*from))
		return judge(cmd, env, req, err)
	})
	return cmd
}
