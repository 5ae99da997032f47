package walk

import (
	"context"
	"slices"

	"countersign/history"
	"countersign/policy"
)

// blobReader reads single files.
type blobReader interface {
	Blob(ctx context.Context, id history.ID) ([]byte, error)
}

const (
	shownPaths = 20 // of the findings of one landing
	shownLines = 3  // of one path
)

// ShowLines adds to the findings against a landing the lines that tell why, as far as somebody reads them. Lines are
// only shown: where they can't be read, there are none.
func ShowLines(ctx context.Context, repo blobReader, read *history.Landing, findings []policy.Finding) {
	left := shownPaths
	for i := range findings {
		f := &findings[i]
		e := entryOf(read, f.Commit)
		for j := range f.Paths {
			t := &f.Paths[j]
			if !t.Told() {
				continue
			}
			if left--; left < 0 {
				return
			}
			for _, r := range linesOf(ctx, repo, e, t.Path) {
				asked := r.Is == string(t.Shape) || slices.Contains(t.Classes, r.Is)
				if asked && len(t.Lines) < shownLines {
					t.Lines = append(t.Lines, r)
				}
			}
		}
	}
}

// AllLines gives paths that a commit of a landing changes with all the lines that tell why they have their classes and
// their shape.
func AllLines(
	ctx context.Context, repo blobReader, read *history.Landing, commit string, touched []policy.TouchedPath,
) []policy.TouchedPath {
	e := entryOf(read, commit)
	for i := range touched {
		touched[i].Lines = linesOf(ctx, repo, e, touched[i].Path)
	}
	return touched
}

// entryOf gives the commit of a landing with an id, or nil.
func entryOf(read *history.Landing, commit string) *history.Entry {
	id, err := history.ParseID(commit)
	if err != nil {
		return nil
	}
	if read.Commit.ID == id {
		return &read.Commit
	}
	for i := range read.Brought {
		if read.Brought[i].ID == id {
			return &read.Brought[i]
		}
	}
	return nil
}

// linesOf gives the lines that tell why a commit's change of a path is what it is.
func linesOf(ctx context.Context, repo blobReader, e *history.Entry, path string) []policy.Reason {
	if e == nil {
		return nil
	}
	for i := range e.Changes {
		if c := &e.Changes[i]; c.Path == path && !c.Merged && c.New.IsBlob() {
			return linesOfChange(ctx, repo, c)
		}
	}
	return nil
}

func linesOfChange(ctx context.Context, repo blobReader, c *history.Change) []policy.Reason {
	now, err := repo.Blob(ctx, c.New.ID)
	if err != nil {
		return nil
	}
	of := policy.Content{Path: c.Path, Head: now, Size: int64(len(now))}
	for _, old := range c.Old {
		if !old.IsBlob() {
			continue
		}
		before, err := repo.Blob(ctx, old.ID)
		if err != nil {
			return nil
		}
		of.Before = append(of.Before, before)
	}
	return policy.Reasons(of)
}
