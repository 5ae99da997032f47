package history

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing/format/config"
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

// objectDirs lists the object directories: a quarantine's (git-receive-pack(1), Quarantine
// Environment), its alternates, the repository's own, and what their info/alternates name.
func objectDirs(commonDir string, env func(string) string) ([]string, error) {
	var queue []string
	if env != nil {
		if own := env("GIT_OBJECT_DIRECTORY"); own != "" {
			queue = append(queue, own)
		}
		queue = append(queue, alternates(env("GIT_ALTERNATE_OBJECT_DIRECTORIES"), string(os.PathListSeparator))...)
	}
	for _, path := range queue {
		if !filepath.IsAbs(path) {
			return nil, fmt.Errorf("object directory %q in the environment is not an absolute path", path)
		}
	}
	queue = append(queue, filepath.Join(commonDir, "objects"))
	var dirs []string
	for ; len(queue) > 0; queue = queue[1:] {
		dir, err := filepath.EvalSymlinks(queue[0])
		if errors.Is(err, fs.ErrNotExist) {
			continue // git goes on as well; an object that was there is then missing
		}
		if err != nil {
			return nil, err
		}
		if slices.Contains(dirs, dir) {
			continue
		}
		dirs = append(dirs, dir)
		list, err := os.ReadFile(filepath.Join(dir, "info", "alternates"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, path := range alternates(string(list), "\n") {
			if !filepath.IsAbs(path) {
				path = filepath.Join(dir, path)
			}
			queue = append(queue, path)
		}
	}
	return dirs, nil
}

// alternates splits a list of object directories as parse_alt_odb_entry in git's odb.c does: an
// entry may be C-quoted, and a line that begins with # is a comment.
func alternates(list, separator string) []string {
	var dirs []string
	for list != "" {
		if dir, rest, ok := unquoteC(list); ok {
			dirs = append(dirs, dir)
			list = strings.TrimPrefix(rest, separator)
			continue
		}
		dir, rest, _ := strings.Cut(list, separator)
		if dir != "" && dir[0] != '#' {
			dirs = append(dirs, dir)
		}
		list = rest
	}
	return dirs
}

// unquoteC reads a string in double quotes as git writes it (unquote_c_style in git's quote.c), and
// gives what follows it.
func unquoteC(s string) (unquoted, rest string, ok bool) {
	if s == "" || s[0] != '"' {
		return "", "", false
	}
	var out []byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; c {
		case '"':
			return string(out), s[i+1:], true
		case '\\':
			if i++; i == len(s) {
				return "", "", false
			}
			if at := strings.IndexByte(`abtnvfr"\`, s[i]); at >= 0 {
				out = append(out, "\a\b\t\n\v\f\r\"\\"[at])
				continue
			}
			if i+2 >= len(s) || s[i] < '0' || s[i] > '3' || s[i+1] < '0' || s[i+1] > '7' || s[i+2] < '0' || s[i+2] > '7' {
				return "", "", false
			}
			out = append(out, (s[i]-'0')<<6|(s[i+1]-'0')<<3|(s[i+2]-'0'))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return "", "", false
}
