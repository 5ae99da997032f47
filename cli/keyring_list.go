package cli

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/policy"
	"countersign/report"
	"countersign/verify"
)

func keyringListCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the principals and their keys: who can sign, with which key, until when",
		Args:  cobra.NoArgs,
	}
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		listed := listKeyring(g.Policy().Principals, g.Keyring().List())
		rows := func(out *report.Printer) { keyringText(out, listed) }
		env.list(format, listed, func(out *report.Printer) { out.Table(rows) })
		return nil
	}
	return cmd
}

// listedPrincipal is one of a keyring's principals, with what it signs with.
type listedPrincipal struct {
	Principal    string      `json:"principal"`
	Role         policy.Role `json:"role"`
	Emails       []string    `json:"emails"`
	Attests      string      `json:"attests,omitempty"`
	IntroducedBy string      `json:"introduced_by,omitempty"`
	Keys         []listedKey `json:"keys"`
}

// listedKey is a key, or an authority whose certificates count.
type listedKey struct {
	Kind        string `json:"kind"` // an algorithm, or what kind of authority it is
	Fingerprint string `json:"fingerprint,omitempty"`
	Identities  string `json:"identities,omitempty"` // which certificates count
	Source      string `json:"source,omitempty"`     // what names it, at the first key of that
	Counts      string `json:"counts,omitempty"`     // when it counts, "" for always
}

func listKeyring(principals []policy.Principal, keys []verify.Listed) []listedPrincipal {
	all := make([]listedPrincipal, len(principals))
	for i, q := range principals {
		all[i] = listedPrincipal{q.Name, q.Role, append([]string{}, q.Emails...), q.Attests, q.IntroducedBy, []listedKey{}}
		for _, l := range keys {
			if l.Principal == q.Name {
				all[i].Keys = append(all[i].Keys, listKeys(l)...)
			}
		}
	}
	return all
}

func listKeys(l verify.Listed) []listedKey {
	var all []listedKey
	source, identities := l.Source, identitiesOf(l)
	if identities != "" {
		all = append(all, listedKey{
			Kind: kindOf(l), Identities: identities, Source: source, Counts: counts(l, verify.ListedKey{CanSign: true}),
		})
		source = ""
	}
	for _, k := range l.Keys {
		all = append(all, listedKey{Kind: k.Algorithm, Fingerprint: k.Fingerprint, Source: source, Counts: counts(l, k)})
		source = ""
	}
	return all
}

func keyringText(out *report.Printer, listed []listedPrincipal) {
	for _, q := range listed {
		out.Printf("%s\t%s\t%s\tintroduced by %s\n",
			q.Principal, roleOf(q), strings.Join(q.Emails, " "), cmp.Or(q.IntroducedBy, "nobody"))
		for _, k := range q.Keys {
			out.Printf("  %s\t%s\t%s\t%s\n", k.Kind, cmp.Or(k.Fingerprint, k.Identities), k.Source, k.Counts)
		}
	}
}

// roleOf says what somebody may do.
func roleOf(q listedPrincipal) string {
	if q.Attests == "" {
		return string(q.Role)
	}
	return string(q.Role) + ", attests " + q.Attests
}

func kindOf(l verify.Listed) string {
	if l.Authority {
		return "authority"
	}
	return string(l.Kind)
}

// counts says when a key counts, by the policy and by its owner.
func counts(l verify.Listed, k verify.ListedKey) string {
	var words []string
	add := func(format string, args ...any) { words = append(words, fmt.Sprintf(format, args...)) }
	if !l.From.IsZero() {
		add("from %s", l.From.UTC().Format(time.DateOnly))
	}
	if !l.Until.IsZero() {
		add("until %s", l.Until.UTC().Format(time.DateOnly))
	}
	if l.Revoked != "" {
		add("%s%s", l.Revoked, since(l.RevokedAt))
	}
	if !k.Expires.IsZero() {
		add("ends %s", k.Expires.UTC().Format(time.DateOnly))
	}
	switch {
	case k.Revoked != "":
		add("revoked %s", k.Revoked)
	case !k.CanSign:
		add("doesn't sign")
	}
	return strings.Join(words, ", ")
}

func since(when time.Time) string {
	if when.IsZero() {
		return ""
	}
	return " since " + when.UTC().Format(time.DateOnly)
}
