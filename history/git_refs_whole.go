package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"

	"countersign/history/reftable"
)

// git for-each-ref ends with success where it leaves out refs that it can't read. What is left out may be protected, or
// somebody's withdrawal: so all that it would pass over is looked for here, and is an error.

// plainStorage is what a line of Git's configuration says of refs that are in the Git directory.
var plainStorage = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)^[^"#;]*\brefstorage\s*=\s*"?(files|reftable)"?\s*([#;].*)?$`)
})

// refsAreHere says whether refs are in a reftable, else they are in files. It fails where they are in a folder of their
// own, as git 2.54 and newer can have it. What is asked of the Git directory's files would be asked of the wrong ones.
func refsAreHere(dir string, env func(string) string) (inReftable bool, err error) {
	if at := env("GIT_REFERENCE_BACKEND"); at != "" {
		return false, fmt.Errorf("GIT_REFERENCE_BACKEND is %.200q: refs outside of the Git directory aren't supported; "+
			"run Git without it", at)
	}
	path := filepath.Join(dir, "config")
	config, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	for line := range bytes.Lines(config) {
		line = bytes.TrimSpace(line)
		if !bytes.Contains(bytes.ToLower(line), []byte("refstorage")) || line[0] == '#' || line[0] == ';' {
			continue
		}
		plain := plainStorage().FindSubmatch(line)
		if plain == nil {
			return false, fmt.Errorf("%s: %.200q: refs are supported as files or reftable in the Git directory, and nowhere "+
				"else", path, line)
		}
		inReftable = strings.EqualFold(string(plain[1]), "reftable")
	}
	return inReftable, nil
}

// tablesOf gives the reftables of a repository and of its worktree, none where refs are in files.
func tablesOf(gitDir, dir string, env func(string) string) (stacks []*reftable.Stack, err error) {
	inReftable, err := refsAreHere(dir, env)
	if err != nil || !inReftable {
		return nil, err
	}
	stacks = append(stacks, reftable.Open(filepath.Join(dir, "reftable")))
	if gitDir != dir {
		stacks = append(stacks, reftable.Open(filepath.Join(gitDir, "reftable")))
	}
	return stacks, nil
}

// whole fails where git would leave out refs that some patterns ask for, or any without a pattern.
func (g *gitNames) whole(patterns []string) error {
	for _, stack := range g.tables {
		if err := stack.Read(); err != nil {
			return fmt.Errorf("%w: refs can't be read: %w", ErrUnreadable, err)
		}
	}
	if err := foldersAreRead(g.dir, patterns); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return nil
}

// foldersAreRead fails where a folder of refs can't be read that some patterns ask for, or any without a pattern. Git
// takes it for an empty one.
func foldersAreRead(dir string, patterns []string) error {
	if len(patterns) == 0 {
		patterns = []string{"refs/"}
	}
	for _, p := range patterns {
		for at, c := range p { // the folders on the way, which must be searched for the next
			if c == '/' && at+1 < len(p) {
				if err := folderIsRead(dir, p[:at+1], false); err != nil {
					return err
				}
			}
		}
		if strings.HasSuffix(p, "/") {
			if err := folderIsRead(dir, p, true); err != nil {
				return err
			}
		}
	}
	return nil
}

// folderIsRead reads a folder, and those below it if it is to go deep.
func folderIsRead(dir, name string, deep bool) error {
	folder, err := os.Open(dir + "/" + name) // with its slash: it may be a symbolic link
	if err == nil {
		defer folder.Close()
	}
	var entries []fs.DirEntry
	if err == nil && deep {
		entries, err = folder.ReadDir(-1)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR): // packed, gone, or never there
		return nil
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("refs can't be read: %w: let the user read it that runs this", err)
	case err != nil:
		return fmt.Errorf("refs can't be read: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() || e.Type()&fs.ModeSymlink != 0 {
			if err := folderIsRead(dir, name+e.Name()+"/", true); err != nil {
				return err
			}
		}
	}
	return nil
}

// brokenRef is the error of a ref that git finds and can't read.
func (g *gitNames) brokenRef(name string) error {
	return fmt.Errorf("%w: git can't read the ref %.200q: %s is empty, damaged or not to be read: write the id into it "+
		"that it held, or remove it", ErrUnreadable, name, filepath.Join(g.dir, name))
}
