package cli

import (
	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/ticket"
	"countersign/hook"
	"countersign/install"
)

func postReceiveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "post-receive",
		Short: "Record what Git made of a push, as git-receive-pack's post-receive hook",
		Long: `Reads the ref updates that were made from standard input and records them beside the decisions, so that
"countersign log compare" can tell what was decided from what was done. It refuses nothing: by now it is
done. See githooks(5), post-receive.`,
		Args: cobra.NoArgs,
	}
	from, common := pusherFlag(cmd), commonFlag(cmd)
	answered(cmd, func(cmd *cobra.Command, _ []string) error {
		if install.NotJudged(env.Dir) {
			return nil
		}
		env.common = *common
		req, err := hook.PreReceive(env.Stdin, env.around(*from)) // the same lines
		if err != nil {
			return notUnderstood(err)
		}
		g, _ := env.open(".", place{}, gate.Options{Record: openJournal}) // what was done is recorded all the same
		defer g.Close()
		ticket.In(g.GitDir()).Remove(receiver())
		return g.Applied(cmd.Context(), req)
	})
	return cmd
}
