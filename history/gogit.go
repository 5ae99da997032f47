package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"countersign/history/commitgraph"
)

// OpenGoGit opens a repository with the second reader, which is built on go-git's parsers of pack,
// index, object and config files and needs no git program.
//
// It refuses what it can't read, by name: SHA-256 objects, reftable refs, partial clones and every
// repository extension it doesn't know; and what can't be judged: shallow and grafted history.
// Replace refs are refs like others and replace nothing.
//
// It loads the index of every pack: the cost of a push grows with the repository.
func OpenGoGit(o Options) (Repo, error) {
	l, err := findLayout(o.Dir, o.Env)
	if err != nil {
		return nil, asUnreadable(err)
	}
	s := openObjects(l.objects)
	objects := newObjects(s, o)
	return newReader(&goGitNames{l, s, objects}, objects, commitgraph.Open(l.objects), o), nil
}

// goGitNames reads a repository's refs from their files.
type goGitNames struct {
	layout  layout
	store   *objectStore
	objects *objects
}

func (g *goGitNames) Dir() string { return g.layout.commonDir }

func (g *goGitNames) Refs(ctx context.Context, patterns ...string) ([]Ref, error) {
	refs, err := g.layout.readRefs()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return refs.matching(patterns)
}

func (g *goGitNames) Symbolic(_ context.Context, name string) (string, error) {
	refs, err := g.layout.readRefs()
	if err == nil && name == "HEAD" {
		refs[name], err = readRefFile(filepath.Join(g.layout.gitDir, name), name)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return refs[name].Target, nil
}

// remerge is for git alone: this reader merges nothing.
func (g *goGitNames) remerge(context.Context, *Commit) (differs []string, known bool, err error) {
	return nil, false, nil
}

// Resolve knows full object names, HEAD, ref names as gitrevisions(7) shortens them, and beginnings of
// object names that one commit alone has. What may be two of these is ErrAmbiguous. A tag stands for its commit.
func (g *goGitNames) Resolve(ctx context.Context, rev string) (ID, error) {
	id, err := g.named(ctx, rev)
	if err == nil {
		id, err = g.commitOf(ctx, id)
	}
	if err == nil {
		return id, nil
	}
	_, full := ParseID(strings.ToLower(rev))
	switch {
	case errors.Is(err, ErrAmbiguous):
		return ID{}, err
	case errors.Is(err, ErrNotFound), full == nil && errors.Is(err, ErrMissing):
		return ID{}, NotFound(fmt.Errorf("%.80q: %w", rev, err))
	default:
		return ID{}, fmt.Errorf("%w: %.80q: %w", ErrUnreadable, rev, err)
	}
}

// named finds the object a revision names.
func (g *goGitNames) named(ctx context.Context, rev string) (ID, error) {
	short, rest := cutRevision(rev)
	ref, err := named(ctx, g, short)
	if err != nil {
		return ID{}, err
	}
	if rest != "" {
		return ID{}, NotFound(
			errors.New("this reader knows parents of refs and of full object names, and nothing else that follows a name"))
	}
	ids, err := g.store.withPrefix(abbreviated(rev, rest))
	if err != nil {
		return ID{}, err
	}
	switch {
	case ref.Name == "":
	case len(ids) > 0:
		return ID{}, ambiguous(rev, []string{ref.Name, "the object " + ids[0].String()})
	default:
		refs, err := g.layout.readRefs()
		if err != nil {
			return ID{}, err
		}
		if ref.Name == "HEAD" {
			if refs["HEAD"], err = readRefFile(filepath.Join(g.layout.gitDir, "HEAD"), "HEAD"); err != nil {
				return ID{}, err
			}
		}
		held, ok, err := refs.resolve(refs[ref.Name])
		if err == nil && !ok {
			err = NotFound(errors.New("it leads to no commit yet"))
		}
		return held.ID, err
	}
	if id, err := ParseID(strings.ToLower(rev)); err == nil {
		return id, nil
	}
	if ids, err = g.store.withPrefix(rev); err != nil {
		return ID{}, err
	}
	ids = slices.DeleteFunc(ids, func(id ID) bool {
		_, err := g.commitOf(ctx, id)
		return err != nil
	})
	switch len(ids) {
	case 0:
		return ID{}, NotFound(errors.New("no ref and no commit is called that here; this reader knows full and " +
			"shortened object names, ref names and HEAD"))
	case 1:
		return ids[0], nil
	default:
		return ID{}, NotFound(fmt.Errorf("%d commits' names begin like that; write more of it", len(ids)))
	}
}

// commitOf follows tags to a commit, and fails at anything else.
func (g *goGitNames) commitOf(ctx context.Context, id ID) (ID, error) {
	id, kind, err := Peel(ctx, g.objects, id, nil)
	if err == nil && kind != "commit" {
		err = NotFound(fmt.Errorf("%s is a %s, not a commit", id, kind))
	}
	return id, err
}

// withPrefix gives the objects whose names begin with a hexadecimal prefix of at least four digits,
// the fewest git takes.
func (s *objectStore) withPrefix(prefix string) ([]ID, error) {
	prefix = strings.ToLower(prefix)
	if len(prefix) < 4 || len(prefix) > 40 || strings.Trim(prefix, "0123456789abcdef") != "" {
		return nil, nil
	}
	found := map[ID]struct{}{}
	for _, d := range s.dirs {
		if err := d.list(); err != nil {
			return nil, err
		}
		for _, p := range d.packs {
			if err := p.withPrefix(prefix, found); err != nil {
				return nil, err
			}
		}
		loose, err := os.ReadDir(filepath.Join(d.path, prefix[:2]))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, entry := range loose {
			name := prefix[:2] + entry.Name()
			if !strings.HasPrefix(name, prefix) {
				continue
			}
			if id, err := ParseID(name); err == nil && id.Size() == 20 {
				found[id] = struct{}{}
			}
		}
	}
	ids := make([]ID, 0, len(found))
	for id := range found {
		ids = append(ids, id)
	}
	return ids, nil
}
