package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/history"
	"countersign/hook"
	"countersign/policy"
)

func prePushCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pre-push REMOTE LOCATION",
		Short: "Judge before pushing, as git-push's pre-push hook",
		Long: `Judges what is about to be pushed to protected branches as the server would, so that a refusal comes
before the upload. The server decides all the same, and alone about tags, deletes, rewinds and dates.
The policy is read from a folder beside the clone, or from the one that --policy names; nothing is
recorded. See githooks(5), pre-push.`,
		Args: cobra.ExactArgs(2),
	}
	folder := policyFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		req, err := hook.PrePush(env.Stdin, args, env.around(""))
		if err != nil {
			return notUnderstood(err)
		}
		if len(req.Updates) == 0 {
			return nil
		}
		g, err := env.usable(".", *folder, gate.Options{})
		if err != nil {
			return err
		}
		defer g.Close()
		decision, err := foresee(cmd.Context(), g, req)
		if err != nil {
			return err
		}
		return tell(env, decision, nil)
	}
	return cmd
}

// foresee judges what a push would land on protected branches.
func foresee(ctx context.Context, g *gate.Gate, req gate.Request) (policy.Decision, error) {
	var d policy.Decision
	for _, u := range req.Updates {
		r := policy.RefDecision{Ref: u.Name, Old: u.Old.String(), New: u.New.String(), Protected: g.Policy().Protects(u.Name)}
		if r.Protected && !u.New.IsZero() && strings.HasPrefix(u.Name, "refs/heads/") {
			if err := foreseeBranch(ctx, g, u, &r, &d); err != nil {
				return policy.Decision{}, err
			}
		}
		d.Refs = append(d.Refs, r)
	}
	if len(d.Findings) == 0 {
		d.Verdict = policy.Accepted
	}
	return d, nil
}

func foreseeBranch(
	ctx context.Context, g *gate.Gate, u history.RefUpdate, r *policy.RefDecision, d *policy.Decision,
) error {
	what := u.New.String()
	if !u.Old.IsZero() {
		what = u.Old.String() + ".." + what
	}
	audits, err := g.Audits(ctx, what, false)
	if err != nil {
		return fmt.Errorf("%s: %w (git fetch may help)", u.Name, err)
	}
	for _, a := range audits {
		a.Ref = u.Name
		if err := judgeLanded(ctx, g, a, r, d); err != nil {
			return err
		}
	}
	return nil
}
