// Package cli is the command line, and the one table of exit codes. [Run] is the whole of it.
//
// Each command that help shows is in the file that has its name: log compare in log_compare.go. A new one is a file
// with a function that makes it, and a word in sections or in the function of the command above it. What several
// commands need is in the files that aren't named after one: usage.go has the flags, values.go what they take.
//
// A command prints by the printers of its [Env], takes arguments, variables and the time from there, and says how it
// ended by the error that it gives: see exitError. Of the process it runs in it asks besides only who its parents are
// (process.go) and what it was built from (version.go). Programs that it starts for the user are found by the process's
// variables and have them; the demonstration's folder is where the process keeps temporary files.
package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/audit"
	"countersign/gate/record"
	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

// Env is what a run may know of the process it runs in. All exported fields must be set.
type Env struct {
	Args           []string // without the program's name
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	Dir            string // the working folder, absolute
	Executable     string // this program, absolute

	out, errs *report.Printer // to Stdout and Stderr; Run sets them
}

// printing gives an Env with its printers.
func (e Env) printing() Env {
	e.out, e.errs = report.NewPrinter(e.Stdout), report.NewPrinter(e.Stderr)
	return e
}

// path makes a path that the user typed absolute.
func (e Env) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(e.Dir, name)
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
  2  wrong usage or configuration, as an unknown revision or an invalid policy
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

// usage marks an error as the user's: wrong usage, or a wrong configuration.
func usage(format string, args ...any) error {
	return exitError{exitUsage, fmt.Errorf(format, args...)}
}

// exitCode gives the code for what a run ended with. What no command has marked is undecided, unless it is about what
// the user named.
func exitCode(err error) int {
	var marked exitError
	switch {
	case err == nil:
		return exitAccepted
	case errors.As(err, &marked):
		return marked.code
	}
	for _, theirs := range []error{history.ErrAmbiguous, history.ErrNotFound, audit.ErrQuestion, gate.ErrNoGuard} {
		if errors.Is(err, theirs) {
			return exitUsage
		}
	}
	return exitUndecided
}

// Run runs one command and gives its exit code. A panic, too, ends in a code that refuses.
func Run(ctx context.Context, env Env) (code int) {
	env = env.printing()
	defer func() {
		if r := recover(); r != nil {
			what := fmt.Sprintf("internal error: %v", r)
			if env.isHook() {
				what = "refused: internal error; tell the operator of the server" // who must not see more
			}
			say(env.errs, errors.New(what))
			code = exitUndecided
		}
	}()
	root := rootCommand(env)
	err := root.ExecuteContext(ctx)
	code = exitCode(err)
	if said := (exitError{}); err != nil && (!errors.As(err, &said) || said.err != nil) {
		env.end(code, err)
	}
	if err := env.out.Err(); err != nil {
		code = max(code, exitUndecided)
		env.end(code, err)
	}
	return code
}

// isHook says whether it is Git that runs this: who reads what it says is who pushes.
func (e Env) isHook() bool { return len(e.Args) > 0 && e.Args[0] == hookName }

// end says how a run ended. Its word is that of the exit code; a hook's are for who pushes.
func (e Env) end(code int, err error) {
	text := wordless(err)
	if code == exitUndecided && !e.isHook() {
		text = undecided + text
	}
	say(e.errs, errors.New(text))
}

// undecided is how errors begin that were marked below.
var undecided = gate.ErrUndecided.Error() + ": "

// wordless gives the text of an error without that mark: the exit code says it.
func wordless(err error) string {
	lines := strings.Split(err.Error(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(line, undecided)
	}
	return strings.Join(lines, "\n")
}

// say writes an error, line by line and harmless to a terminal.
func say(p *report.Printer, err error) {
	for line := range strings.SplitSeq(err.Error(), "\n") {
		p.Printf("countersign: %s\n", line)
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
	for _, s := range sections(env) {
		root.AddGroup(&cobra.Group{ID: s.title, Title: s.title})
		for _, cmd := range s.commands {
			cmd.GroupID = s.title
			root.AddCommand(cmd)
		}
	}
	root.SetHelpCommandGroupID(besides)
	root.SetCompletionCommandGroupID(besides)
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	// Cobra would take the process's own arguments for nil.
	root.SetArgs(append([]string{}, env.Args...))
	help := root.HelpFunc()
	root.SetHelpFunc(func(cmd *cobra.Command, args []string) {
		help(cmd, args)
		env.out.Own(exitTable)
	})
	root.SetFlagErrorFunc(flagError)
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

// open opens the gate of a repository, with the policy in a place. See [gate.Open] for what an error means: there is a
// gate all the same. One about a policy that could be read is the user's.
func (e Env) open(repository string, policy place, o gate.Options) (*gate.Gate, error) {
	g, err := gate.Open(e.options(repository, policy, o))
	unread := g.Repository() == nil || errors.Is(err, fs.ErrPermission) ||
		errors.Is(err, history.ErrUnreadable) && !errors.Is(err, history.ErrMissing)
	if err != nil && !unread {
		err = exitError{exitUsage, err}
	}
	return g, err
}

func (e Env) options(repository string, at place, o gate.Options) gate.Options {
	if at.folder != "" {
		o.Policy = e.path(at.folder)
	}
	o.Dir, o.Introduction, o.Getenv, o.Now, o.Version = e.path(repository), at.pin.Introduction, e.Getenv, e.Now, version()
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

// list prints a listing in the wanted format: a value as JSON, or what text prints.
func (e Env) list(format *choice, value any, text func(*report.Printer)) {
	if format.word == "json" {
		e.out.Document(value)
		return
	}
	text(e.out)
}

// operator is who runs a command on the server, as far as the environment says.
func (e Env) operator() record.Pusher {
	if name := e.Getenv("USER"); name != "" {
		return record.Pusher{Name: name, Source: "USER"}
	}
	return record.Pusher{}
}

// usable opens a gate for a command that can't do without a policy and keeps no record.
func (e Env) usable(repository string, policy place, o gate.Options) (*gate.Gate, error) {
	if err := e.isFolder(policy.folder); err != nil {
		return nil, err
	}
	o.Record = discard
	g, err := e.open(repository, policy, o)
	if err == nil {
		return g, nil
	}
	if errors.Is(err, gate.ErrNotConfigured) {
		err = fmt.Errorf("%w; in a clone say --policy, see --help\nlooked for in %s", err, g.PolicyDir())
	}
	return nil, errors.Join(err, g.Close())
}
