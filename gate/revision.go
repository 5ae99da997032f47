package gate

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"countersign/history"
	"countersign/internal/refname"
	"countersign/policy"
)

// reading is what a revision names here.
type reading struct {
	commit history.ID
	name   string     // of the ref that was read, or the commit's where no ref was
	ref    string     // whose rules apply to it
	holds  history.ID // what the ref holds, where that is a protected tag; else zero
	// assumed says that the revision doesn't tell whose rules apply.
	assumed bool
}

// sameLine are the endings of a revision that lead to what the ref itself holds or held on its line of first
// parents: gitrevisions(7).
var sameLine = regexp.MustCompile(`^(@\{[0-9]+\}|~[0-9]*|\^[01]?|\^\{(commit)?\})*$`)

// read finds the commit that a revision names, and the ref whose rules apply: the branch itself, the branch that
// HEAD is on, the branch of the server that a remote-tracking name stands for, or a protected tag.
func (g *Gate) read(ctx context.Context, rev string) (r reading, err error) {
	name, rest, err := history.Named(ctx, g.repo, rev)
	if err != nil {
		return r, err
	}
	if name == "HEAD" {
		if name, err = g.repo.Symbolic(ctx, name); err != nil {
			return r, err
		}
	}
	var held history.Ref
	if name != "" {
		refs, err := g.repo.Refs(ctx, name)
		if err != nil {
			return r, err
		}
		if len(refs) == 1 {
			held = refs[0]
		}
		if held.Target != "" {
			name = held.Target
		}
	}
	if rest == "" && strings.HasPrefix(name, "refs/tags/") && g.inForce.policy.Protects(name) {
		r = reading{name: name, ref: name, holds: held.ID}
		if r.commit, err = g.tagged(ctx, held.ID); err == nil {
			return r, nil
		}
		return r, undecided(err)
	}
	if r.commit, err = g.repo.Resolve(ctx, rev); err != nil {
		return r, err
	}
	if r.name = name; rest != "" || name == "" {
		r.name = r.commit.String()
	}
	switch remote, isRemote := strings.CutPrefix(name, "refs/remotes/"); {
	case !sameLine.MatchString(rest):
	case isBranch(name):
		r.name, r.ref = name, name
	case isRemote:
		if _, branch, ok := strings.Cut(remote, "/"); ok {
			r.ref = "refs/heads/" + branch
		}
	}
	if r.ref == "" {
		r.ref, err = g.mainRef(ctx)
		r.assumed = true
	}
	return r, err
}

// tagged gives the commit that a tag leads to, zero if that isn't one.
func (g *Gate) tagged(ctx context.Context, id history.ID) (history.ID, error) {
	target, err := g.peeled(ctx, id)
	if errors.Is(err, history.ErrTooDeep) || errors.Is(err, history.ErrMalformed) {
		return history.ID{}, nil // which is a finding of the tag
	}
	if err != nil {
		return target, err
	}
	kind, err := g.repo.Kind(ctx, target)
	if err != nil || kind != "commit" {
		return history.ID{}, err
	}
	return target, nil
}

// mainRef gives the branch that most is merged into, as far as the policy tells: the one that holds the policy in
// the tree; else the first that it names in full and that exists; else the first that it names in full.
func (g *Gate) mainRef(ctx context.Context) (string, error) {
	if g.introduction != nil && g.introduction.Ref != "" {
		return g.introduction.Ref, nil
	}
	first := ""
	for _, ref := range g.inForce.policy.Protect.Refs {
		if !isBranch(ref) || strings.ContainsAny(ref, `*?[{\`) {
			continue
		}
		refs, err := g.repo.Refs(ctx, ref)
		if err != nil {
			return "", err
		}
		if len(refs) > 0 {
			return ref, nil
		}
		if first == "" {
			first = ref
		}
	}
	if first == "" {
		return "refs/heads/main", nil
	}
	return first, nil
}

// RefCalled completes the name of a ref to which a command is bound: a full name stays as it is; of a short one there
// must be one protected ref that can be called so. What the policy here doesn't protect is refused, unless
// there is none here.
func (g *Gate) RefCalled(name string) (string, error) {
	p := g.inForce.policy
	var found []string
	for _, full := range []string{"refs/heads/" + name, "refs/tags/" + name} {
		if !strings.HasPrefix(name, "refs/") && refname.Valid(full) && p.Protects(full) {
			found = append(found, full)
		}
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case len(found) > 1:
		return "", fmt.Errorf("%.200q may be %s: write the full name", name, strings.Join(found, " or "))
	case !refname.Valid(name):
		return "", fmt.Errorf("no protected ref is called %.200q: write its full name, such as refs/heads/main; "+
			"protected are %s", name, strings.Join(p.Protect.Refs, ", "))
	case g.inForce.keys != nil && !p.Protects(name):
		return "", fmt.Errorf("%.200q is not protected, so nothing is asked there; protected are %s",
			name, strings.Join(p.Protect.Refs, ", "))
	default:
		return name, nil
	}
}

// lacks says what a branch with this tip lacks of the history that trust begins with, "" for nothing. The main
// branch has to hold the introduction of the policy or, where the policy lies beside the repository, something
// of what was adopted. Any other has to share history with that: it may have left before. Beginning gives the first
// parent of the first commit that isn't adopted, zero before a root, and the tip where there is no such commit.
func (g *Gate) lacks(
	ctx context.Context, repo Repository, ref string, tip history.ID, beginning func() (history.ID, error),
) (string, error) {
	adopted, err := adoption(g.inForce.policy)
	if err != nil || len(adopted) == 0 {
		return "", err
	}
	main, err := g.mainRef(ctx)
	if err != nil {
		return "", err
	}
	if ref != main {
		if from, err := beginning(); err != nil || !from.IsZero() {
			return "", err
		}
	}
	what := "any of what was adopted: adoption.commits in the policy"
	if ref == main && g.introduction != nil {
		what = "the introduction of the policy, " + g.introduction.Commit
		adopted = adopted[len(adopted)-1:] // see policy.Since
	}
	reached, err := repo.Reaches(ctx, []history.ID{tip}, adopted)
	if err != nil {
		return "", err
	}
	if slices.Contains(reached[0], true) {
		return "", nil
	}
	return fmt.Sprintf("the history before it is gone: %s doesn't hold %s", tip, what), nil
}

// upstream gives the branch that most is merged into as a clone calls it.
func (g *Gate) upstream(ctx context.Context) string {
	main, err := g.mainRef(ctx)
	if err != nil || !isBranch(main) {
		main = "refs/heads/main"
	}
	return policy.Typed("refs/remotes/origin/" + strings.TrimPrefix(main, "refs/heads/"))
}
