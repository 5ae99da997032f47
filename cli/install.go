package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"countersign/gate"
	"countersign/history"
	"countersign/hook"
	"countersign/install"
	"countersign/policy"
)

func installCommand(env Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "install --server FOLDER",
		Short: "Put the hooks in place",
		Long: `Puts hooks into a repository on a server, beside a first policy and a folder for keys: pre-receive
judges each push, post-receive records what Git made of it. A hook that is there already is kept and
runs as well. What is in place is left alone, a policy above
all; run it again after moving the program. Run it as the user who owns the repository.

The history that the protected refs have today is not judged: the first policy names their tips. What they
hold is recorded in the journal, so that the first push to each is compared with that; run again, this
adds those that the journal doesn't know yet.
Nobody is named in it yet, so every push to a protected ref is refused until you do.`,
		Args: cobra.NoArgs,
	}
	server := serverFlag(cmd)
	kind := valued(cmd, chosen(hook.Kinds()...), "kind",
		"`kind` of server, which says who pushes and where hooks are: "+strings.Join(hook.Kinds(), ", "))
	introduction := valued(cmd, new(pin), "introduction",
		"`COMMIT@FINGERPRINT` that introduces a policy in the tree: the commit that brings it, and the key that signed that")
	guard := cmd.Flags().Bool("guard", false,
		"put in the hook, too, that stops what moves protected refs beside a push (default for --kind gitea)")
	branch := cmd.Flags().String("branch", "refs/heads/main",
		"full name of the `branch` that holds the policy in the tree")
	dry := dryRunFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if *server == "" {
			return mistyped(cmd, errors.New("which repository? install --server FOLDER"))
		}
		wanted := install.Server{
			Program: env.Executable, Kind: kind.word, Introduction: introduction.file(*branch), Guard: *guard,
		}
		if !cmd.Flags().Changed("guard") {
			wanted.Guard = kind.word == "gitea"
		}
		return installServer(cmd.Context(), env, env.path(*server), wanted, *dry)
	}
	return cmd
}

func installServer(ctx context.Context, env Env, dir string, wanted install.Server, dry bool) error {
	kind, introduction := wanted.Kind, wanted.Introduction
	facts, err := install.Look(ctx, dir, kind)
	if err != nil {
		return err
	}
	if _, err := install.PlanServer(facts, wanted); err != nil {
		return exitError{exitRefused, err}
	}
	switch {
	case facts.HasPolicy:
		wanted.Protected = protectedNow(env, facts)
	case introduction == "":
		wanted.Protected = protecting(facts.Head).ProtectedPrefixes()
		if wanted.Policy, err = firstPolicy(ctx, env, facts); err != nil {
			return fmt.Errorf("no first policy could be made: %w", err)
		}
	}
	plan, err := install.PlanServer(facts, wanted)
	if err != nil {
		return err
	}
	if err := carryOut(env, plan, dry); err != nil || dry {
		return err
	}
	if err := baseline(ctx, env, facts.GitDir); err != nil {
		return fmt.Errorf("what the protected refs hold couldn't be recorded: %w", err)
	}
	switch {
	case facts.HasPolicy:
	case introduction != "":
		env.out.Printf("next: push the branch that holds the introduction\n")
	default:
		env.out.Printf("next: name the maintainers in countersign/policy.toml, then run countersign policy check\n")
	}
	if facts, err = install.Look(ctx, dir, kind); err != nil {
		return err
	}
	for _, fault := range install.Check(facts) {
		say(env.errs, errors.New("beware: "+fault))
	}
	return nil
}

// baseline records what the protected refs hold. What is wrong with the policy, doctor says.
func baseline(ctx context.Context, env Env, dir string) error {
	// Nobody may be named yet.
	g, _ := env.open(dir, place{}, gate.Options{Record: openJournal, Draft: true, Keyless: true})
	defer g.Close()
	return g.Baseline(ctx, gate.Request{Received: env.Now(), Pusher: env.operator()})
}

