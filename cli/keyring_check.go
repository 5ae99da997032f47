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

// soon is how long before its end a key is warned about.
const soon = 30 * 24 * time.Hour

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
		usable := 0
		for _, l := range keys {
			if l.Principal != q.Name {
				continue
			}
			if l.Kind == verify.X509 || l.Authority {
				usable += checkEntry(q.Name+": "+identitiesOf(l), l, verify.ListedKey{CanSign: true}, now, warn)
				continue
			}
			for _, k := range l.Keys {
				usable += checkEntry(q.Name+": key "+k.Fingerprint, l, k, now, warn)
			}
		}
		switch {
		case usable == 0:
			warn("%s: no key of theirs can sign now", q.Name)
		case usable == 1 && q.Role != policy.Service:
			warn("%s: has one key that can sign; a second, kept elsewhere, would survive its loss", q.Name)
		}
	}
	return warnings
}

// neverSign says why none of some keys can sign now, nil if one can.
func neverSign(keys []verify.Listed, now time.Time) []string {
	why := []string{}
	warn := func(format string, args ...any) { why = append(why, fmt.Sprintf(format, args...)) }
	for _, l := range keys {
		for _, k := range l.Keys {
			if checkEntry("key "+k.Fingerprint, l, k, now, warn) > 0 {
				return nil
			}
			if k.Revoked != "" {
				why = append(why, "key "+k.Fingerprint+": revoked "+k.Revoked)
			}
		}
	}
	return why
}

// checkEntry gives 1 if the key can sign now, else 0.
func checkEntry(name string, l verify.Listed, k verify.ListedKey, now time.Time, warn func(string, ...any)) int {
	for _, text := range k.Warnings {
		warn("%s: %s", name, text)
	}
	if !k.CanSign || k.Revoked != "" || l.Revoked != verify.NotRevoked || now.Before(l.From) {
		return 0
	}
	for _, end := range []time.Time{l.Until, k.Expires} {
		switch {
		case end.IsZero():
		case !now.Before(end):
			warn("%s: expired on %s", name, end.UTC().Format(time.DateOnly))
			return 0
		case end.Sub(now) < soon:
			warn("%s: expires on %s", name, end.UTC().Format(time.DateOnly))
		}
	}
	return 1
}
