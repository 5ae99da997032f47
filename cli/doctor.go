package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/history"
	"countersign/install"
	"countersign/journal"
	"countersign/report"
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
	for _, unseen := range install.Unseen(facts) {
		fmt.Fprintln(env.Stdout, "note: "+unseen)
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
	if facts.HasPolicy && !install.Covers(facts, guarded(g)) {
		faults = append(faults, errUncovered)
	}
	if g.Policy() != nil && g.Repository() != nil {
		named, err := examineNames(ctx, env, g)
		if err != nil {
			return nil, err
		}
		faults = append(faults, named...)
	}
	if err := examineJournal(g); err != nil {
		faults = append(faults, err)
	}
	faults = append(faults, examineMoves(ctx, env, g)...)
	return faults, nil
}

// examineNames looks for refs by which Git finds something else than a protected one, and says where notes are open.
func examineNames(ctx context.Context, env Env, g *gate.Gate) ([]error, error) {
	shadows, err := g.Shadows(ctx)
	if err != nil {
		return nil, err
	}
	var faults []error
	for i, s := range shadows {
		if i == 20 {
			faults = append(faults, fmt.Errorf("and %d more refs like that", len(shadows)-i))
			break
		}
		ref := report.Escape(s.Ref)
		faults = append(faults, fmt.Errorf("%s isn't protected, and Git finds it by the name of %s: git push origin :%s", ref, report.Escape(s.Protected), ref))
	}
	notes, err := g.Repository().Refs(ctx, "refs/notes/")
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(notes, func(r history.Ref) bool { return !g.Policy().Protects(r.Name) }) {
		fmt.Fprintln(env.Stdout, `note: anybody who may push writes refs/notes/, which git log shows below commits; "refs/notes/**" in protect.refs closes it`)
	}
	return faults, nil
}

func examineJournal(g *gate.Gate) error {
	_, err := journal.Check(journalOf(g))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody has pushed yet
	}
	return err
}
