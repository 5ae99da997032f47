// Package cli is the command line: one file a command, and the one table of exit codes.
//
// [Run] is the whole of it. A new command is a file with a function that makes it, and a line in
// commands. A command writes to the streams of its [Env], reads no global state, and says how it
// ended by the error it gives: see exitError.
package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/record"
	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

// Env is what a run may know of the process it runs in. All fields must be set.
type Env struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Dir            string // the working folder, absolute
	Executable     string // this program, absolute
}

// path makes a path that the user typed absolute.
func (e Env) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
}

// commands lists what makes the commands.
func commands() []func(Env) *cobra.Command {
	return []func(Env) *cobra.Command{
		initCommand,
		installCommand,
		uninstallCommand,
		doctorCommand,
		verifyCommand,
		backtestCommand,
		explainCommand,
		approveCommand,
		exceptCommand,
		moveCommand,
		tenureCommand,
		auditCommand,
		policyCommand,
		keyringCommand,
		logCommand,
		acceptMoveCommand,
		demoCommand,
		hookCommand,
		versionCommand,
	}
}

// The exit codes. Git treats all but 0 alike; scripts and CI need not.
const (
	exitAccepted  = 0
	exitRefused   = 1
	exitUsage     = 2
	exitUndecided = 3
)

const exitTable = `
Exit codes:
  0  accepted, or done
  1  refused
  2  wrong usage, or an invalid policy
  3  undecided: something could not be read, was out of time or could not be recorded
`

// exitError ends a run with a code. Err is shown unless it is nil: then all has been said.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// usage marks an error as the user's: wrong usage or an invalid policy.
func usage(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode gives the code for what a run ended with. What no command has marked is undecided.
func exitCode(err error) int {
	var marked exitError
	switch {
	case err == nil:
		return exitAccepted
	case errors.As(err, &marked):
		return marked.code
	case errors.Is(err, history.ErrAmbiguous):
		return exitUsage
	default:
		return exitUndecided
	}
}

// Run runs one command and gives its exit code. A panic, too, ends in a code that refuses.
func Run(ctx context.Context, env Env) (code int) {
	defer func() {
		if r := recover(); r != nil {
			what := fmt.Sprintf("internal error: %v", r)
			if len(env.Args) > 0 && env.Args[0] == hookName {
				what = "refused: internal error; tell the operator of the server" // who must not see more
			}
			say(env.Stderr, errors.New(what))
			code = exitUndecided
		}
	}()
	root := rootCommand(env)
	err := root.ExecuteContext(ctx)
	code = exitCode(err)
	if said := (exitError{}); err != nil && (!errors.As(err, &said) || said.err != nil) {
		say(env.Stderr, err)
	}
	return code
}

// say writes an error, line by line and harmless to a terminal.
func say(w io.Writer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		fmt.Fprintln(w, "countersign: "+report.Escape(line))
	}
}

func rootCommand(env Env) *cobra.Command {
	root := &cobra.Command{
		Use:           "countersign",
		Short:         "Ask of every commit that wants in who stands behind it, and whether that is enough",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noneSuch,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return errors.Join(cmd.Help(), exitError{exitUsage, nil})
		},
	}
	for _, command := range commands() {
		root.AddCommand(command(env))
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	// Cobra would take the process's own arguments for nil.
	root.SetArgs(append([]string{}, env.Args...))
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		help(cmd, args)
		fmt.Fprint(cmd.OutOrStdout(), exitTable)
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error { return mistyped(cmd, err) })
	each(root, func(cmd *cobra.Command) {
		if args := cmd.Args; args != nil {
			cmd.Args = func(cmd *cobra.Command, words []string) error {
				if err := args(cmd, words); err != nil {
					return mistyped(cmd, err)
				}
				return nil
			}
		}
	})
	return root
}

func each(cmd *cobra.Command, do func(*cobra.Command)) {
	do(cmd)
	for _, sub := range cmd.Commands() {
		each(sub, do)
	}
}

// mistyped says how to get help for a command that was used wrongly.
func mistyped(cmd *cobra.Command, err error) error {
	return usage("%w\nsee: %s --help", err, cmd.CommandPath())
}

// group makes a command that only holds others.
func group(name, short string, subs ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name,
		Short: short,
		Args:  noneSuch,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return mistyped(cmd, errors.New("which of its commands?"))
		},
	}
	cmd.AddCommand(subs...)
	return cmd
}

// noneSuch refuses the name of a command that a command hasn't.
func noneSuch(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	cmd.SuggestionsMinimumDistance = 2 // what cobra itself takes
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("no such command: %q; is it %s?", args[0], strings.Join(near, " or "))
	}
	return fmt.Errorf("no such command: %q", args[0])
}

// repositoryFlag gives a command the flag that says which repository is meant.
func repositoryFlag(cmd *cobra.Command) *string {
	return cmd.Flags().StringP("repository", "C", ".", "Git `folder` of the repository, or any folder of a work tree")
}

// policyFlag gives a command the flag that says where the policy is, if not beside the repository.
func policyFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("policy", "", "`folder` of the policy, or COMMIT@FINGERPRINT that introduces the one in the tree (default: countersign in the Git directory)")
}

// open opens the gate of a repository, with the policy in a folder or, for "", beside it. See
// [gate.Open] for what an error means: there is a gate all the same.
func (e Env) open(repository, folder string, o gate.Options) (*gate.Gate, error) {
	return gate.Open(e.options(repository, folder, o))
}

func (e Env) options(repository, folder string, o gate.Options) gate.Options {
	if pinned, ok := pin(folder); ok {
		o.Introduction, folder = pinned, ""
	}
	if folder != "" {
		folder = e.path(folder)
	}
	o.Dir, o.Policy, o.Getenv, o.Now, o.Version = e.path(repository), folder, e.Getenv, e.Now, version()
	if o.Records == nil {
		o.Records = records
	}
	o.Process, o.Alive = receiver(), alive
	o.Encode = func(d policy.Decision) ([]byte, error) {
		var b bytes.Buffer
		err := report.JSON(&b, d)
		return b.Bytes(), err
	}
	return o
}

// operator is who runs a command on the server, as far as the environment says.
func (e Env) operator() record.Pusher {
	if name := e.Getenv("USER"); name != "" {
		return record.Pusher{Name: name, Source: "USER"}
	}
	return record.Pusher{}
}

// pin reads COMMIT@FINGERPRINT.
func pin(s string) (*policy.Introduction, bool) {
	commit, fingerprint, ok := strings.Cut(s, "@")
	return &policy.Introduction{Commit: commit, Fingerprint: fingerprint}, ok && strings.Trim(commit, "0123456789abcdef") == ""
}

// usable opens a gate for a command that can't do without a policy and keeps no record.
func (e Env) usable(repository, folder string, o gate.Options) (*gate.Gate, error) {
	o.Record = discard
	g, err := e.open(repository, folder, o)
	if err == nil {
		return g, nil
	}
	if errors.Is(err, gate.ErrNotConfigured) {
		err = fmt.Errorf("%w; in a clone say --policy, see --help", err)
	}
	if g.Repository() != nil {
		err = exitError{exitUsage, err}
	}
	return nil, errors.Join(err, g.Close())
}
