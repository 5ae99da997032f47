package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/policy"
	"countersign/report"
)

func policyClassesCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "classes PATH...",
		Short: "Say which classes and rules a path falls under",
		Long: `Says which classes each path falls in, and which rules a commit that adds it would be held to. Where
there is a file of that name its content and mode count as well.`,
		Args: cobra.MinimumNArgs(1),
	}
	repository, folder := repositoryFlag(cmd), policyFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, paths []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		for _, path := range paths {
			change, err := env.added(path)
			if err != nil {
				return err
			}
			classes := g.Policy().Classes.Of(change)
			line := report.Escape(path) + ": "
			if len(classes) == 0 {
				line += "no class"
			}
			fmt.Fprintln(env.Stdout, line+report.Escape(strings.Join(classes, ", ")))
			for _, rule := range g.Policy().Rules {
				if slices.ContainsFunc(rule.Classes, func(c string) bool { return slices.Contains(classes, c) }) {
					fmt.Fprintf(env.Stdout, "  rule %s: %s\n", report.Escape(rule.Name), demand(rule))
				}
			}
		}
		return nil
	}
	return cmd
}

// added is the change that adding a path would be, with the content it has in the working folder.
func (e Env) added(path string) (policy.Change, error) {
	const head = 1 << 20 // bytes, as many as are read of what is pushed
	const file, exec, symlink = 0o100644, 0o100755, 0o120000
	change := policy.Change{Path: filepath.ToSlash(path), NewMode: file}
	at, err := os.Lstat(e.path(path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return change, nil
	case err != nil:
		return change, err
	case at.Mode()&fs.ModeSymlink != 0:
		change.NewMode = symlink
		return change, nil
	case !at.Mode().IsRegular():
		return change, fmt.Errorf("%s: not a file", path)
	case at.Mode()&0o100 != 0:
		change.NewMode = exec
	}
	f, err := os.Open(e.path(path))
	if err != nil {
		return change, err
	}
	content, err := io.ReadAll(io.LimitReader(f, head))
	if err := errors.Join(err, f.Close()); err != nil {
		return change, err
	}
	change.Size = at.Size()
	change.Traits = policy.Inspect(content, at.Size())
	return change, nil
}

// demand says in a few words what a rule asks for.
func demand(r policy.Rule) string {
	if r.Refuse {
		return "refused"
	}
	words := fmt.Sprintf("%d approvals", r.Approvals)
	if r.Approvals == 1 {
		words = "1 approval"
	}
	if r.Exempt.Nobody {
		return words
	}
	var tenure []string
	for _, of := range []struct {
		n    int
		what string
	}{{r.Exempt.Days, "days"}, {r.Exempt.Commits, "commits"}, {r.Exempt.Months, "months"}} {
		if of.n > 0 {
			tenure = append(tenure, fmt.Sprintf("%d %s", of.n, of.what))
		}
	}
	where := "in these classes"
	if r.Exempt.In == "all" {
		where = "over all"
	}
	return fmt.Sprintf("%s; none of a signer with %s %s", words, strings.Join(tenure, ", "), where)
}
