package cli

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/report"
	"countersign/verify"
)

func keyringListCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the principals and their keys: who can sign, with which key, until when",
		Args:  cobra.NoArgs,
	}
	repository, folder := repositoryFlag(cmd), policyFlag(cmd)
	cmd.RunE = func(*cobra.Command, []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		return listKeyring(env.Stdout, g)
	}
	return cmd
}

func listKeyring(w io.Writer, g *gate.Gate) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	keys := g.Keyring().List()
	for _, q := range g.Policy().Principals {
		fmt.Fprintf(t, "%s\t%s\t%s\tintroduced by %s\n",
			report.Escape(q.Name), q.Role, report.Escape(strings.Join(q.Emails, " ")), report.Escape(cmp.Or(q.IntroducedBy, "nobody")))
		for _, l := range keys {
			if l.Principal != q.Name {
				continue
			}
			if identities := identitiesOf(l); identities != "" {
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", kindOf(l), report.Escape(identities), report.Escape(l.Source), counts(l, verify.ListedKey{CanSign: true}))
			}
			for i, k := range l.Keys {
				source := ""
				if i == 0 && identitiesOf(l) == "" {
					source = l.Source
				}
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", report.Escape(k.Algorithm), k.Fingerprint, report.Escape(source), counts(l, k))
			}
		}
	}
	return t.Flush()
}

func kindOf(l verify.Listed) string {
	if l.Authority {
		return "authority"
	}
	return string(l.Kind)
}

// identitiesOf says which certificates count, "" where plain keys do.
func identitiesOf(l verify.Listed) string {
	identities := strings.Join(l.Identities, " ")
	if l.Issuer != "" {
		identities += " by " + l.Issuer
	}
	return identities
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
