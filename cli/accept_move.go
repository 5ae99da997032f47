package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"countersign/gate"
)

func acceptMoveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "accept-move REF OLD NEW --reason TEXT",
		Short: "Let a protected ref stay where it was moved to past the hook",
		Long: `Records in the journal of a repository on a server that a protected ref may stay where it is, though no
judged push moved it there. OLD is where the last judged push left it, NEW is where it is now; zeros
stand for no ref. The commits that came in so are not judged by later pushes, and log compare
names them no more. Where the ref is back at OLD by now, NEW is OLD, too: that settles what was made
meanwhile. Run it as the user who owns the repository.`,
		Args: cobra.ExactArgs(3),
	}
	repository := repositoryFlag(cmd)
	reason := cmd.Flags().String("reason", "", "`text` that says why, for the journal")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *reason == "" {
			return mistyped(cmd, errors.New("why? --reason TEXT"))
		}
		for _, id := range args[1:] {
			if err := new(fullID).Set(id); err != nil {
				return mistyped(cmd, err)
			}
		}
		g, err := env.open(*repository, place{}, gate.Options{Record: openJournal, Index: openIndex})
		if err != nil {
			return err
		}
		defer g.Close()
		req := gate.Request{Received: env.Now(), Pusher: env.operator()}
		err = g.AcceptMove(cmd.Context(), req, args[0], args[1], args[2], *reason)
		if err != nil && !errors.Is(err, gate.ErrUndecided) {
			return exitError{exitRefused, err}
		}
		return err
	}
	return cmd
}
