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
	"countersign/install"
	"countersign/policy"
	"countersign/report"
)

func policyCommand(env Env) *cobra.Command {
	return group("policy", "Try a policy out before it counts", policyCheckCommand(env), policyClassesCommand(env), policyDiffCommand(env))
}

func policyCheckCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Read the policy and its keys, and say what is wrong with them",
		Args:  cobra.NoArgs,
	}
	repository, folder := repositoryFlag(cmd), policyFlag(cmd)
	prepare := cmd.Flags().Bool("prepare", false, "then work out what everybody has earned, so that the next push needn't")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := env.isFolder(*folder); err != nil {
			return err
		}
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		p, file := g.Policy(), filepath.Join(g.PolicyDir(), policy.FileName)
		if g.PolicyInTree() {
			file = policy.Folder + "/" + policy.FileName + " in the tree"
		}
		fmt.Fprintf(env.Stdout, "%s is valid\n", report.Escape(file))
		fmt.Fprintf(env.Stdout, "protected: %s\n", report.Escape(strings.Join(p.Protect.Refs, ", ")))
		fmt.Fprintf(env.Stdout, "rules: %d, principals: %d, keys: %d\n", len(p.Rules), len(p.Principals), len(g.Keyring().List()))
		adviseLonely(env.Stdout, p)
		for i := range p.Principals {
			if why := p.Addressless(&p.Principals[i]); why != "" {
				fmt.Fprintln(env.Stdout, report.Escape(why))
			}
		}
		if *folder == "" {
			facts, err := install.Look(cmd.Context(), g.GitDir(), "")
			if err != nil {
				return err
			}
			if !install.Covers(facts, guarded(g)) {
				say(env.Stdout, errUncovered)
			}
		}
		if *prepare {
			return g.Prepare(cmd.Context())
		}
		return nil
	}
	return cmd
}

// isFolder fails where a policy is to be read from something that isn't a folder.
func (e Env) isFolder(folder string) error {
	if _, pinned := pin(folder); folder == "" || pinned {
		return nil
	}
	info, err := os.Stat(e.path(folder))
	if err == nil && !info.IsDir() {
		err = fmt.Errorf("%s is not a folder: --policy wants the one that holds %s", folder, policy.FileName)
	}
	if err != nil {
		return usage("%v", err)
	}
	return nil
}

// adviseLonely says for whose changes there is no second person, and what still helps.
func adviseLonely(w io.Writer, p *policy.Policy) {
	if lonely := p.Lonely(); lonely != nil {
		fmt.Fprintf(w, "nobody could approve a change of: %s\n", report.Escape(strings.Join(lonely, ", ")))
		fmt.Fprintln(w, "  a project of one has no second person; what still helps: rules with exempt = \"nobody\" and hold = \"7d\",")
		fmt.Fprintln(w, "  by which a change lands a week after it was first seen, and outsiders with the role reviewer, who may approve")
	}
}

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
