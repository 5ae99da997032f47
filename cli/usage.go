package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"countersign/history"
	"countersign/hook"
	"countersign/report"
)

// mistyped says how to get help for a command that was used wrongly.
func mistyped(cmd *cobra.Command, err error) error {
	return usage("%w\nsee: %s --help", err, cmd.CommandPath())
}

// flagError words what is wrong with a flag: all alike where a value isn't one that it takes.
func flagError(cmd *cobra.Command, err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return mistyped(cmd, err)
	}
	flag, word, cause := invalid.GetFlag(), invalid.GetValue(), invalid.Unwrap()
	if flag.Value.Type() == "bool" {
		cause = errors.New("want true or false")
	}
	if word == "" || strings.ContainsAny(word, " \t\r\n") {
		word = strconv.Quote(word)
	}
	return mistyped(cmd, fmt.Errorf("--%s %s: %w", flag.Name, word, cause))
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

// former gives a command the name that it had before. It does the same, help doesn't show it, and it says where to go.
func former(name string, env Env, cmd *cobra.Command) *cobra.Command {
	now, run := cmd.Name(), cmd.RunE
	cmd.Use, cmd.Hidden = name, true
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		say(env.errs, fmt.Errorf("note: %s is called %s now: %s %s",
			cmd.CommandPath(), now, cmd.Parent().CommandPath(), now))
		return run(cmd, args)
	}
	return cmd
}

// formerFlag gives a command a flag that it had before in place of a format. Help doesn't show it, and it says where to
// go.
func formerFlag(env Env, cmd *cobra.Command, name string, format *outputs) {
	cmd.Flags().BoolFunc(name, "", func(word string) error {
		wanted, err := strconv.ParseBool(word)
		if err == nil && wanted {
			say(env.errs, fmt.Errorf("note: --%s is --format %s now", name, name))
			err = format.Set(name)
		}
		return err
	})
	_ = cmd.Flags().MarkHidden(name)
}

// valued gives a command a flag of which a wrong word is noticed while flags are parsed, and which the shell completes.
func valued[V pflag.Value](cmd *cobra.Command, value V, name, usage string) V {
	cmd.Flags().Var(value, name, usage)
	complete := cobra.NoFileCompletions
	switch v := any(value).(type) {
	case *choice:
		complete = cobra.FixedCompletions(v.words, cobra.ShellCompDirectiveNoFileComp)
	case *outputs:
		complete = cobra.FixedCompletions(v.words, cobra.ShellCompDirectiveNoFileComp)
	case *place:
		complete = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)
	}
	_ = cmd.RegisterFlagCompletionFunc(name, complete) // there is the flag
	return value
}

// repositoryFlag gives a command the flag that says which repository is meant.
func repositoryFlag(cmd *cobra.Command) *string {
	const name = "repository"
	dir := cmd.Flags().StringP(name, "C", ".", "Git `folder` of the repository, or any folder of a work tree")
	_ = cmd.MarkFlagDirname(name)
	return dir
}

// inherit gives flags of a command to those below it as well.
func inherit(cmd *cobra.Command, names ...string) {
	for _, name := range names {
		cmd.PersistentFlags().AddFlag(cmd.Flags().Lookup(name))
	}
}

// serverFlag gives a command the flag that says which repository on a server is meant: there is no default.
func serverFlag(cmd *cobra.Command) *string {
	const name = "server"
	dir := cmd.Flags().String(name, "", "Git `folder` of the repository that is pushed to")
	_ = cmd.MarkFlagDirname(name)
	return dir
}

// allFlag gives a command the flag that says that all repositories in a folder are meant.
func allFlag(cmd *cobra.Command) *string {
	const name = "all"
	dir := cmd.Flags().String(name, "", "`folder` of which each repository is meant, however deep it lies")
	_ = cmd.MarkFlagDirname(name)
	return dir
}

// errWhichRepository says that a command wants one of serverFlag, allFlag and localFlag.
var errWhichRepository = errors.New("which repository? --server FOLDER, --all FOLDER for each in it, " +
	"or --local for the clone that this is run in")

// oneOf says whether just one of some flags was given.
func oneOf(given ...bool) bool {
	n := 0
	for _, g := range given {
		if g {
			n++
		}
	}
	return n == 1
}

// localFlag gives a command the flag that says that the clone is meant in which it is run.
func localFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("local", false, "the hook of the clone that this is run in")
}

// remoteFlag gives a command the flag that says which remote is the server.
func remoteFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("remote", "", "the `name` of the server's remote (default: the one that the branch here "+
		"follows, else the only one)")
}

func dryRunFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().BoolP("dry-run", "n", false, "say what would be done, and change nothing")
}

// policyFlag gives a command the flag that says where the policy is, if not beside the repository.
func policyFlag(cmd *cobra.Command) *place {
	return valued(cmd, &place{}, "policy", "`folder` of the policy, or COMMIT@FINGERPRINT that introduces the one in the "+
		"tree (default: countersign in the Git directory)")
}

// formatFlag gives a command that prints a listing the flag that says how: as text, as JSON, or as else it can.
func formatFlag(cmd *cobra.Command, others ...string) *outputs {
	words := append([]string{"text", "json", "jsonl"}, others...)
	return valued(cmd, printedIn(words...), "format", "how to print: "+report.List(words, "or")+"; with =FILE into a "+
		"file. May be given several times")
}

// readerFlag gives a command the flag that says what reads the repository.
func readerFlag(cmd *cobra.Command) *choice {
	return valued(cmd, chosen("auto", "git", "go-git"), "reader",
		"what reads the repository: git, go-git, or auto for git if it is there")
}

// goGit says whether the second reader is to read.
func (c *choice) goGit() bool { return c.word == "go-git" || c.word == "auto" && !history.HasGit() }

// claimedFlag gives a command the flag that takes unsigned history for signed.
func claimedFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().Bool("claimed", false, "take committers for signers, and everybody for a maintainer")
}

// pusherFlag gives a hook the flag that installation fixes. It takes any word: one that isn't a kind of server refuses
// the push, which is recorded.
func pusherFlag(cmd *cobra.Command) *string {
	const name = "pusher-from"
	kind := cmd.Flags().String(name, "none", "`kind` of server that says who pushes: "+strings.Join(hook.Kinds(), ", "))
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(hook.Kinds(), cobra.ShellCompDirectiveNoFileComp))
	return kind
}

// commonFlag gives a hook the flag by which installation says whose policy judges: that of many repositories.
func commonFlag(cmd *cobra.Command) *string {
	const name = "policy-folder"
	dir := cmd.Flags().String(name, "", "`folder` of the policy by which many repositories are judged")
	_ = cmd.MarkFlagDirname(name)
	return dir
}

// principalFlag gives a command a flag that names a principal.
func principalFlag(cmd *cobra.Command, name, usage string) *principal {
	return valued(cmd, new(principal), name, usage)
}
