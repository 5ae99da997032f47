package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/install"
	"countersign/journal"
	"countersign/policy"
)

func doctorCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Look for what lets pushes past the hook, or makes it refuse them all",
		Long: `Looks at the hook of a repository on a server, at the settings that decide whether Git runs it, at
the policy and its keys, and at the journal. What it can't see: settings that only the server's own
processes have, and who else may write to these files.`,
		Args: cobra.NoArgs,
	}
	repository := repositoryFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		faults, err := examine(cmd.Context(), env, *repository)
		if err != nil {
			return err
		}
		if len(faults) == 0 {
			fmt.Fprintln(env.Stdout, "all is well")
			return nil
		}
		return exitError{exitRefused, errors.Join(faults...)}
	}
	return cmd
}

func examine(ctx context.Context, env Env, repository string) ([]error, error) {
	facts, err := install.Look(ctx, env.path(repository), "")
	if err != nil {
		return nil, err
	}
	var faults []error
	for _, fault := range install.Check(facts) {
		faults = append(faults, errors.New(fault))
	}
	g, err := env.open(facts.GitDir, "", gate.Options{Record: discard})
	if err != nil && (facts.HasPolicy || g.Repository() == nil) {
		faults = append(faults, err)
	}
	defer g.Close()
	if err := examineJournal(g); err != nil {
		faults = append(faults, err)
	}
	faults = append(faults, examineMoves(ctx, env, g)...)
	return faults, nil
}

func examineJournal(g *gate.Gate) error {
	path := journalOf(g)
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody has pushed yet
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := journal.Check(f); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// journalOf gives where a repository's records are.
func journalOf(g *gate.Gate) string {
	var setting policy.Journal
	if p := g.Policy(); p != nil {
		setting = p.Journal
	}
	return journalPath(g.GitDir(), setting)
}
