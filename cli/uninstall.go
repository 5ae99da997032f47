package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"countersign/install"
)

func uninstallCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "uninstall (--server FOLDER | --all FOLDER | --local)",
		Short: "Take the hooks out, and put back those that were there before",
		Long: `Takes the hooks out of a repository on a server, or out of each in a folder, and puts back the hooks that
were there before. The policy, the keys and the journal stay. A hook that was edited since is left alone.
With --local it does so in the clone that it is run in.`,
		Args: cobra.NoArgs,
	}
	server, all, local := serverFlag(cmd), allFlag(cmd), localFlag(cmd)
	dry, format := dryRunFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		t := env.telling(format)
		switch {
		case !oneOf(*server != "", *all != "", *local):
			return mistyped(cmd, errWhichRepository)
		case *local:
			return t.end(t.uninstallLocal(cmd.Context(), *dry))
		case *all != "":
			plans, err := removals(cmd.Context(), env.path(*all))
			if err != nil {
				return err
			}
			return t.end(t.carryOut(plans, *dry))
		}
		plan, err := removal(cmd.Context(), env.path(*server), false)
		if err != nil {
			return err
		}
		return t.end(t.carryOut([]install.Plan{plan}, *dry))
	}
	return cmd
}

// removals plan to take the hooks out of all repositories in a folder, and out of the folder from which gitolite links
// them.
func removals(ctx context.Context, folder string) ([]install.Plan, error) {
	dirs, err := install.Repositories(folder)
	if err != nil {
		return nil, err
	}
	var plans []install.Plan
	for _, dir := range dirs {
		plan, err := removal(ctx, dir, true)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", dir, err)
		}
		plans = append(plans, plan)
	}
	if !slices.ContainsFunc(dirs, install.IsGitolite) {
		return plans, nil
	}
	facts, err := install.LookCommon(ctx, folder)
	if err != nil {
		return nil, err
	}
	plan, err := install.PlanRemoval(facts, false)
	if err != nil {
		return nil, exitError{exitRefused, err}
	}
	return append(plans, plan), nil
}

// removal plans to take the hooks out of a repository.
func removal(ctx context.Context, dir string, links bool) (install.Plan, error) {
	facts, err := install.Look(ctx, dir, "")
	if err != nil {
		return install.Plan{}, err
	}
	plan, err := install.PlanRemoval(facts, links)
	if err != nil {
		return plan, exitError{exitRefused, err}
	}
	return plan, nil
}
