package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/attest"
	"countersign/gate/audit"
	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

func approveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approve REV",
		Short: "Stand second behind a commit and what it brings, with a signed tag",
		Long: `Shows a commit and what it brings that no protected branch has here: paths, classes, who signed, what binary
files look like and which build files name them, and at a terminal the changes in git's pager. Says whether the
approval will count, as far as the policy here tells, and signs none that can't, unless --anyway says so. Then
signs a tag of it with your own Git setup (user.signingKey, gpg.format; see git-tag(1), -s) under
refs/approvals/COMMIT/NAME, in place of an older one of yours, and prints the command that pushes it; --push
pushes it. NAME is yours in the keyring: --as, or else the setting countersign.principal of git-config(1), or
else what the policy here knows of your address.

An approval covers what a merge of REV brings. Who will push the commits as they are, without a merge, needs one
for each: --each signs them all.

With --from and --to the approval is for a move of a protected ref that loses commits: a rewind, a deleted
ref (--to is all zeros), a tag that changes what it means. The maintainers whom the quorum asks for approve the
same full ids. So one maintainer says, too, that a new protected branch is wanted (countersign explain
ref-unwanted). With --withdraw it takes an approval back that hasn't been used yet: of REV, or of a move.`,
		Args: cobra.ExactArgs(1),
	}
	repository, folder := repositoryFlag(cmd), policyFlag(cmd)
	a := approving{folder: folder}
	as := principalFlag(cmd, "as", "your `name` in the keyring")
	cmd.Flags().StringVar(&a.ref, "ref", "", "approve it for this `ref` only, as refs/heads/release/1")
	from := valued(cmd, new(fullID), "from", "let --ref move from that full `id`")
	to := valued(cmd, new(fullID), "to", "to that full `id`, of which REV is the commit, or all zeros")
	cmd.Flags().BoolVar(&a.each, "each", false, "approve each commit by itself, for a push without a merge")
	withdraw := cmd.Flags().Bool("withdraw", false, "take your approval of REV back")
	cmd.Flags().BoolVar(&a.anyway, "anyway", false, "sign it though it can't count")
	push := cmd.Flags().Bool("push", false, "push what was signed, and nothing else")
	remote := remoteFlag(cmd)
	cmd.Flags().BoolVarP(&a.yes, "yes", "y", false, "don't ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		ctx := cmd.Context()
		a.name, a.from, a.to, a.server = string(*as), string(*from), string(*to), *remote
		if moves := a.from != "" || a.to != ""; moves && (a.from == "" || a.to == "" || a.ref == "") {
			return mistyped(cmd, errors.New("--from and --to want each other, and --ref, which says what is moved"))
		}
		g, err := env.usable(*repository, *folder, gate.Options{Draft: true})
		if err != nil {
			return err
		}
		defer g.Close()
		a.userRepo = userRepo{env, env.path(*repository)}
		if a.ref != "" {
			if a.ref, err = g.RefCalled(a.ref); err != nil {
				return usage("--ref: %v", err)
			}
		}
		if *push { // before anything is signed
			if _, err := a.remote(ctx, *remote); err != nil {
				return err
			}
		}
		switch {
		case a.from != "":
			err = a.approveMove(ctx, g, args[0], *withdraw)
		case *withdraw:
			err = a.withdraw(ctx, g, args[0])
		default:
			err = a.approve(ctx, g, args[0])
		}
		if err != nil {
			return err
		}
		return a.handOver(ctx, *remote, *push)
	}
	return cmd
}

// approving is an approval in the making.
type approving struct {
	signing
	folder *place // of the policy
	server string // the remote that was said
	ref    string
	from   string
	to     string
	each   bool
	anyway bool
}

func (a *approving) approve(ctx context.Context, g *gate.Gate, rev string) error {
	commit, commits, err := g.Coverage(ctx, rev)
	if err != nil {
		return a.notHere(ctx, err)
	}
	if len(commits) == 0 {
		return usage("%s is on a protected branch already: there is nothing to approve", rev)
	}
	if err := a.whoAmI(ctx, g.Policy()); err != nil {
		return err
	}
	a.env.out.Printf("%s would stand second behind %s:\n", a.name, report.Count(len(commits), "commit"))
	shown := covered{a.userRepo, g.Policy(), commits}
	shown.show(ctx)
	if err := a.weigh(ctx, commit, commits); err != nil {
		return err
	}
	if !a.yes {
		if err := shown.read(ctx); err != nil {
			return err
		}
	}
	if err := a.confirm(commit); err != nil {
		return err
	}
	if !a.each {
		return a.signApproval(ctx, g, commit)
	}
	for i := range commits {
		id, err := history.ParseID(commits[i].ID)
		if err != nil {
			return err
		}
		if err := a.signApproval(ctx, g, id); err != nil {
			return err
		}
	}
	return nil
}

// notHere says of what couldn't be found that it may have to be fetched.
func (a *approving) notHere(ctx context.Context, err error) error {
	if !errors.Is(err, history.ErrNotFound) {
		return err
	}
	return usage("%v\nif it is on the server, fetch it: git fetch --tags %s", err, a.remoteOr(ctx, a.server))
}

func (a *approving) signApproval(ctx context.Context, g *gate.Gate, commit history.ID) error {
	message := fmt.Sprintf("Approve %s\n", commit)
	if a.ref != "" {
		message += "\n" + attest.RefLine + a.ref + "\n"
	}
	return a.sign(ctx, g, policy.Approves, commit, message)
}

