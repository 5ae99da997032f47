package install

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Repositories finds the Git directories in a folder and the folders below, sorted by name. It fails where it can't
// look into one: a repository that nobody sees has no gate.
func Repositories(folder string) ([]string, error) {
	var found []string
	folder, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, err
	}
	err = filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.Type()&fs.ModeSymlink != 0 && isRepository(path):
			path, err = filepath.EvalSymlinks(path)
			found = append(found, path)
			return err
		case entry.Type()&fs.ModeSymlink != 0 && isFolder(path):
			return fmt.Errorf("%s is a link to a folder, whose repositories would be overlooked: say --all for that folder, "+
				"or have the file system mount it here", path)
		case entry.IsDir() && isRepository(path):
			found = append(found, path)
		case entry.IsDir() && slices.Contains(gitsFolders, entry.Name()) && isRepository(filepath.Dir(path)):
			return fs.SkipDir
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("there is no Git directory in %s", folder)
	}
	slices.Sort(found)
	return slices.Compact(found), nil
}

// gitsFolders are those of a Git directory in which no repository is looked for (gitrepository-layout(5)).
var gitsFolders = []string{"objects", "refs", "hooks", "logs", "info", "worktrees", "modules", policyFolder}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// Excepted says whether a repository isn't judged: the operator excepted it, or its server writes to it by itself,
// unsigned, and no hook of ours is there yet. Name is the repository's in the folder of all.
func (f *Facts) Excepted(name string) bool {
	switch {
	case f.NotJudged:
		return true
	case f.pre.origin() == ours:
		return false
	}
	switch f.Kind {
	case Gitolite:
		return name == "gitolite-admin.git"
	case giteaKind, gitlabKind:
		return strings.HasSuffix(name, ".wiki.git")
	default:
		return false
	}
}
