package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/internal/refname"
)

// maxSymrefs is how many symbolic refs git follows (SYMREF_MAXDEPTH in git's refs.h).
const maxSymrefs = 5

// refFiles are the refs as they are stored in files: names to ids or, for symbolic refs, targets.
// Loose refs hide packed ones of the same name.
type refFiles map[string]Ref

// readRefs reads packed and loose refs. A ref that can't be read is an error: it might be one that
// is protected. Names git would ignore are ignored.
func (l layout) readRefs() (refFiles, error) {
	refs := refFiles{}
	if err := refs.addPacked(filepath.Join(l.commonDir, "packed-refs")); err != nil {
		return nil, err
	}
	if err := refs.addLoose(l.commonDir, "refs", func(name string) bool {
		return l.gitDir == l.commonDir || !ofWorktree(name)
	}); err != nil {
		return nil, err
	}
	if l.gitDir != l.commonDir {
		if err := refs.addLoose(l.gitDir, "refs", ofWorktree); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// ofWorktree says whether a ref is each worktree's own: git-worktree(1), Refs.
func ofWorktree(name string) bool {
	return strings.HasPrefix(name, "refs/bisect/") || strings.HasPrefix(name, "refs/worktree/") ||
		strings.HasPrefix(name, "refs/rewritten/")
}

// addPacked reads a packed-refs file: a line a ref, "^" lines say what a tag leads to.
func (refs refFiles) addPacked(path string) error {
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	n := 0
	for line := range strings.Lines(string(content)) {
		n++
		if line[0] == '#' || line[0] == '^' {
			continue
		}
		hex, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		id, err := ParseID(hex)
		if err != nil || !ok || id.Size() != 20 {
			return fmt.Errorf("%s:%d: not an object name and a ref", path, n)
		}
		if refname.Valid(name) {
			refs[name] = Ref{Name: name, ID: id}
		}
	}
	return nil
}

// addLoose reads the files under a folder of refs.
func (refs refFiles) addLoose(gitDir, under string, wanted func(string) bool) error {
	root := filepath.Join(gitDir, under)
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // deleted meanwhile
		}
		if err != nil || entry.IsDir() {
			return err
		}
		rel, err := filepath.Rel(gitDir, path)
		if err != nil {
			return err
		}
		name := filepath.ToSlash(rel)
		if !refname.Valid(name) || !wanted(name) {
			return nil
		}
		ref, err := readRefFile(path, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		refs[name] = ref
		return err
	})
}

// readRefFile reads a loose ref: an object name, or "ref: " and another ref's name. In old
// repositories a symbolic link may stand for the latter.
func readRefFile(path, name string) (Ref, error) {
	if target, err := os.Readlink(path); err == nil && strings.HasPrefix(target, "refs/") {
		return Ref{Name: name, Target: target}, nil
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return Ref{}, err
	}
	text := strings.TrimRight(string(content), " \t\r\n")
	if target, ok := strings.CutPrefix(text, "ref:"); ok {
		return Ref{Name: name, Target: strings.TrimLeft(target, " \t")}, nil
	}
	id, err := ParseID(text)
	if err != nil || id.Size() != 20 {
		return Ref{}, fmt.Errorf("%s holds neither an object name nor a ref", path)
	}
	return Ref{Name: name, ID: id}, nil
}

// resolve follows a ref to its id. ok is false where it leads to no ref that exists; Target becomes
// the last name of the chain, the ref that an update would move.
func (refs refFiles) resolve(ref Ref) (_ Ref, ok bool, err error) {
	resolved := ref
	for range maxSymrefs {
		if ref.Target == "" {
			resolved.ID = ref.ID
			return resolved, true, nil
		}
		resolved.Target = ref.Target
		if ref, ok = refs[ref.Target]; !ok {
			return Ref{}, false, nil
		}
	}
	return Ref{}, false, fmt.Errorf("%s: more than %d symbolic refs in a row", resolved.Name, maxSymrefs)
}

// matching gives the refs that one of the patterns asks for, sorted by name. A symbolic ref that
// leads nowhere is left out, as git for-each-ref leaves it out.
func (refs refFiles) matching(patterns []string) ([]Ref, error) {
	var out []Ref
	for _, ref := range refs {
		if !ref.matches(patterns) {
			continue
		}
		resolved, ok, err := refs.resolve(ref)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, resolved)
		}
	}
	slices.SortFunc(out, func(a, b Ref) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}
