package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

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
the policy and its keys, and at the journal; with --all, at those of each repository in a folder. Run it as the user as
whom the hook runs: it tries what the hook needs. What it can't see: settings that only the server's own
processes have, and who else may write to these files.`,
		Args: cobra.NoArgs,
	}
	repository, all, format := repositoryFlag(cmd), allFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *all != "" {
			found, err := examineAll(cmd.Context(), env, env.path(*all))
			if err != nil {
				return err
			}
			return tellExamined(env, format, found, found...)
		}
		x := newExamination("")
		if err := x.examine(cmd.Context(), env, *repository); err != nil {
			return err
		}
		return tellExamined(env, format, x, x)
	}
	return cmd
}

// tellExamined shows what doctor found, as a value for JSON or one by one, and gives the error that there are faults.
func tellExamined(env Env, format *outputs, value any, found ...examination) error {
	var faults []error
	for _, x := range found {
		for _, fault := range x.Faults {
			faults = append(faults, errors.New(x.prefix()+fault))
		}
	}
	env.list(format, value, func(out *report.Printer) {
		for _, x := range found {
			for _, note := range x.Notes {
				out.Printf("%snote: %s\n", x.prefix(), note)
			}
			if len(x.Faults) == 0 {
				out.Printf("%sall is well\n", x.prefix())
			}
		}
	})
	switch {
	case faults == nil:
		return nil
	case !format.toStdout("text"):
		return exitError{exitRefused, nil}
	default:
		return exitError{exitRefused, errors.Join(faults...)}
	}
}

// examineAll looks at each repository in a folder, and at the hooks that gitolite gives those that are made later.
func examineAll(ctx context.Context, env Env, folder string) ([]examination, error) {
	dirs, err := install.Repositories(folder)
	if err != nil {
		return nil, err
	}
	if folder, err = filepath.EvalSymlinks(folder); err != nil {
		return nil, err
	}
	var found []examination
	for _, dir := range dirs {
		x := newExamination(nameIn(folder, dir))
		if err := x.examine(ctx, env, dir); err != nil {
			return nil, err
		}
		found = append(found, x)
	}
	for i := range found {
		found[i].compare(found, folder)
	}
	if !slices.ContainsFunc(dirs, install.IsGitolite) {
		return found, nil
	}
	later := newExamination("(made later)")
	facts, err := install.LookCommon(ctx, folder)
	if err != nil {
		later.fault(err)
	} else {
		for _, fault := range install.CheckCommon(facts) {
			later.fault(fmt.Errorf("%s: %s", facts.GitDir, fault))
		}
	}
	return append(found, later), nil
}

func (x *examination) examine(ctx context.Context, env Env, repository string) error {
	facts, err := install.Look(ctx, env.path(repository), "")
	if err != nil {
		return err
	}
	if err := install.Stranger(facts); err != nil {
		x.fault(env.asOwner(err))
	}
	x.common, x.excepted = facts.Common, facts.NotJudged
	if facts.NotJudged {
		x.note("not judged: every push passes, since there is " + install.NotJudgedFile)
		return nil
	}
	if facts.ByUpdate {
		x.note("hooks/update judges each ref by itself, and what Git makes of a push isn't recorded: countersign install " +
			"places pre-receive and post-receive, where the server allows that")
	}
	for _, unseen := range install.Unseen(facts) {
		x.note(unseen)
	}
	for _, fault := range install.Check(facts) {
		x.fault(errors.New(fault))
	}
	if err := observing(facts.GitDir); err != nil {
		x.fault(err)
	}
	configured := facts.HasPolicy || facts.Common != ""
	g, err := env.open(facts.GitDir, place{}, gate.Options{Record: discard})
	switch {
	case errors.Is(err, gate.ErrNotPushed):
		x.note(strings.TrimPrefix(err.Error(), gate.ErrUndecided.Error()+": "))
	case err != nil && (configured || g.Repository() == nil):
		x.fault(err)
	}
	defer g.Close()
	if configured && !install.Covers(facts, guarded(g)) {
		x.fault(errUncovered)
	}
	if g.Policy() != nil {
		x.Notes = append(append(x.Notes, g.Policy().Notes...), g.Policy().Trusts()...)
	}
	if g.Policy() != nil && g.Repository() != nil {
		if err := x.names(ctx, g); err != nil {
			return err
		}
		if err := x.protected(ctx, g, facts.Head); err != nil {
			return err
		}
		x.people(g, facts, env.Now())
	}
	if err := examineJournal(g); err != nil {
		x.fault(err)
	}
	x.fault(examineMoves(ctx, env, g)...)
	return nil
}

// names looks for refs by which Git finds something else than a protected one, and says where notes are open.
func (x *examination) names(ctx context.Context, g *gate.Gate) error {
	shadows, err := g.Shadows(ctx)
	if err != nil {
		return err
	}
	for i, s := range shadows {
		if i == 20 {
			x.fault(fmt.Errorf("and %d more refs like that", len(shadows)-i))
			break
		}
		x.fault(fmt.Errorf("%s isn't protected, and Git finds it by the name of %s: git push origin :%s",
			s.Ref, s.Protected, s.Ref))
	}
	notes, err := g.Repository().Refs(ctx, "refs/notes/")
	if err != nil {
		return err
	}
	if slices.ContainsFunc(notes, func(r history.Ref) bool { return !g.Policy().Protects(r.Name) }) {
		x.note("anybody who may push writes refs/notes/, which git log shows below commits; " +
			`"refs/notes/**" in protect.refs closes it`)
	}
	return nil
}

func examineJournal(g *gate.Gate) error {
	path := journalOf(g)
	_, err := journal.Check(path)
	switch {
	case unbegun(path, err):
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("the journal is gone, and its index is there: put %s back from a backup; see docs/operations.md",
			path)
	case err != nil:
		return err
	}
	if err := journal.Writable(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the journal can't be written, so every push is refused: %w: let the user write there as whom the "+
			"hook runs", err)
	}
	return nil
}