// protectedNow gives what the guard of a repository with a policy is to look at, see [install.Server.Protected].
func protectedNow(env Env, facts install.Facts) []string {
	// What can't be read may protect anything.
	g, _ := env.open(facts.GitDir, place{}, gate.Options{Record: discard, Keyless: true})
	defer g.Close()
	return guarded(g)
}

// guarded gives what a guard is to look at for the policy in force.
func guarded(g *gate.Gate) []string {
	if g.Policy() == nil || g.PolicyInTree() {
		return nil
	}
	return g.Policy().ProtectedPrefixes()
}

// errUncovered says that the policy has changed since the guard was put in.
var errUncovered = errors.New(
	"the guard's hook doesn't look at all that the policy protects: countersign install --guard again")

// file gives the text of introduction.toml for a pin, "" for none.
func (p *pin) file(branch string) string {
	if p.Introduction == nil {
		return ""
	}
	return fmt.Sprintf(introductionText, policy.Folder, policy.FloorFile, p.Commit, p.Fingerprint, branch)
}

const introductionText = `# The policy lies in the tree, in %s/, from this commit on. What it reaches is not judged;
# it must be signed by this key, and each later policy was let in by the one before. %s beside this
# file can bound it.
commit = %q
fingerprint = %q
ref = %q
`

// carryOut shows a plan and, unless that was all, applies it.
func carryOut(env Env, plan install.Plan, dry bool) error {
	if len(plan.Steps) == 0 {
		env.out.Printf("nothing to do\n")
		return nil
	}
	for _, step := range plan.Steps {
		env.out.Printf("%s\n", step)
	}
	if dry {
		env.out.Printf("nothing was changed\n")
		return nil
	}
	return install.Apply(plan)
}

// firstPolicy makes the policy that an installation begins with. It protects what is protected by
// default and the branch that HEAD names, and takes what these have today for granted.
func firstPolicy(ctx context.Context, env Env, facts install.Facts) (string, error) {
	p := protecting(facts.Head)
	g, err := env.open(facts.GitDir, place{}, gate.Options{Record: discard})
	if g.Repository() == nil {
		return "", err
	}
	defer g.Close()
	tips, err := protectedTips(ctx, g.Repository(), p)
	if err != nil {
		return "", err
	}
	adopted, err := summits(ctx, g.Repository(), tips)
	return install.StarterPolicy(p.Protect.Refs, adopted), err
}

// protecting gives the default policy, which protects the branch that HEAD names as well.
func protecting(head string) *policy.Policy {
	p := policy.Default()
	if strings.HasPrefix(head, "refs/heads/") && !p.Protects(head) && !strings.ContainsAny(head, `*?[]{}\`) {
		p.Protect.Refs = append([]string{head}, p.Protect.Refs...)
	}
	return p
}

// protectedTips gives the commits that the protected refs hold, branches before tags.
func protectedTips(ctx context.Context, repo gate.Repository, p *policy.Policy) ([]history.ID, error) {
	refs, err := repo.Refs(ctx) // sorted by name
	if err != nil {
		return nil, err
	}
	var tips []history.ID
	for _, ref := range refs {
		if !p.Protects(ref.Name) {
			continue
		}
		id := ref.ID
		kind, err := repo.Kind(ctx, id)
		for ; err == nil && kind == "tag"; kind, err = repo.Kind(ctx, id) {
			tag, err := repo.Tag(ctx, id)
			if err != nil {
				return nil, err
			}
			id = tag.Target
		}
		if err != nil {
			return nil, err
		}
		if kind == "commit" && !slices.Contains(tips, id) {
			tips = append(tips, id)
		}
	}
	return tips, nil
}

// summits leaves out the commits that one before them reaches.
func summits(ctx context.Context, repo gate.Repository, commits []history.ID) ([]string, error) {
	reached, err := repo.Reaches(ctx, commits, commits)
	if err != nil {
		return nil, err
	}
	var kept []string
	for i, id := range commits {
		if !slices.ContainsFunc(reached[:i], func(by []bool) bool { return by[i] }) {
			kept = append(kept, id.String())
		}
	}
	return kept, nil
}
