package tarball

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"countersign/history"
)

// tree is what a commit holds.
type tree struct {
	commit     history.Commit
	files      map[string]history.Side // by path; symbolic links and submodules, too
	folders    map[string]bool
	attributes *attributes
	ignored    map[string]bool // whether git archive leaves a folder out
}

// maxAttributes bounds a .gitattributes file. Git itself reads as much as 100 MiB.
const maxAttributes = 1 << 20

var errAttributes = errors.New("what git archive makes of the tree can't be known")

// readTree reads a commit's tree with its .gitattributes.
func readTree(ctx context.Context, repo Repository, commit history.ID) (*tree, error) {
	t := &tree{
		files: make(map[string]history.Side), folders: make(map[string]bool), attributes: newAttributes(),
		ignored: make(map[string]bool),
	}
	var err error
	if t.commit, err = repo.Commit(ctx, commit); err != nil {
		return nil, err
	}
	var lists []string // .gitattributes, in Git's order
	err = repo.Files(ctx, commit, func(name string, at history.Side) error {
		t.files[name] = at
		for dir := path.Dir(name); dir != "." && !t.folders[dir]; dir = path.Dir(dir) {
			t.folders[dir] = true
		}
		// Git follows no symbolic link there (gitattributes(5)).
		if path.Base(name) == ".gitattributes" && (at.Mode == history.ModeFile || at.Mode == history.ModeExec) {
			lists = append(lists, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	byDepth(lists)
	for _, name := range lists {
		text, size, err := repo.Beginning(ctx, t.files[name].ID, maxAttributes)
		switch {
		case err != nil:
			return nil, err
		case size > maxAttributes:
			return nil, fmt.Errorf("%w: %q has %d bytes, and %d are read", errAttributes, name, size, maxAttributes)
		}
		t.attributes.add(strings.TrimSuffix(name, ".gitattributes"), text)
	}
	return t, nil
}

// exportIgnored says whether git archive leaves a path out: it, or a folder that it lies in.
func (t *tree) exportIgnored(name string) bool {
	return t.attributes.of(name, false)["export-ignore"] == isSet || t.folderIgnored(path.Dir(name))
}

func (t *tree) folderIgnored(dir string) bool {
	if dir == "." {
		return false
	}
	ignored, known := t.ignored[dir]
	if !known {
		ignored = t.folderIgnored(path.Dir(dir)) || t.attributes.of(dir, true)["export-ignore"] == isSet
		t.ignored[dir] = ignored
	}
	return ignored
}
