package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"countersign/install"
)

func uninstallCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "uninstall --server FOLDER",
		Short: "Take the hooks out, and put back those that were there before",
		Long: `Takes the hooks out of a repository on a server and puts back the hooks that were there
before. The policy, the keys and the journal stay. A hook that was edited since is left alone.`,
		Args: cobra.NoArgs,
	}
	server := serverFlag(cmd)
	dry := dryRunFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *server == "" {
			return mistyped(cmd, errors.New("which repository? uninstall --server FOLDER"))
		}
		facts, err := install.Look(cmd.Context(), env.path(*server), "")
		if err != nil {
			return err
		}
		plan, err := install.PlanRemoval(facts)
		if err != nil {
			return exitError{exitRefused, err}
		}
		return carryOut(env, plan, *dry)
	}
	return cmd
}
