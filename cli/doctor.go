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
	repository, format := repositoryFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		var x examination
		if err := x.examine(cmd.Context(), env, *repository); err != nil {
			return err
		}
		env.list(format, x.said(), func(out *report.Printer) {
			for _, note := range x.notes {
				out.Printf("note: %s\n", note)
			}
			if len(x.faults) == 0 {
				out.Printf("all is well\n")
			}
		})
		switch {
		case len(x.faults) == 0:
			return nil
		case format.word == "json":
			return exitError{exitRefused, nil}
		default:
			return exitError{exitRefused, errors.Join(x.faults...)}
		}
	}
	return cmd
}

// examination is what doctor finds.
type examination struct {
	notes  []string
	faults []error
}

func (x *examination) note(text string)   { x.notes = append(x.notes, text) }
func (x *examination) fault(err ...error) { x.faults = append(x.faults, err...) }

// said is an examination as JSON.
func (x *examination) said() any {
	faults := make([]string, len(x.faults))
	for i, err := range x.faults {
		faults[i] = wordless(err)
	}
	return struct {
		Notes  []string `json:"notes"`
		Faults []string `json:"faults"`
	}{append([]string{}, x.notes...), faults}
}

func (x *examination) examine(ctx context.Context, env Env, repository string) error {
	facts, err := install.Look(ctx, env.path(repository), "")
	if err != nil {
		return err
	}
	for _, unseen := range install.Unseen(facts) {
		x.note(unseen)
	}
	for _, fault := range install.Check(facts) {
		x.fault(errors.New(fault))
	}
	g, err := env.open(facts.GitDir, place{}, gate.Options{Record: discard})
	if err != nil && (facts.HasPolicy || g.Repository() == nil) {
		x.fault(err)
	}
	defer g.Close()
	if facts.HasPolicy && !install.Covers(facts, guarded(g)) {
		x.fault(errUncovered)
	}
	if g.Policy() != nil {
		for _, note := range g.Policy().Notes {
			x.note(note)
		}
	}
	if g.Policy() != nil && g.Repository() != nil {
		if err := x.names(ctx, g); err != nil {
			return err
		}
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
	_, err := journal.Check(journalOf(g))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // nobody has pushed yet
	}
	return err
}
