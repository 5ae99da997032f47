package cli

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/ticket"
	"countersign/hook"
	"countersign/install"
	"countersign/policy"
)

// shownMoves is how many of the refs that a command may not move are told to who ran it.
const shownMoves = 3

func transactionCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   install.Guard + " STATE",
		Short: "Stop what moves protected refs without a decision, as Git's reference-transaction hook",
		Long: `Reads the ref updates that Git is about to make from standard input and stops those of protected refs that
no push was allowed and no operator let through. See githooks(5), reference-transaction.`,
		Args: cobra.ExactArgs(1),
	}
	common := commonFlag(cmd)
	answered(cmd, func(cmd *cobra.Command, args []string) error {
		env.common = *common
		if args[0] != "prepared" {
			return nil // before the locks are taken, or when it is done
		}
		if install.NotJudged(env.path(cmp.Or(env.Getenv("GIT_DIR"), "."))) {
			return nil
		}
		moves, err := hook.Transaction(env.Stdin)
		if err != nil {
			return notUnderstood(err)
		}
		o := env.options(cmp.Or(env.Getenv("GIT_DIR"), "."), place{}, gate.Options{Record: openJournal, Keyless: true})
		found, err := gate.Guard(cmd.Context(), o, gate.Request{Received: env.Now()},
			ticket.Transaction{Moves: moves, Command: caller()})
		refused, observes := "refused", gate.Observes(o.Dir)
		if observes {
			refused = "would have refused, and only observes"
		}
		if err != nil {
			say(env.errs, fmt.Errorf("%s: %w", refused, err))
		}
		sayStopped(env, refused, found)
		switch {
		case observes:
			return nil
		case err != nil:
			return exitError{exitUndecided, nil}
		case len(found) > 0:
			return exitError{exitRefused, nil}
		}
		return nil
	})
	return cmd
}

// sayStopped says which moves of refs nobody decided.
func sayStopped(env Env, refused string, found []policy.Finding) {
	for i, f := range found {
		if i == shownMoves {
			say(env.errs, fmt.Errorf("%s %d more refs: countersign log has them", refused, len(found)-i))
			break
		}
		say(env.errs, fmt.Errorf("%s %s: %s\n  next:\n    %s", refused, f.Ref, f.Detail, strings.Join(f.Next, "\n    ")))
	}
}