func (a *approving) withdraw(ctx context.Context, g *gate.Gate, rev string) error {
	commit, err := g.Repository().Resolve(ctx, rev)
	if err != nil {
		return a.notHere(ctx, err)
	}
	if err := a.whoAmI(ctx, g.Policy()); err != nil {
		return err
	}
	return a.sign(ctx, g, policy.Withdraws, commit, fmt.Sprintf("Withdraw the approval of %s\n", commit))
}

// approveMove signs an approval of what Git calls a non-fast-forward update, or a deletion, or one in its place
// that approves nothing.
func (a *approving) approveMove(ctx context.Context, g *gate.Gate, rev string, withdraw bool) error {
	commit, err := g.Repository().Resolve(ctx, rev)
	if err != nil {
		return a.notHere(ctx, err)
	}
	if err := a.whoAmI(ctx, g.Policy()); err != nil {
		return err
	}
	if withdraw {
		if _, err := a.git(ctx, "update-ref", "-d", policy.Moves.Ref(commit.String(), a.name)); err != nil {
			return err
		}
		return a.sign(ctx, g, policy.Moves, commit, fmt.Sprintf("Withdraw the approval of a move of %s\n", a.ref))
	}
	if g.Keyring() != nil {
		if why := g.Policy().Powerless(a.name, false); why != "" && !a.anyway {
			return cannotCount(why)
		}
	}
	a.env.out.Printf("%s would let %s move\n  from %s\n  to   %s\n", a.name, a.ref, a.from, a.to)
	if err := a.confirm(commit); err != nil {
		return err
	}
	return a.sign(ctx, g, policy.Moves, commit,
		fmt.Sprintf("Approve a move of %s\n\n%s%s\n%s%s %s\n", a.ref, attest.RefLine, a.ref, attest.MoveLine, a.from, a.to))
}

// cannotCount says why nothing is signed.
func cannotCount(why string) error {
	return exitError{exitRefused, fmt.Errorf("nothing was signed, as it can't count: %s\n"+
		"to sign it all the same: --anyway", why)}
}

// weigh says whether an approval will count, as far as the policy here tells. One that can't is an error.
func (a *approving) weigh(ctx context.Context, commit history.ID, commits []policy.Commit) error {
	out := a.env.out
	g, err := a.seenFrom(ctx, *a.folder, a.server)
	if err != nil {
		a.cannotTell(err)
		return nil
	}
	defer g.Close()
	weighed, ref, err := g.Auditor().Weigh(ctx, commit, a.ref, policy.Approval{
		Ref: a.ref, When: a.env.Now().Unix(),
		Signature: policy.Signature{
			Status: policy.StatusGood, Principal: a.name, Kind: g.Policy().Signatures.Kinds[0],
		},
	})
	if err != nil {
		a.cannotTell(err)
		return nil
	}
	why := cmp.Or(g.Policy().Powerless(a.name, true), cannotSign(g.Keyring().List(), a.name, a.env.Now()))
	if why != "" && !a.anyway {
		return cannotCount(why)
	}
	counts, reasons := a.told(weighed, ref)
	why = cmp.Or(why, a.useless(g, commits))
	if why == "" && !counts && len(reasons) > 0 {
		why = strings.Join(reasons, "; ")
	}
	switch {
	case why != "" && !counts && !a.anyway:
		return cannotCount(why)
	case why != "" && !counts:
		out.Printf("it can't count: %s\n", why)
	case len(weighed) == 0:
		out.Printf("nothing on %s asks for another approval of it, by the policy here\n", ref)
	}
	return nil
}

// cannotTell says why nobody knows here whether an approval will count.
func (a *approving) cannotTell(err error) {
	lead := "whether it will count can't be told here: "
	for line := range strings.SplitSeq(err.Error(), "\n") {
		a.env.out.Printf("%s%s\n", lead, line)
		lead = "  "
	}
}

// told says what an approval will do, once for all commits where that is the same. Counts says whether it counts for
// any; else there are the reasons why it doesn't.
func (a *approving) told(weighed []audit.Weighed, ref string) (counts bool, reasons []string) {
	type effect struct {
		asks   string
		counts bool
		why    string
	}
	var effects []effect
	commits := make(map[effect][]string)
	for _, w := range weighed {
		e := effect{cmp.Or(w.Rule, string(w.Code)), w.Counts, w.Why}
		if commits[e] == nil {
			effects = append(effects, e)
		}
		commits[e] = append(commits[e], w.Commit)
		counts = counts || w.Counts
	}
	for _, e := range effects {
		what := fmt.Sprintf("%.10s", commits[e][0])
		if n := len(commits[e]) - 1; n > 0 {
			what += " and " + report.Count(n, "other")
		}
		if e.counts {
			a.env.out.Printf("it counts for %s on %s: %s\n", what, ref, e.asks)
			continue
		}
		a.env.out.Printf("it doesn't count for %s on %s: %s: %s\n", what, ref, e.asks, e.why)
		if !slices.Contains(reasons, e.why) {
			reasons = append(reasons, e.why)
		}
	}
	return counts, reasons
}

// useless says why an approval would help nobody whatever is asked, "" if it may help.
func (a *approving) useless(g *gate.Gate, commits []policy.Commit) string {
	word := policy.Attestation{Kind: policy.Approves, Principal: a.name, For: a.ref}
	if tip := &commits[len(commits)-1]; len(commits) == 1 && len(tip.Parents) < 2 {
		if author, service := g.Policy().Author(tip); service == "" { // what is attested its author may approve
			word.Author = author
		}
	}
	return g.Policy().Ineffective(word)
}
