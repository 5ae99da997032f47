package inforce

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"countersign/gate/lineage"
	"countersign/history"
	"countersign/policy"
	"countersign/verify"
)

// Line is what stands before the next landing of a first-parent line.
type Line struct {
	InForce *Policy
	// Arrival is that of what comes next, as far as it is known before that says when it lands.
	Arrival verify.Arrival
	Ref     string // that the line is judged for, "" where nothing is judged

	folder history.ID // what the tree there has in the place of the policy, zero for nothing
}

// LineAt gives the line that ends with a commit.
func (s *Source) LineAt(ctx context.Context, repo Folders, commit history.ID) (Line, error) {
	p, err := s.At(ctx, repo, commit)
	at := Line{InForce: p}
	if err == nil && p != s.First { // which stands where the tree has none
		at.folder = p.folder
	}
	return at, err
}

// Trees is what [Amendments] ask of a repository. It is asked while landings are being read.
type Trees interface {
	Folders
	lineage.FirstParents
	Refs(ctx context.Context, patterns ...string) ([]history.Ref, error)
}

// Amendments says what landings make of the policy in the tree.
type Amendments struct {
	Source *Source
	Repo   Trees
}

// InTree says whether there may be any.
func (a Amendments) InTree() bool { return a.Source.Introduction != nil }

// Of says what a landing makes of the policy in the tree, nil for nothing, and gives the policy that stands after
// it if nothing is found against the landing, nil for the same as before. What counts is the folder's tree, whatever
// way it came to be what it is: each landing's is compared with the one before. An invalid policy changes nothing:
// the landing is refused for it.
func (a Amendments) Of(ctx context.Context, at *Line, l *history.Landing) (*policy.Amended, *Policy, error) {
	if !a.InTree() || l.Commit.Watched == at.folder {
		return nil, nil, nil
	}
	at.folder = l.Commit.Watched
	if at.folder == at.InForce.folder {
		return nil, nil, nil
	}
	folder, err := a.Repo.Folder(ctx, l.Commit.ID, policy.Folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		problem := "it takes " + policy.Folder + " away, and nobody could say any more who may do what"
		return &policy.Amended{Problem: problem}, nil, nil
	case errors.Is(err, history.ErrMalformed), errors.Is(err, history.ErrLimit):
		return &policy.Amended{Problem: err.Error()}, nil, nil
	case err != nil:
		return nil, nil, err
	}
	next, err := a.Source.fromTree(folder)
	if err != nil {
		return &policy.Amended{Problem: err.Error()}, nil, nil
	}
	if follows, err := a.follows(ctx, at, l, folder.ID); err != nil || follows {
		return nil, next, err
	}
	return &policy.Amended{Policy: next.Rules, Same: a.same(ctx, l)}, next, nil
}

// same gives the commits of a landing that have the policy that it leads to, and those that they began with.
func (a Amendments) same(ctx context.Context, l *history.Landing) map[string]bool {
	folders := make(map[history.ID]history.ID, len(l.Brought))
	for i := range l.Brought {
		folders[l.Brought[i].ID] = l.Brought[i].Watched
	}
	same := map[string]bool{l.Commit.ID.String(): true}
	for i := range l.Brought {
		for _, id := range append(slices.Clone(l.Brought[i].Parents), l.Brought[i].ID) {
			if _, known := folders[id]; !known {
				if there, err := a.Repo.Folder(ctx, id, policy.Folder); err == nil {
					folders[id] = there.ID
				} else {
					folders[id] = history.ID{}
				}
			}
			if folders[id] == l.Commit.Watched {
				same[id.String()] = true
			}
		}
	}
	return same
}

// follows says whether a merge onto another branch takes over, as it is, the policy of the branch that holds it:
// the one in force where it lands now, and else one that the merged commit had there. Nobody is asked twice.
func (a Amendments) follows(ctx context.Context, at *Line, l *history.Landing, folder history.ID) (bool, error) {
	holder := a.Source.Introduction.Ref
	if at.Ref == "" || at.Ref == holder || holder == "" || len(l.Commit.Parents) < 2 ||
		at.Arrival.Now() && folder != a.Source.today.folder {
		return false, nil
	}
	refs, err := a.Repo.Refs(ctx, holder)
	if err != nil || len(refs) == 0 {
		return false, err
	}
	for _, parent := range l.Commit.Parents[1:] {
		there, err := a.Repo.Folder(ctx, parent, policy.Folder)
		if err != nil || there.ID != folder {
			continue
		}
		if on, err := lineage.OnLine(ctx, a.Repo, parent, refs[0].ID); err != nil || on {
			return on, err
		}
	}
	return false, nil
}
