package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/gate/attest"
	"countersign/history"
	"countersign/policy"
	"countersign/report"
)

func approveCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "approve REV",
		Short: "Stand second behind a commit and what it brings, with a signed tag",
		Long: `Shows a commit and what it brings that no protected branch has here: paths, classes, who signed. Then
signs a tag of it with your own Git setup (user.signingKey, gpg.format; see git-tag(1), -s) under
refs/approvals/COMMIT/NAME, and prints the command that pushes it. NAME is yours in the keyring: --as,
or else the setting countersign.principal of git-config(1), or else what the policy here knows of your
address.

An approval covers what a merge of REV brings. Who will push the commits as they are, without a merge, needs one
for each: --each signs them all.

With --from and --to the approval is for a move of a protected ref that loses commits: a rewind, a deleted
ref (--to is all zeros), a tag that changes what it means. The maintainers whom the quorum asks for approve the
same full ids. So one maintainer says, too, that a new protected branch is wanted (countersign explain
ref-unwanted). With --withdraw it takes an approval back that hasn't been used yet: of REV, or of a move.`,
		Args: cobra.ExactArgs(1),
	}
	repository, folder := repositoryFlag(cmd), policyFlag(cmd)
	a := approving{env: env}
	as := principalFlag(cmd, "as", "your `name` in the keyring")
	cmd.Flags().StringVar(&a.ref, "ref", "", "approve it for this `ref` only, as refs/heads/release/1")
	from := valued(cmd, new(fullID), "from", "let --ref move from that full `id`")
	to := valued(cmd, new(fullID), "to", "to that full `id`, of which REV is the commit, or all zeros")
	cmd.Flags().BoolVar(&a.each, "each", false, "approve each commit by itself, for a push without a merge")
	withdraw := cmd.Flags().Bool("withdraw", false, "take your approval of REV back")
	cmd.Flags().BoolVarP(&a.yes, "yes", "y", false, "don't ask")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		a.name, a.from, a.to = string(*as), string(*from), string(*to)
		if moves := a.from != "" || a.to != ""; moves && (a.from == "" || a.to == "" || a.ref == "") {
			return mistyped(cmd, errors.New("--from and --to want each other, and --ref, which says what is moved"))
		}
		g, err := env.usable(*repository, *folder, gate.Options{Draft: true})
		if err != nil {
			return err
		}
		defer g.Close()
		a.dir = env.path(*repository)
		if a.ref != "" {
			if a.ref, err = g.RefCalled(a.ref); err != nil {
				return usage("--ref: %v", err)
			}
		}
		switch {
		case a.from != "":
			return a.approveMove(cmd.Context(), g, args[0], *withdraw)
		case *withdraw:
			return a.withdraw(cmd.Context(), g, args[0])
		default:
			return a.approve(cmd.Context(), g, args[0])
		}
	}
	return cmd
}

// approving is an approval in the making.
type approving struct {
	env  Env
	dir  string
	name string
	ref  string
	from string
	to   string
	yes  bool
	each bool
}

func (a *approving) approve(ctx context.Context, g *gate.Gate, rev string) error {
	commit, covered, err := g.Coverage(ctx, rev)
	if err != nil {
		return err
	}
	if len(covered) == 0 {
		return usage("%s is on a protected branch already: there is nothing to approve", rev)
	}
	if a.name, err = a.whoAmI(ctx, g.Policy()); err != nil {
		return err
	}
	a.show(g.Policy(), covered)
	if !a.yes && !a.confirmed(commit) {
		return exitError{exitRefused, errors.New("nothing was signed")}
	}
	sign := func(commit history.ID) error {
		message := fmt.Sprintf("Approve %s\n", commit)
		if a.ref != "" {
			message += "\n" + attest.RefLine + a.ref + "\n"
		}
		return a.sign(ctx, g, policy.Approves, commit, message)
	}
	if !a.each {
		return sign(commit)
	}
	for i := range covered {
		id, err := history.ParseID(covered[i].ID)
		if err != nil {
			return err
		}
		if err := sign(id); err != nil {
			return err
		}
	}
	a.env.out.Printf("or all at once: git push origin '%[1]s*:%[1]s*'\n", "refs/"+string(policy.Approves)+"/")
	return nil
}

func (a *approving) withdraw(ctx context.Context, g *gate.Gate, rev string) error {
	commit, err := g.Repository().Resolve(ctx, rev)
	if err != nil {
		return usage("%v", err)
	}
	if a.name, err = a.whoAmI(ctx, g.Policy()); err != nil {
		return err
	}
	return a.sign(ctx, g, policy.Withdraws, commit, fmt.Sprintf("Withdraw the approval of %s\n", commit))
}

// approveMove signs an approval of what Git calls a non-fast-forward update, or a deletion, or one in its place
// that approves nothing.
func (a *approving) approveMove(ctx context.Context, g *gate.Gate, rev string, withdraw bool) error {
	commit, err := g.Repository().Resolve(ctx, rev)
	if err != nil {
		return usage("%v", err)
	}
	if a.name, err = a.whoAmI(ctx, g.Policy()); err != nil {
		return err
	}
	if withdraw {
		if _, err := a.git(ctx, "update-ref", "-d", policy.Moves.Ref(commit.String(), a.name)); err != nil {
			return err
		}
		return a.sign(ctx, g, policy.Moves, commit, fmt.Sprintf("Withdraw the approval of a move of %s\n", a.ref))
	}
	a.env.out.Printf("%s would let %s move\n  from %s\n  to   %s\n", a.name, a.ref, a.from, a.to)
	if !a.yes && !a.confirmed(commit) {
		return exitError{exitRefused, errors.New("nothing was signed")}
	}
	return a.sign(ctx, g, policy.Moves, commit,
		fmt.Sprintf("Approve a move of %s\n\n%s%s\n%s%s %s\n", a.ref, attest.RefLine, a.ref, attest.MoveLine, a.from, a.to))
}

