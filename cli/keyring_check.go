package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/policy"
	"countersign/report"
	"countersign/verify"
)

func keyringCheckCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say what will soon, or already does, keep somebody from signing",
		Long: `Reads the policy and all its keys and prints a line for each thing to see to: keys that expire within 30
days or have, principals who can't sign any more, have but one key or no address, and keys whose own signatures are
weak. What is wrong with the policy itself is an error, with exit code 2; warnings leave it at 0.`,
		Args: cobra.NoArgs,
	}
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		p, keys := g.Policy(), g.Keyring().List()
		warnings := checkKeyring(p, keys, env.Now())
		env.list(format, warnings, func(out *report.Printer) {
			for _, w := range warnings {
				out.Printf("%s\n", w)
			}
			if len(warnings) == 0 {
				out.Printf("nothing to see to: %s, %s\n",
					report.Count(len(p.Principals), "principal"), report.Count(len(keys), "key"))
			}
		})
		return nil
	}
	return cmd
}

// checkKeyring gives a line for each thing to see to.
func checkKeyring(p *policy.Policy, keys []verify.Listed, now time.Time) []string {
	warnings := []string{}
	warn := func(format string, args ...any) { warnings = append(warnings, fmt.Sprintf(format, args...)) }
	for _, q := range p.Principals {
		if q.Role == policy.Service && len(q.Keys) == 0 {
			continue
		}
		if why := p.Addressless(&q); why != "" {
			warn("%s", why)
		}
		switch n := usable(q.Name, keys, now, warn); {
		case n == 0:
			warn("%s: no key of theirs can sign now", q.Name)
		case n == 1 && q.Role != policy.Service:
			warn("%s: has one key that can sign; a second, kept elsewhere, would survive its loss", q.Name)
		}
	}
	return warnings
}
