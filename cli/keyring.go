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
)

func keyringCommand(env Env) *cobra.Command {
	return group("keyring", "Show whose signatures count", keyringListCommand(env), keyringImportCommand(env))
}

func keyringListCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the principals and their keys",
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
		for _, k := range keys {
			if k.Principal != q.Name {
				continue
			}
			counts := window(k.From, k.Until)
			if k.Revoked != "" {
				counts += fmt.Sprintf(" %s%s", k.Revoked, since(k.RevokedAt))
			}
			for i, fingerprint := range k.Fingerprints {
				if i > 0 {
					fmt.Fprintf(t, "\t%s\t\t\n", fingerprint)
					continue
				}
				fmt.Fprintf(t, "  %s\t%s\t%s\t%s\n", k.Kind, fingerprint, report.Escape(k.Source), strings.TrimSpace(counts))
			}
		}
	}
	return t.Flush()
}

// window says when a key counts.
func window(from, until time.Time) string {
	words := ""
	if !from.IsZero() {
		words += " from " + from.UTC().Format(time.DateOnly)
	}
	if !until.IsZero() {
		words += " until " + until.UTC().Format(time.DateOnly)
	}
	return words
}

func since(when time.Time) string {
	if when.IsZero() {
		return ""
	}
	return " since " + when.UTC().Format(time.DateOnly)
}