// whoAmI finds the name under which the keyring knows the user.
func (a *approving) whoAmI(ctx context.Context, p *policy.Policy) (string, error) {
	name := a.name
	if name == "" {
		out, err := a.git(ctx, "config", "--get", "countersign.principal")
		if err == nil {
			name = strings.TrimSpace(out)
		}
	}
	if name == "" {
		_, email, err := a.ident(ctx)
		if err != nil {
			return "", err
		}
		if q := p.ByEmail(email); q != nil {
			name = q.Name
		}
	}
	if name == "" {
		return "", usage("who are you in the keyring? say --as NAME, or once and for all: " +
			"git config --global countersign.principal NAME")
	}
	if !policy.ValidName(name) {
		return "", usage("%q is no principal's name: want %s", name, policy.NameRule)
	}
	return name, nil
}

// ident gives the name and the address that git commits with.
func (a *approving) ident(ctx context.Context) (name, email string, err error) {
	out, err := a.git(ctx, "var", "GIT_COMMITTER_IDENT")
	name, rest, _ := strings.Cut(out, "<")
	email, _, _ = strings.Cut(rest, ">")
	return strings.TrimSpace(name), email, err
}

// shownPaths bounds the paths shown of one commit.
const shownPaths = 30

func (a *approving) show(p *policy.Policy, covered []policy.Commit) {
	out := a.env.out
	out.Printf("%s would stand second behind %s:\n", a.name, report.Count(len(covered), "commit"))
	for i := range covered {
		c := &covered[i]
		out.Printf("\n%.10s  %s\n", c.ID, c.Subject)
		signer := "signature not checked: no keyring here"
		switch {
		case c.Signature.Status == "good":
			signer = "signed by " + c.Signature.Principal
			if author, service := p.Author(c); service != "" {
				signer = fmt.Sprintf("%s's, attested by %s", author, service)
			}
		case c.Signature.Status != "":
			signer = "signature " + c.Signature.Status
		}
		out.Printf("  committer %s <%s>, %s\n", c.Committer.Name, c.Committer.Email, signer)
		for j, ch := range c.Changes {
			if j == shownPaths {
				out.Printf("  and %d more: git show --stat %.10s\n", len(c.Changes)-j, c.ID)
				break
			}
			classes := strings.Join(p.Classes.Of(ch), ", ")
			if classes != "" {
				classes = ", " + classes
			}
			out.Printf("  %s  (%s%s)\n", ch.Path, ch.Kind(), classes)
		}
	}
	out.Printf("\n")
}

func (a *approving) confirmed(commit history.ID) bool {
	a.env.out.Printf("have you looked at every one of them (git show %.10s)? yes or no: ", commit)
	line, err := bufio.NewReader(a.env.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "yes" || line == "y"
}

// sign makes the tag as git tag -s does, under a name of its own, sees whether it will count, moves it to where
// attestations live, and says how to push it. One's own word that is there already and counts stays if it says
// the same: it may have been relied on. Any other makes place.
func (a *approving) sign(
	ctx context.Context, g *gate.Gate, kind policy.AttestationKind, commit history.ID, message string,
) error {
	ref, name := kind.Ref(commit.String(), a.name), kind.Tag(commit.String(), a.name)
	push := ref
	if out, err := a.git(ctx, "rev-parse", "--verify", "--quiet", ref); err == nil {
		id, err := history.ParseID(strings.TrimSpace(out))
		if err != nil {
			return err
		}
		if g.Stands(ctx, kind, commit, a.name, id) == nil && g.Says(ctx, id) == message {
			return usage("%s is there already, at %s, and says the same\nto push it: git push origin %s", ref, id, ref)
		}
		push = "+" + ref
	}
	if kind == policy.Moves { // it may stand in place of another
		push = "+" + ref
	}
	if _, err := a.git(ctx, "tag", "-s", "-f", "-m", message, name, commit.String()); err != nil {
		return err
	}
	made, err := a.made(ctx, g, kind, commit, name)
	if err == nil {
		_, err = a.git(ctx, "update-ref", ref, made)
	}
	_, derr := a.git(ctx, "tag", "-d", name)
	if err := errors.Join(err, derr); err != nil {
		return err
	}
	a.env.out.Printf("signed %s\nnow: git push origin %s\n", ref, push)
	return nil
}

// made gives the id of the tag that git made, if it counts: some versions of git end well though what signs failed, and
// leave a tag without a signature.
func (a *approving) made(
	ctx context.Context, g *gate.Gate, kind policy.AttestationKind, commit history.ID, name string,
) (string, error) {
	out, err := a.git(ctx, "rev-parse", "--verify", "--quiet", "refs/tags/"+name)
	if err != nil {
		return "", err
	}
	id, err := history.ParseID(strings.TrimSpace(out))
	if err != nil {
		return "", err
	}
	if err := g.Stands(ctx, kind, commit, a.name, id); err != nil {
		return "", exitError{exitRefused, fmt.Errorf("nothing was signed: the tag that git made doesn't count: %w\n"+
			"try the key that git config user.signingKey names: git tag -s -m test NAME && git tag -v NAME", err)}
	}
	return id.String(), nil
}

// git runs git as the user, who may be asked for a passphrase.
func (a *approving) git(ctx context.Context, args ...string) (string, error) {
	var out, said bytes.Buffer
	err := history.Command{
		Dir: a.dir, Args: append([]string{"git"}, args...), Stdin: a.env.Stdin, Stdout: &out, Stderr: &said,
	}.Run(ctx)
	if err != nil {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out.String(), err
}
