package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"

	"countersign/history/odb"
)

// layout is where a repository keeps its things: gitrepository-layout(5).
type layout struct {
	gitDir    string   // of this worktree: HEAD and a few refs
	commonDir string   // of all worktrees: refs, objects, config
	objects   []string // object directories, in the order they are asked
}

// findLayout finds the repository of a folder, and refuses what this reader can't read, by name.
func findLayout(dir string, env func(string) string) (l layout, err error) {
	if l.gitDir, l.commonDir, err = findGitDir(dir); err != nil {
		return layout{}, err
	}
	if err := checkFormat(l.commonDir); err != nil {
		return layout{}, err
	}
	if err := checkComplete(l.commonDir); err != nil {
		return layout{}, err
	}
	if l.objects, err = objectDirs(l.commonDir, env); err != nil {
		return layout{}, err
	}
	return l, nil
}

// checkFormat refuses repositories whose config says that they are stored in a way this reader
// doesn't know: git-config(1), core.repositoryFormatVersion and extensions.*.
func checkFormat(dir string) error {
	path := filepath.Join(dir, "config")
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var cfg config.Config
	if err := config.NewDecoder(bytes.NewReader(content)).Decode(&cfg); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if v := cfg.Section("core").Option("repositoryformatversion"); v != "" && v != "0" && v != "1" {
		return fmt.Errorf("%s: repository format version %q: this reader knows 0 and 1", path, v)
	}
	for _, ext := range cfg.Section("extensions").Options {
		known := true
		switch strings.ToLower(ext.Key) {
		case "noop", "noop-v1", "preciousobjects", "worktreeconfig", "relativeworktrees":
		case "objectformat":
			known = strings.EqualFold(ext.Value, "sha1")
		case "refstorage":
			known = strings.EqualFold(ext.Value, "files")
		default:
			known = false
		}
		if !known {
			return fmt.Errorf("%s: extensions.%s = %q: this reader can't read that (SHA-256 objects, reftable refs "+
				"and partial clones are among what it can't); where the git program is, the other reader can",
				path, ext.Key, ext.Value)
		}
	}
	for _, remote := range cfg.Section("remote").Subsections {
		switch strings.ToLower(remote.Option("promisor")) {
		case "false", "no", "off", "0":
			continue
		}
		if remote.HasOption("promisor") {
			return fmt.Errorf("%s: remote %q is a promisor: a partial clone can't be judged; clone it without a filter",
				path, remote.Name)
		}
	}
	return nil
}

// checkComplete refuses repositories that don't have all history, or another than was written.
func checkComplete(dir string) error {
	if _, err := os.Stat(filepath.Join(dir, "reftable")); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s keeps its refs in a reftable, which this reader can't read: use the git program", dir)
	}
	promised, err := filepath.Glob(filepath.Join(dir, "objects", "pack", "*.promisor"))
	if err != nil {
		return err
	}
	if len(promised) > 0 {
		return fmt.Errorf("%s: a partial clone can't be judged; clone it without a filter", promised[0])
	}
	for _, file := range []struct{ name, reason string }{
		{"shallow", "a shallow clone can't be judged; run git fetch --unshallow"},
		{"info/grafts", "grafted history can't be judged; remove the file"},
	} {
		path := filepath.Join(dir, filepath.FromSlash(file.name))
		content, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		for line := range strings.Lines(string(content)) {
			if strings.TrimSpace(line) != "" && line[0] != '#' {
				return fmt.Errorf("%s: %s", path, file.reason)
			}
		}
	}
	return nil
}

// objectDirs lists the object directories: a quarantine's (git-receive-pack(1), Quarantine Environment), the
// repository's own, and their alternates.
func objectDirs(commonDir string, env func(string) string) ([]string, error) {
	own := quarantined(env)
	for _, path := range own {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("object directory %q in the environment is not an absolute path", path)
		}
	}
	return odb.Dirs(append(own, filepath.Join(commonDir, "objects")))
}
