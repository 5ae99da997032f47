package cli

import (
	"fmt"
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
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd)
	prepare := cmd.Flags().Bool("prepare", false, "then work out what everybody has earned, so that the next push needn't")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		p, file := g.Policy(), filepath.Join(g.PolicyDir(), policy.FileName)
		if g.PolicyInTree() {
			file = policy.Folder + "/" + policy.FileName + " in the tree"
		}
		c := checked{
			File: file, Protected: p.Protect.Refs, Rules: len(p.Rules), Principals: len(p.Principals),
			Keys: len(g.Keyring().List()), Lonely: p.Lonely(), Warnings: append(append([]string{}, p.Notes...), p.Trusts()...),
		}
		var unworkable []string
		for i := range p.Principals {
			if why := p.Addressless(&p.Principals[i]); why != "" {
				unworkable = append(unworkable, file+": "+why)
			}
		}
		if unworkable != nil {
			return usage("%s", strings.Join(unworkable, "\n"))
		}
		if *folder == (place{}) {
			facts, err := install.Look(cmd.Context(), g.GitDir(), "")
			if err != nil {
				return err
			}
			if !install.Covers(facts, guarded(g)) {
				c.Warnings = append(c.Warnings, "countersign: "+errUncovered.Error())
			}
		}
		forgotten, err := g.Forgotten(cmd.Context())
		if err != nil {
			return err
		}
		for _, f := range forgotten {
			c.Warnings = append(c.Warnings, fmt.Sprintf("%s, landed, by %s, such as %.12s: nobody has that key, "+
				"and countersign verify refuses them; if somebody left, bring their entry back with until = DAY at the key "+
				"(docs/leaving.md)", report.Count(f.Commits, "commit"), f.Fingerprint, f.Newest))
		}
		env.list(format, c, func(out *report.Printer) {
			out.Printf("%s is valid\n", c.File)
			out.Printf("protected: %s\n", strings.Join(c.Protected, ", "))
			out.Printf("rules: %d, principals: %d, keys: %d\n", c.Rules, c.Principals, c.Keys)
			adviseLonely(out, p)
			for _, w := range c.Warnings {
				out.Printf("%s\n", w)
			}
		})
		if *prepare {
			return g.Prepare(cmd.Context())
		}
		return nil
	}
	return cmd
}

// checked is what policy check says of a policy that is valid.
type checked struct {
	File       string   `json:"file"`
	Protected  []string `json:"protected"`
	Rules      int      `json:"rules"`
	Principals int      `json:"principals"`
	Keys       int      `json:"keys"`
	Lonely     []string `json:"lonely,omitempty"` // for whose changes there is no second person
	Warnings   []string `json:"warnings"`
}

// adviseLonely says for whose changes there is no second person, and what still helps.
func adviseLonely(out *report.Printer, p *policy.Policy) {
	if lonely := p.Lonely(); lonely != nil {
		out.Printf(`nobody could approve a change of: %s
  a project of one has no second person; what still helps: rules with exempt = "nobody" and wait = "7d",
  by which a change lands a week after it was first seen, and outsiders with the role reviewer, who may approve
`, strings.Join(lonely, ", "))
	}
}
