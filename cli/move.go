package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/ticket"
	"countersign/hook"
)

func moveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "move REF OLD NEW --reason TEXT",
		Short: "Let one move of a protected ref through the guard, once",
		Long: fmt.Sprintf(`For the operator of a server with the guard (install --guard): records the reason and lets this
very move through, once and within %s. OLD and NEW are full ids, all zeros for a ref that isn't there.
Then run the git command that the guard has stopped.`, ticket.OperatorTime),
		Args: cobra.ExactArgs(3),
	}
	repository := repositoryFlag(cmd)
	reason := cmd.Flags().String("reason", "", "why, for the record")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *reason == "" {
			return mistyped(cmd, errors.New("why? --reason TEXT"))
		}
		req, err := hook.Update(args, env.around(""))
		if err != nil {
			return mistyped(cmd, err)
		}
		g, err := env.open(*repository, place{}, gate.Options{Record: openJournal})
		if g.Repository() == nil {
			return err
		}
		defer g.Close()
		req.Pusher = env.operator()
		return g.MayMove(cmd.Context(), req, *reason)
	}
	return cmd
}
