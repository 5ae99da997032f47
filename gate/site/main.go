package site

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
)

// reacher says what commits reach.
type reacher interface {
	Reaches(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
	ReachesSurely(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
}

// MainRef gives the branch that most is merged into, as far as the policy tells: the one that holds the policy in
// the tree; else the first that it names in full and that exists; else the first that it names in full.
func (s *Site) MainRef(ctx context.Context) (string, error) {
	if s.InTree() && s.Source.Introduction.Ref != "" {
		return s.Source.Introduction.Ref, nil
	}
	first := ""
	for _, ref := range s.Rules().Protect.Refs {
		if !lineage.IsBranch(ref) || strings.ContainsAny(ref, `*?[{\`) {
			continue
		}
		refs, err := s.Refs(ctx, ref)
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

// Lacks says what a branch with this tip lacks of the history that trust begins with, "" for nothing. The main
// branch has to hold the introduction of the policy or, where the policy lies beside the repository, something
// of what was adopted. Any other has to share history with that: it may have left before. Beginning gives the first
// parent of the first commit that isn't adopted, zero before a root, and the tip where there is no such commit.
func (s *Site) Lacks(
	ctx context.Context, repo reacher, ref string, tip history.ID, beginning func() (history.ID, error),
) (string, error) {
	adopted, err := s.InForce.Adopted()
	if err != nil || len(adopted) == 0 {
		return "", err
	}
	main, err := s.MainRef(ctx)
	if err != nil {
		return "", err
	}
	if ref != main {
		if from, err := beginning(); err != nil || !from.IsZero() {
			return "", err
		}
	}
	what := "any of what was adopted: adoption.commits in the policy"
	if ref == main && s.InTree() {
		what = "the introduction of the policy, " + s.Source.Introduction.Commit
		adopted = adopted[len(adopted)-1:] // see policy.Since
	}
	reached, err := repo.Reaches(ctx, []history.ID{tip}, adopted)
	if err != nil {
		return "", err
	}
	if !slices.Contains(reached[0], true) { // as a commit-graph has it, which may be damaged
		reached, err = repo.ReachesSurely(ctx, []history.ID{tip}, adopted)
	}
	if err != nil || slices.Contains(reached[0], true) {
		return "", err
	}
	return fmt.Sprintf("the history before it is gone: %s doesn't hold %s", tip, what), nil
}

// Upstream gives the branch that most is merged into as a clone calls it.
func (s *Site) Upstream(ctx context.Context) string {
	main, err := s.MainRef(ctx)
	if err != nil || !lineage.IsBranch(main) {
		main = "refs/heads/main"
	}
	return policy.Typed("refs/remotes/origin/" + strings.TrimPrefix(main, "refs/heads/"))
}
