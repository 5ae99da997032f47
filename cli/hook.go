package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/ticket"
	"countersign/hook"
	"countersign/install"
)

const hookName = "hook"

func hookCommand(env Env) *cobra.Command {
	return group(hookName, "What Git runs: the hooks themselves",
		preReceiveCommand(env), updateCommand(env), postReceiveCommand(env), prePushCommand(env), transactionCommand(env), answerCommand())
}

func preReceiveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pre-receive",
		Short: "Judge a push, as git-receive-pack's pre-receive hook",
		Long: `Reads the ref updates of a push from standard input, judges them by the policy of the repository in
the working folder, records the decision and tells the pusher. See githooks(5), pre-receive.`,
		Args: cobra.NoArgs,
	}
	from := pusherFlag(cmd)
	answered(cmd, func(cmd *cobra.Command, _ []string) error {
		req, err := hook.PreReceive(env.Stdin, env.around(*from))
		return judge(cmd, env, req, err)
	})
	return cmd
}

func postReceiveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "post-receive",
		Short: "Record what Git made of a push, as git-receive-pack's post-receive hook",
		Long: `Reads the ref updates that were made from standard input and records them beside the decisions, so that
"countersign log audit" can tell what was decided from what was done. It refuses nothing: by now it is
done. See githooks(5), post-receive.`,
		Args: cobra.NoArgs,
	}
	from := pusherFlag(cmd)
	answered(cmd, func(cmd *cobra.Command, _ []string) error {
		req, err := hook.PreReceive(env.Stdin, env.around(*from)) // the same lines
		if err != nil {
			return notUnderstood(err)
		}
		g, _ := env.open(".", "", gate.Options{Record: openJournal}) // what was done is recorded all the same
		defer g.Close()
		ticket.In(g.GitDir()).Remove(receiver())
		return g.Applied(cmd.Context(), req)
	})
	return cmd
}

func updateCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "update REF OLD NEW",
		Short: "Judge one ref of a push, as git-receive-pack's update hook",
		Long: `Judges one ref update, for servers that leave only the update hook to their users. Prefer
pre-receive, which sees the whole push before anything is taken in, and can tell what is new in it: a branch
that only a pattern protects may not be made by new commits here until somebody says that it is wanted
(countersign explain ref-unwanted). See githooks(5), update.

An empty program ends with 0, too, so let the hook wait for an answer that only this one gives:

    #!/bin/sh
    countersign hook update --answer "$@"
    [ $? = 41 ]`,
		Args: cobra.ExactArgs(3),
	}
	from := pusherFlag(cmd)
	answered(cmd, func(cmd *cobra.Command, args []string) error {
		req, err := hook.Update(args, env.around(*from))
		return judge(cmd, env, req, err)
	})
	return cmd
}

// answered gives a hook's command the flag with which install's script asks for a status of its own in place of 0:
// the shell runs an empty file, too, and ends with 0.
func answered(cmd *cobra.Command, run func(*cobra.Command, []string) error) {
	answer := cmd.Flags().Bool("answer", false, "end with the exit code that the hook's script waits for, in place of 0")
	_ = cmd.Flags().MarkHidden("answer")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		err := run(cmd, args)
		if err == nil && *answer {
			return exitError{install.Answer, nil}
		}
		return err
	}
}

// answerCommand does nothing but answer, so that install and doctor can tell whether a program is this one.
func answerCommand() *cobra.Command {
	return &cobra.Command{
		Use: install.AnswerCommand, Short: "Show that this is the program that the hooks run", Hidden: true, Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return exitError{install.Answer, nil} },
	}
}

func pusherFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("pusher-from", "none", "`kind` of server that says who pushes: "+strings.Join(hook.Kinds(), ", "))
}

// around is the environment of a hook.
func (e Env) around(pusherFrom string) hook.Environment {
	return hook.Environment{Getenv: e.Getenv, PusherFrom: pusherFrom, Now: e.Now()}
}

// judge decides a request, or refuses what wasn't understood.
func judge(cmd *cobra.Command, env Env, req gate.Request, err error) error {
	if err == nil {
		return decide(cmd.Context(), env, req)
	}
	g, _ := env.open(".", "", gate.Options{Record: openJournal})
	defer g.Close()
	req.Received = env.Now()
	d, _ := g.NotUnderstood(cmd.Context(), req, err) // which is an error in any case
	return notUnderstood(fmt.Errorf("%w (ref: %s)", err, d.Reference))
}

func notUnderstood(err error) error {
	return exitError{exitUndecided, fmt.Errorf("refused: the hook doesn't understand what Git says: %w", err)}
}
