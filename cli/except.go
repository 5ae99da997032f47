package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/attest"
	"countersign/policy"
	"countersign/report"
)

func exceptCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "except REV --reason TEXT",
		Short: "Sign an exception: let a commit pass for a time, whatever the rules say of it",
		Long: `Signs a tag under refs/exceptions/COMMIT/NAME that lets a commit and what it brings pass although rules refuse
it or nobody in the keyring signed it. It counts when as many maintainers as the quorum asks for have signed
one each, and until it expires. What passed so is in the journal, and in every report of the server until
somebody has looked at it: countersign log review. There is no other way past the rules.

Of a commit that has landed past the rules, it says that it may stand: countersign verify then says so in a note.`,
		Args: cobra.ExactArgs(1),
	}
	repository, folder := repositoryFlag(cmd), policyFlag(cmd)
	var s signing
	as := principalFlag(cmd, "as", "your `name` in the keyring")
	reason := cmd.Flags().String("reason", "", "why, in a `sentence`: it is shown to everybody")
	expires := valued(cmd, &span{24 * time.Hour, policy.MaxException}, "expires", "for how `long` it counts")
	cmd.Flags().BoolVarP(&s.yes, "yes", "y", false, "don't ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if strings.TrimSpace(*reason) == "" || strings.ContainsAny(*reason, "\r\n") {
			return mistyped(cmd, errors.New("--reason wants one line that says why"))
		}
		g, err := env.usable(*repository, *folder, gate.Options{Draft: true})
		if err != nil {
			return err
		}
		defer g.Close()
		s = signing{userRepo: userRepo{env, env.path(*repository)}, name: string(*as), yes: s.yes}
		commit, commits, err := g.Coverage(cmd.Context(), args[0])
		if err != nil {
			return err
		}
		landed := len(commits) == 0
		if landed {
			if commits, err = g.LandedCoverage(cmd.Context(), commit); err != nil {
				return err
			}
		}
		if len(commits) == 0 {
			return usage("%s was there before adoption: nobody judges it", args[0])
		}
		if err := s.whoAmI(cmd.Context(), g.Policy()); err != nil {
			return err
		}
		until := env.Now().Add(expires.Duration).UTC().Format(time.RFC3339)
		env.out.Printf("%s would let %s pass:\n", s.name, report.Count(len(commits), "commit"))
		covered{s.userRepo, g.Policy(), commits}.show(cmd.Context())
		if landed {
			env.out.Printf("it has landed, and would stand because: %s\n", *reason)
		} else {
			env.out.Printf("it may pass until %s, because: %s\n", until, *reason)
		}
		if err := s.confirm(commit); err != nil {
			return err
		}
		message := fmt.Sprintf("Exception for %s\n\n%s%s\n%s%s\n",
			commit, attest.ReasonLine, *reason, attest.ExpiresLine, until)
		if err := s.sign(cmd.Context(), g, policy.Excepts, commit, message); err != nil {
			return err
		}
		return s.handOver(cmd.Context(), "", false)
	}
	return cmd
}
