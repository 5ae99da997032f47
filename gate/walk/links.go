package walk

import (
	"context"
	"slices"

	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
)

// A symbolic link shows a file under another path, and whoever changes the file changes what stands there. So the
// links of each landing's tree are known when it is judged: those before the range from the cache or by reading
// the tree whole, each later landing's by what it changes.

// linkReader reads the symbolic links of a commit's tree that differ from another's.
type linkReader interface {
	Links(ctx context.Context, commit, since history.ID) ([]history.Link, error)
}

// Shown are the changed paths of a landing that links show elsewhere.
type Shown map[string]shownAt

type shownAt struct {
	also     []string
	anywhere bool
}

// LinksAt reads the symbolic links of a commit's tree.
func LinksAt(ctx context.Context, repo linkReader, commit history.ID) (*policy.Links, error) {
	links := policy.NewLinks(nil)
	if commit.IsZero() { // before a root
		return links, nil
	}
	return links, FollowLinks(ctx, repo, links, commit, history.ID{})
}

// FollowLinks brings links up to date with a commit's tree, given those of another.
func FollowLinks(ctx context.Context, repo linkReader, links *policy.Links, commit, since history.ID) error {
	found, err := repo.Links(ctx, commit, since)
	for _, l := range found {
		links.Set(l.Path, l.Target)
	}
	return err
}

// shownBy brings links up to date with a landing, and says which of the paths that it changes they show elsewhere.
// A merge may have links from its other parents that no commit of the landing made; where a range is only counted,
// that is left out.
func shownBy(
	ctx context.Context, repo linkReader, links *policy.Links, l *history.Landing, counted bool,
) (Shown, error) {
	all := append(slices.Clone(l.Brought), l.Commit)
	isLink := func(s history.Side) bool { return s.Mode == history.ModeSymlink }
	changed := slices.ContainsFunc(all, func(e history.Entry) bool {
		return slices.ContainsFunc(e.Changes, func(c history.Change) bool {
			return isLink(c.New) || slices.ContainsFunc(c.Old, isLink)
		})
	})
	if changed || len(l.Commit.Parents) > 1 && !counted {
		if err := FollowLinks(ctx, repo, links, l.Commit.ID, lineage.FirstParent(l)); err != nil {
			return nil, err
		}
	}
	if len(links.Targets()) == 0 {
		return nil, nil
	}
	var found Shown
	for _, e := range all {
		for _, c := range e.Changes {
			also, more := links.Shown(c.Path)
			if also == nil {
				continue
			}
			if found == nil {
				found = make(Shown)
			}
			found[c.Path] = shownAt{also, more}
		}
	}
	return found, nil
}
