package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/policy"
	"countersign/report"
)

func policyDiffCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "diff OLD NEW",
		Short: "Say what a new policy changes, and whether that loosens or tightens",
		Long: `Compares two policies, each a folder with policy.toml or that file, and says of each difference whether it lets
more pass (loosens), less (tightens), less of what changes the policy itself (binds) or neither. In the tree, what
loosens needs the quorum of the old policy and its cool-down, what binds only the quorum; what does neither needs one
maintainer. To compare what you are about to commit:

    git worktree add ../before && countersign policy diff ../before/.countersign .countersign`,
		Args: cobra.ExactArgs(2),
	}
	format := formatFlag(cmd)
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		old, err := policyIn(env.path(args[0]))
		if err != nil {
			return err
		}
		new, err := policyIn(env.path(args[1]))
		if err != nil {
			return err
		}
		amendments := policy.Amendments(old, new, env.Now())
		env.list(format, amended(amendments), func(out *report.Printer) { showAmendments(out, old, amendments) })
		return nil
	}
	return cmd
}

// amendment is one as JSON.
type amendment struct {
	Effect  string `json:"effect"`
	Setting string `json:"setting"`
	Text    string `json:"text"`
	Forgets bool   `json:"forgets,omitempty"`
}

func amended(amendments []policy.Amendment) []amendment {
	all := make([]amendment, len(amendments))
	for i, a := range amendments {
		all[i] = amendment{a.Effect.String(), a.Setting, a.Text, a.Forgets}
	}
	return all
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

func showAmendments(out *report.Printer, old *policy.Policy, amendments []policy.Amendment) {
	loosens, binds := false, false
	var forgotten []string
	for _, a := range amendments {
		out.Printf("%-9s  %s\n", a.Effect, a.Text)
		if name := strings.TrimPrefix(a.Setting, "principal "); a.Forgets && !slices.Contains(forgotten, name) {
			forgotten = append(forgotten, name)
		}
		loosens = loosens || a.Effect == policy.Loosens
		binds = binds || a.Effect == policy.Binds
	}
	switch quorum := report.Count(old.Quorum.Maintainers, "maintainer"); {
	case loosens:
		out.Printf("it loosens the policy: in the tree it needs %s, and may land %s\n",
			quorum, old.Quorum.After())
	case binds:
		out.Printf("it binds the other maintainers: in the tree it needs %s, and no wait\n", quorum)
	case len(amendments) > 0:
		out.Printf("it doesn't loosen the policy: in the tree it needs one maintainer, and no wait\n")
	default:
		out.Printf("they say the same\n")
	}
	if forgotten != nil {
		out.Printf(`where the policy lies beside the repository, what %s signed or approved may count no more, and
countersign verify refuses what has landed; to keep it, leave the entry and give its keys until = DAY (docs/leaving.md)
`, report.List(forgotten, "or"))
	}
}
