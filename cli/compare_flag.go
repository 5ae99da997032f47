package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/policy"
)

// mostCompared is how many policies stand side by side at most.
const mostCompared = 6

// rivalWords are the policies that a flag names: profiles or folders, with commas between them (pflag.Value).
type rivalWords struct{ words []string }

// compareFlag gives a command the flag that names policies to compare. Without a value it means the profiles.
func compareFlag(cmd *cobra.Command) *rivalWords {
	const name = "compare"
	words := new(rivalWords)
	cmd.Flags().Var(words, name, "the built-in profiles side by side, instead of the policy's rules; or with =`A,B` "+
		"others: profiles, or folders of a policy")
	cmd.Flags().Lookup(name).NoOptDefVal = strings.Join(policy.Profiles(), ",")
	_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(policy.Profiles(), cobra.ShellCompDirectiveDefault))
	return words
}

func (w *rivalWords) String() string { return strings.Join(w.words, ",") }
func (*rivalWords) Type() string     { return "policies" }

func (w *rivalWords) Set(text string) error {
	if text == "false" { // as for the flag without a value that this was
		w.words = nil
		return nil
	}
	if text == "true" {
		text = strings.Join(policy.Profiles(), ",")
	}
	words := strings.Split(text, ",")
	for i, word := range words {
		if word == "" || slices.Contains(words[:i], word) {
			return errors.New("want different profiles or folders with a comma between them, as calm,./policy")
		}
	}
	if len(words) > mostCompared {
		return fmt.Errorf("want %d at most", mostCompared)
	}
	w.words = words
	return nil
}

// misplaced says where a value stands behind the flag and not beside it, and was taken for a range.
func (w *rivalWords) misplaced(env Env, spec string) error {
	if w.words == nil {
		return nil
	}
	for word := range strings.SplitSeq(spec, ",") {
		_, err := env.draft(word)
		if err != nil && !slices.Contains(policy.Profiles(), word) {
			return nil
		}
	}
	return fmt.Errorf("%s names policies: write --compare=%[1]s; for a branch of that name refs/heads/%[1]s", spec)
}
