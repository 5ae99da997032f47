package cli

import (
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/report"
)

func revokedCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "revoked",
		Short: "List what landed by the word of keys that are revoked by now",
		Long: `After a key was stolen: revoke it in the keyring as compromised, from the day on which it may have been in
other hands (revoked-at). Then this lists every commit, change of the policy, approval, exception and protected
tag since adoption that it signed since, oldest first for each branch; each is for somebody to look at anew. What
was received is known from the server's journal. Where there is none, as in a clone, what says that it is older
is listed as well, as far as it could have been dated back (tenure.max-landing-age). Exit code 1 if there is
anything.`,
		Args: cobra.NoArgs,
	}
	repository, folder, format := repositoryFlag(cmd), policyFlag(cmd), formatFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		g, err := env.usable(*repository, *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		n := 0
		err = g.Auditor().Suspects(cmd.Context(), func(l audit.Suspect) error {
			n++
			return format.row(l, func(out *report.Printer) { suspectText(out, l) })
		})
		if err == nil && n > 0 {
			err = exitError{exitRefused, nil}
		}
		return err
	}
	return cmd
}

func suspectText(out *report.Printer, l audit.Suspect) {
	when := "landed " + l.Landed.UTC().Format(time.DateOnly)
	switch {
	case !l.Received.IsZero():
		when = "received " + l.Received.UTC().Format(time.DateOnly)
	case l.Perhaps:
		when += " by its own account"
	}
	out.Printf("%s %s  %s\n  %s, %s\n  %s: %s\n", l.What, l.ID, l.About, l.Ref, when, l.Principal, l.Reason)
}
