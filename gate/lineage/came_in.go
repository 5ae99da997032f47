package lineage

import (
	"context"
	"strings"

	"countersign/history"
)

// maxNamed is how many commits that came in past the hook are named.
const maxNamed = 5

// CameIn says what came in past the hook since a ref was known to have a value: its commits, the newest first.
func CameIn(
	ctx context.Context, repo interface {
		FirstParents
		Kind(ctx context.Context, id history.ID) (string, error)
		Tag(ctx context.Context, id history.ID) (history.Tag, error)
		Reaches(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
	}, known, now history.ID,
) string {
	if now.IsZero() {
		return "it was deleted"
	}
	if kind, err := repo.Kind(ctx, now); err != nil || kind != "commit" {
		return "the object was judged by nobody"
	}
	const unread = "what came in can't be read"
	seen := 0
	line, err := repo.FirstParents(ctx, now, func(id history.ID) bool {
		seen++
		return id == known || seen > maxNamed
	})
	if err != nil {
		return unread
	}
	judged := make([]bool, len(line))
	commit, _, err := history.Peel(ctx, repo, known, nil)
	if err != nil {
		commit = known
	}
	if kind, err := repo.Kind(ctx, commit); err == nil && kind == "commit" {
		reached, err := repo.Reaches(ctx, []history.ID{commit}, line)
		if err != nil {
			return unread
		}
		judged = reached[0]
	}
	var names []string
	for i, id := range line {
		if judged[i] {
			break
		}
		if len(names) == maxNamed {
			names = append(names, "and more")
			break
		}
		names = append(names, id.String())
	}
	switch {
	case len(names) == 0 && commit != known:
		return "the object was judged by nobody"
	case len(names) == 0:
		return "commits that were judged are gone"
	}
	return "judged by nobody: " + strings.Join(names, ", ")
}
