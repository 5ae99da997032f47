package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/hook"
	"countersign/install"
	"countersign/policy"
	"countersign/report"
)

func hookCommand(env Env) *cobra.Command {
	return group(hookName, "What Git runs: the hooks themselves",
		preReceiveCommand(env), updateCommand(env), postReceiveCommand(env), prePushCommand(env),
		transactionCommand(env), answerCommand())
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
		Use: install.AnswerCommand, Short: "Show that this is the program that the hooks run", Hidden: true,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return exitError{install.Answer, nil} },
	}
}

// around is the environment of a hook.
func (e Env) around(pusherFrom string) hook.Environment {
	around := hook.Environment{Getenv: e.Getenv, PusherFrom: pusherFrom, Now: e.Now()}
	if pusherFrom == hook.SSH {
		around.Account, around.Owner = account(), install.Owns(e.Dir)
		if around.Owner {
			around.Login = e.login()
		}
	}
	return around
}

// maxLogin bounds what is read of how somebody logged in: a few keys.
const maxLogin = 64 << 10

// login gives what sshd says of how somebody logged in (sshd_config(5), ExposeAuthInfo), "" where it says nothing.
func (e Env) login() string {
	name := e.Getenv("SSH_USER_AUTH")
	if name == "" {
		return ""
	}
	if info, err := os.Lstat(name); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	f, err := os.Open(name)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxLogin))
	if err != nil {
		return ""
	}
	return string(text)
}

// excepted says whether the operator excepted the repository, and tells the pusher so.
func excepted(env Env) bool {
	if !install.NotJudged(env.Dir) {
		return false
	}
	env.errs.Printf("countersign: not judged: the server's operator excepted %s\n", filepath.Base(env.Dir))
	return true
}

// judge decides a request, or refuses what wasn't understood.
func judge(cmd *cobra.Command, env Env, req gate.Request, err error) error {
	if err == nil {
		return decide(cmd.Context(), env, req)
	}
	g, _ := env.open(".", place{}, gate.Options{Record: openJournal})
	defer g.Close()
	req.Received = env.Now()
	d, _ := g.NotUnderstood(cmd.Context(), req, err) // which is an error in any case
	return notUnderstood(fmt.Errorf("%w (ref: %s)", err, d.Reference))
}

func notUnderstood(err error) error {
	return exitError{exitUndecided, fmt.Errorf("refused: the hook doesn't understand what Git says: %w", err)}
}

// decide judges a push that a hook of the server understood, tells the pusher, and ends with the
// decision's exit code.
func decide(ctx context.Context, env Env, req gate.Request) error {
	// What is wrong with the policy, Judge says and records.
	g, _ := env.open(".", place{}, gate.Options{Record: openJournal, Index: openIndex})
	defer g.Close() // once decided, nothing changes it any more
	decision, err := g.Judge(ctx, req)
	if err != nil {
		decision.Verdict = policy.Refused
	}
	return tell(env, decision, err)
}

// tell shows a decision to whoever pushes. A pusher who doesn't listen any more changes nothing.
func tell(env Env, decision policy.Decision, undecided error) error {
	var o report.Options
	if env.Getenv("GL_PROTOCOL") == "web" { // GitLab's pages show no other lines of a hook ("Git server hooks")
		o.Mark = "GL-HOOK-ERR: "
	}
	_ = report.Pusher(env.Stderr, decision, o)
	switch {
	case decision.GoesOn():
		return nil
	case undecided != nil:
		return exitError{exitUndecided, nil}
	default:
		return exitError{exitRefused, nil}
	}
}
