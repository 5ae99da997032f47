package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"countersign/policy"
	"countersign/report"
)

func policyDiffCommand(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what a new policy changes, and whether that loosens or tightens",
		Long: `Compares two policies, each a folder with policy.toml or that file, and says of each difference whether it lets
more pass (loosens), less (tightens), less of what changes the policy itself (binds) or neither. In the tree, what
loosens needs the quorum of the old policy and its cool-down, what binds only the quorum; what does neither needs one
maintainer. To compare what you are about to commit:

    git worktree add ../before && countersign policy diff ../before/.countersign .countersign`,
		Args: cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			old, err := policyIn(env.path(args[0]))
			if err != nil {
				return err
			}
			new, err := policyIn(env.path(args[1]))
			if err != nil {
				return err
			}
			return showAmendments(env.Stdout, old, policy.Amendments(old, new, env.Now()))
		},
	}
}

// policyIn reads a policy from its folder, or from the file in it.
func policyIn(path string) (*policy.Policy, error) {
	if info, err := os.Stat(path); err == nil && !info.IsDir() && filepath.Base(path) == policy.FileName {
		path = filepath.Dir(path)
	}
	root, err := os.OpenRoot(path)
	if err != nil {
		return nil, usage("%v", err)
	}
	defer root.Close()
	p, err := policy.Load(root.FS())
	if err != nil {
		return nil, usage("%s: %w", path, err)
	}
	return p, nil
}

func showAmendments(w io.Writer, old *policy.Policy, amendments []policy.Amendment) error {
	var b strings.Builder
	loosens, binds := false, false
	for _, a := range amendments {
		fmt.Fprintf(&b, "%-9s  %s\n", a.Effect, report.Escape(a.Text))
		loosens = loosens || a.Effect == policy.Loosens
		binds = binds || a.Effect == policy.Binds
	}
	switch {
	case loosens:
		fmt.Fprintf(&b, "it loosens the policy: in the tree it needs %s, and %s from the first approval to its landing\n",
			count(old.Quorum.Maintainers, "maintainer"), policy.Span(old.Quorum.CoolDown))
	case binds:
		fmt.Fprintf(&b, "it binds the other maintainers: in the tree it needs %s, and no wait\n", count(old.Quorum.Maintainers, "maintainer"))
	case len(amendments) > 0:
		b.WriteString("it doesn't loosen the policy: in the tree it needs one maintainer, and no wait\n")
	default:
		b.WriteString("they say the same\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
