package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// Run runs one command and gives its exit code. A panic, too, ends in a code that refuses.
func Run(ctx context.Context, env Env) (code int) {
	stdout := &stream{Writer: env.Stdout}
	env.Stdout = stdout
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
	err := env.asOwner(root.ExecuteContext(ctx))
	env.progress.clear()
	code = exitCode(err)
	if ctx.Err() != nil && code != exitAccepted && code != exitRefused && !env.isHook() {
		code, err = exitUndecided, fmt.Errorf("broken off: %s", env.progress.far())
	}
	if said := (exitError{}); err != nil && (!errors.As(err, &said) || said.err != nil) && !stdout.excuses(err) {
		env.end(code, err)
	}
	if unwritten := env.out.Err(); unwritten != nil {
		code = max(code, exitUndecided)
		if !stdout.excuses(unwritten) && !errors.Is(err, unwritten) {
			env.end(code, unwritten)
		}
	}
	return code
}

// end says how a run ended. Its word is that of the exit code; a hook's are for who pushes.
func (e Env) end(code int, err error) {
	text := wordless(err)
	if code == exitUndecided && !e.isHook() {
		text = undecided + text
	}
	say(e.errs, errors.New(text))
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
		for _, name := range []string{"format", allCommitsName, sinceName} { // one may be of a command above it
			if flag := cmd.Flag(name); flag != nil {
				if to, ok := flag.Value.(printing); ok {
					cmd.RunE = to.within(env, cmd.RunE)
				}
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

// section is what help shows together.
type section struct {
	title    string
	commands []*cobra.Command
}

// sections gives the commands as help shows them; in each of them it sorts them by name. Where Git runs a hook, there
// are only those: to make all the others takes a twentieth of the time of a small push.
func sections(env Env) []section {
	hooks := section{"Hooks that Git runs:", []*cobra.Command{hookCommand(env)}}
	if env.isHook() {
		return []section{hooks, {title: besides}}
	}
	return []section{
		{"Judging:", []*cobra.Command{
			verifyCommand(env), tarballCommand(env), explainCommand(env), backtestCommand(env),
		}},
		{"Deciding together:", []*cobra.Command{approveCommand(env), pendingCommand(env), exceptCommand(env)}},
		{"Setting up:", []*cobra.Command{
			initCommand(env), installCommand(env), uninstallCommand(env), doctorCommand(env),
			policyCommand(env), keyringCommand(env),
		}},
		{"Reading the record:", []*cobra.Command{
			logCommand(env), tenureCommand(env), revokedCommand(env), former("audit", env, revokedCommand(env)),
		}},
		{"The operator's word:", []*cobra.Command{moveCommand(env), acceptMoveCommand(env)}},
		hooks,
		{besides, []*cobra.Command{demoCommand(env), manCommand(env), versionCommand(env)}},
	}
}

// besides is the title over what isn't about a repository.
const besides = "Besides:"
