// Package lineage asks a repository how commits stand to one another: what lies on whose first-parent line, where a
// range begins, and when something was made.
//
// Tenure is counted along a first-parent line, by when each commit on it landed. The receiver's clock bounded those
// times on the protected branches and nowhere else: what a branch merged has lines of its own, dated as their authors
// liked. So it matters on which line a commit lies.
//
// Nothing here knows a policy, and nothing is kept between calls or written. Each function takes the few methods of a
// repository that it asks. What can't be read is an error, but for [CameIn], which says so in its words.
package lineage

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sort"
	"strings"

	"countersign/history"
)

// FirstParents reads first-parent lines.
type FirstParents interface {
	FirstParents(ctx context.Context, tip history.ID, stop func(history.ID) bool) ([]history.ID, error)
}

// Commits reads commits.
type Commits interface {
	Kind(ctx context.Context, id history.ID) (string, error)
	Commit(ctx context.Context, id history.ID) (history.Commit, error)
}

// IsBranch says whether a ref is a branch by its name.
func IsBranch(ref string) bool { return strings.HasPrefix(ref, "refs/heads/") }

// IsTag says whether a ref is a tag by its name.
func IsTag(ref string) bool { return strings.HasPrefix(ref, "refs/tags/") }

// Branches gives those of some refs that are branches.
func Branches(refs []history.Ref) []history.Ref {
	return slices.DeleteFunc(slices.Clone(refs), func(r history.Ref) bool { return !IsBranch(r.Name) })
}

// Tips gives what refs hold, each once.
func Tips(refs []history.Ref) []history.ID {
	var tips []history.ID
	for _, r := range refs {
		if !slices.Contains(tips, r.ID) {
			tips = append(tips, r.ID)
		}
	}
	return tips
}

// Name gives the name of an object, "" for none.
func Name(id history.ID) string {
	if id.IsZero() {
		return ""
	}
	return id.String()
}

// FirstParent gives the commit that a landing goes on from; zero before a root.
func FirstParent(l *history.Landing) history.ID {
	if len(l.Commit.Parents) == 0 {
		return history.ID{}
	}
	return l.Commit.Parents[0]
}

// OnLine says whether a commit lies on the first-parent line of one of some tips.
func OnLine(ctx context.Context, repo FirstParents, commit history.ID, tips ...history.ID) (bool, error) {
	for _, tip := range tips {
		line, err := repo.FirstParents(ctx, tip, func(at history.ID) bool { return at == commit })
		if err != nil {
			return false, err
		}
		if line[len(line)-1] == commit {
			return true, nil
		}
	}
	return false, nil
}

// Landing gives the landing that brought a commit, which the tip reaches, onto the tip's first-parent line, and what
// the line held before it; zero where it begins there.
func Landing(
	ctx context.Context, repo interface {
		FirstParents
		Reaches(ctx context.Context, tips, ids []history.ID) ([][]bool, error)
	}, tip, commit history.ID,
) (landing, before history.ID, err error) {
	reaches := func(at history.ID) bool {
		by, failed := repo.Reaches(ctx, []history.ID{at}, []history.ID{commit})
		err = errors.Join(err, failed)
		return failed == nil && by[0][0]
	}
	for most := 2; ; most *= 4 { // it is most often one of the last
		seen := 0
		line, failed := repo.FirstParents(ctx, tip, func(history.ID) bool { seen++; return seen == most })
		if failed != nil {
			return landing, before, failed
		}
		if last := line[len(line)-1]; len(line) == most && reaches(last) {
			continue
		}
		i := sort.Search(len(line), func(i int) bool { return !reaches(line[i]) })
		if i < len(line) {
			before = line[i]
		}
		return line[max(0, i-1)], before, err
	}
}

// Base gives the first parent of a range's first landing: what the ref's line held before it. It is
// the tip itself where the range is empty, and zero where it begins at a root.
func Base(
	ctx context.Context, repo interface {
		Landings(ctx context.Context, r history.Range) iter.Seq2[history.Landing, error]
	}, r history.Range,
) (history.ID, error) {
	for l, err := range repo.Landings(ctx, r) {
		if err != nil {
			return history.ID{}, err
		}
		return FirstParent(&l), nil
	}
	return r.Tip, nil
}

// LastDate gives the committer date of the last commit of a first-parent line that says one, in seconds
// since 1970, or 0. Old histories hold commits that don't.
func LastDate(
	ctx context.Context, repo interface {
		FirstParents
		Commit(ctx context.Context, id history.ID) (history.Commit, error)
	}, tip history.ID,
) (int64, error) {
	var when int64
	var failed error
	_, err := repo.FirstParents(ctx, tip, func(id history.ID) bool {
		c, err := repo.Commit(ctx, id)
		if !errors.Is(err, history.ErrMalformed) {
			when, failed = c.Committer.When, err
			return true
		}
		return false
	})
	return when, errors.Join(err, failed)
}

// Committed says when a commit was made, in seconds since 1970: nobody signed a tag of it earlier, whatever
// the tag says. It is 0 for another object.
func Committed(ctx context.Context, repo Commits, id history.ID) (int64, error) {
	kind, err := repo.Kind(ctx, id)
	if err != nil || kind != "commit" {
		return 0, err
	}
	c, err := repo.Commit(ctx, id)
	return c.Committer.When, err
}

// NewestOf gives the newest date of some commits, but of those that are malformed; 0 for none.
func NewestOf(ctx context.Context, repo Commits, ids []history.ID) (newest int64, err error) {
	for _, id := range ids {
		when, err := Committed(ctx, repo, id)
		if errors.Is(err, history.ErrMalformed) {
			continue
		}
		if err != nil {
			return 0, err
		}
		newest = max(newest, when)
	}
	return newest, nil
}
