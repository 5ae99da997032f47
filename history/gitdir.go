package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"countersign/history/odb"
	"countersign/internal/regular"
)

// maxPointer is how many bytes a file may have that names a Git directory.
const maxPointer = 64 << 10

// findGitDir finds the Git directory that a folder belongs to, and the one that it shares with other worktrees
// (gitrepository-layout(5)). It is found as Git finds it: of the folder, then of each one above it, what is called .git
// comes before the folder itself. For whoever writes a tree can make it look like a Git directory. Where there is none
// the error is [ErrNotFound].
func findGitDir(folder string) (gitDir, common string, err error) {
	dir, err := filepath.Abs(folder)
	if err == nil {
		_, err = os.Stat(dir) // else a repository around a mistyped name would do
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		err = NotFound(err)
	}
	if err != nil {
		return "", "", err
	}
	for at := dir; ; at = filepath.Dir(at) {
		for _, candidate := range []string{filepath.Join(at, ".git"), at} {
			if gitDir, err := gitDirAt(candidate); err != nil || gitDir != "" {
				if err == nil {
					common, err = commonDir(gitDir)
				}
				return gitDir, common, err
			}
		}
		if at == filepath.Dir(at) {
			return "", "", NotFound(fmt.Errorf("%s is not in a Git repository", dir))
		}
	}
}

// gitDirAt gives the Git directory that is there, or that a file there names, as in a linked worktree or a submodule;
// "" for none.
func gitDirAt(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR):
		return "", nil
	case err != nil:
		return "", err
	case IsGitDir(path):
		return path, nil
	case !info.Mode().IsRegular():
		return "", nil
	}
	content, err := regular.Read(path, maxPointer)
	if err != nil {
		return "", err
	}
	named, ok := strings.CutPrefix(strings.TrimRight(string(content), "\r\n"), "gitdir: ")
	if !filepath.IsAbs(named) {
		named = filepath.Join(filepath.Dir(path), named)
	}
	if !ok || !IsGitDir(named) {
		return "", NotFound(fmt.Errorf("%s leads to no Git directory", path))
	}
	return filepath.Clean(named), nil
}

// IsGitDir says whether a folder is a Git directory, a linked worktree's too: whether it has what Git asks for
// (is_git_directory in git's setup.c).
func IsGitDir(dir string) bool {
	if head, err := os.Lstat(filepath.Join(dir, "HEAD")); err != nil || head.IsDir() {
		return false
	}
	common, err := commonDir(dir)
	if err != nil {
		return false
	}
	for _, name := range []string{"objects", "refs"} {
		if info, err := os.Stat(filepath.Join(common, name)); err != nil || !info.IsDir() {
			return false
		}
	}
	return true
}

// commonDir gives what a worktree's Git directory shares with the others.
func commonDir(gitDir string) (string, error) {
	content, err := regular.Read(filepath.Join(gitDir, "commondir"), maxPointer)
	if errors.Is(err, fs.ErrNotExist) {
		return gitDir, nil
	}
	if err != nil {
		return "", err
	}
	common := strings.TrimRight(string(content), "\r\n")
	if !filepath.IsAbs(common) {
		common = filepath.Join(gitDir, common)
	}
	return common, nil
}

// quarantined lists the object directories that come before a repository's own: a quarantine's and those that it builds
// on (git-receive-pack(1), Quarantine Environment).
func quarantined(env func(string) string) (dirs []string) {
	if env == nil {
		return nil
	}
	if own := env("GIT_OBJECT_DIRECTORY"); own != "" {
		dirs = append(dirs, own)
	}
	return append(dirs, odb.Alternates(env("GIT_ALTERNATE_OBJECT_DIRECTORIES"), string(os.PathListSeparator))...)
}
