package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/install"
	"countersign/policy"
	"countersign/report"
)

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
