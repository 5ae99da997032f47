package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/history"
	"countersign/hook"
	"countersign/policy"
)

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

// former gives a command the name that it had before. It does the same, help doesn't show it, and it says where to go.
func former(name string, env Env, cmd *cobra.Command) *cobra.Command {
	now, run := cmd.Name(), cmd.RunE
	cmd.Use, cmd.Hidden = name, true
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		say(env.Stderr, fmt.Errorf("note: %s is called %s now: %s %s", cmd.CommandPath(), now, cmd.Parent().CommandPath(), now))
		return run(cmd, args)
	}
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

// pin reads COMMIT@FINGERPRINT.
func pin(s string) (*policy.Introduction, bool) {
	commit, fingerprint, ok := strings.Cut(s, "@")
	return &policy.Introduction{Commit: commit, Fingerprint: fingerprint}, ok && strings.Trim(commit, "0123456789abcdef") == ""
}

func noFormat(cmd *cobra.Command, format string) error {
	return mistyped(cmd, fmt.Errorf("no format is called %q: want text or json", format))
}

// formatFlag gives a command that reports the flag that says how.
func formatFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("format", "text", "how to print: text or json")
}

// readerFlag gives a command the flag that says what reads the repository.
func readerFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("reader", "auto", "what reads the repository: git, go-git, or auto for git if it is there")
}

func (e Env) goGit(cmd *cobra.Command, reader string) (bool, error) {
	if !slices.Contains([]string{"auto", "git", "go-git"}, reader) {
		return false, mistyped(cmd, fmt.Errorf("no reader is called %q: want git, go-git or auto", reader))
	}
	return reader == "go-git" || reader == "auto" && !history.HasGit(), nil
}

// moment reads a time; "" is the zero time.
func moment(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time: say 2026-06-01 or 2026-06-01T12:00:00Z", s)
}

func serverFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("server", "", "Git `folder` of the repository that is pushed to")
}

func dryRunFlag(cmd *cobra.Command) *bool {
	return cmd.Flags().BoolP("dry-run", "n", false, "say what would be done, and change nothing")
}

func pusherFlag(cmd *cobra.Command) *string {
	return cmd.Flags().String("pusher-from", "none", "`kind` of server that says who pushes: "+strings.Join(hook.Kinds(), ", "))
}
