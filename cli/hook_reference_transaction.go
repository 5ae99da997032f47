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
		if err != nil {
			return exitError{exitUndecided, fmt.Errorf("refused: %w", err)}
		}
		if len(found) == 0 {
			return nil
		}
		for i, f := range found {
			if i == shownMoves {
				say(env.errs, fmt.Errorf("refused %d more refs: countersign log has them", len(found)-i))
				break
			}
			say(env.errs, fmt.Errorf("refused %s: %s\n  next: %s", f.Ref, f.Detail, strings.Join(f.Next, "\n        ")))
		}
		return exitError{exitRefused, nil}
	})
	return cmd
}
