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
	"syscall"
)

// Refs asks for-each-ref, whose patterns are ref names or prefixes up to a slash
// (git-for-each-ref(1)).
func (g *gitNames) Refs(ctx context.Context, patterns ...string) ([]Ref, error) {
	args := []string{"for-each-ref", "--format=%(objectname)%00%(symref)%00%(refname)"}
	for _, p := range patterns {
		if strings.HasPrefix(p, "refs/") && !strings.ContainsAny(p, "*?[\\\n\x00") { // else no ref is called that
			args = append(args, p)
		}
	}
	if len(patterns) > 0 && len(args) == 2 {
		return nil, nil
	}
	if err := g.whole(patterns); err != nil {
		return nil, err
	}
	var refs []Ref
	err := g.lines(ctx, args, func(line string) error {
		fields := strings.SplitN(line, "\x00", 3)
		if len(fields) != 3 {
			return fmt.Errorf("%w: git for-each-ref printed %.80q", ErrUnreadable, line)
		}
		id, err := ParseID(fields[0])
		if err != nil {
			return fmt.Errorf("%w: ref %.200q: %w", ErrUnreadable, fields[2], err)
		}
		if r := (Ref{ID: id, Target: fields[1], Name: fields[2]}); r.matches(patterns) {
			refs = append(refs, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return refs, nil
}

// Symbolic asks git-symbolic-ref(1), which ends with 1 for what isn't one.
func (g *gitNames) Symbolic(ctx context.Context, name string) (string, error) {
	if !strings.HasPrefix(name, "refs/") && name != "HEAD" {
		return "", nil
	}
	if may, err := g.mayBeSymbolic(name); err != nil || !may {
		return "", err
	}
	out, err := g.output(ctx, "", "symbolic-ref", "--quiet", "--no-recurse", name)
	if err != nil && exitedWith(err, 1) {
		return "", nil
	}
	return strings.TrimSuffix(string(out), "\n"), err
}

// mayBeSymbolic says whether a ref may be symbolic: one in a file of its own, or one that a reftable has as such.
// Packed refs never are (gitrepository-layout(5)), and a push of many new names needs no process for each.
func (g *gitNames) mayBeSymbolic(name string) (bool, error) {
	if err := g.whole([]string{name}); err != nil {
		return false, err
	}
	for _, stack := range g.tables {
		if stack.Symbolic(name) {
			return true, nil
		}
	}
	for _, dir := range []string{g.gitDir, g.dir} {
		if _, err := os.Lstat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
			return true, nil
		}
	}
	return false, nil
}

// Matching gives those of some refs that one of the patterns takes in, or all without a pattern; see [Repo].
func Matching(refs []Ref, patterns []string) []Ref {
	var found []Ref
	for _, r := range refs {
		if r.matches(patterns) {
			found = append(found, r)
		}
	}
	return found
}

// matches says whether one of the patterns, if there are any, takes in a ref.
func (r Ref) matches(patterns []string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p string) bool {
		return r.Name == p || strings.HasSuffix(p, "/") && strings.HasPrefix(r.Name, p)
	})
}

func (g *gitNames) Resolve(ctx context.Context, rev string) (ID, error) {
	if rev == "" || strings.ContainsAny(rev, "\n\x00") {
		return ID{}, NotFound(fmt.Errorf("%.80q is no revision", rev))
	}
	name, rest, err := g.meansOne(ctx, rev)
	if err != nil {
		return ID{}, err
	}
	parse := []string{"rev-parse", "--verify", "--quiet", "--end-of-options"}
	out, err := g.output(ctx, "", append(parse, rev+"^{commit}")...)
	switch {
	case err == nil:
	case !exitedWith(err, 1) && !exitedWith(err, 128):
		return ID{}, err
	case name != "" && rest == "":
		if out, err := g.output(ctx, "", append(parse, name)...); err == nil {
			return ID{}, g.leadsNowhere(ctx, rev, strings.TrimSpace(string(out)))
		}
		fallthrough
	default:
		return ID{}, NotFound(fmt.Errorf("no commit is called %.80q here%s", rev, perhapsElsewhere(rev)))
	}
	id, err := ParseID(strings.TrimSpace(string(out)))
	if err != nil {
		return ID{}, NotFound(fmt.Errorf("%.80q is no single revision", rev))
	}
	return id, nil
}

// perhapsElsewhere says what brings a commit whose full id somebody was told.
func perhapsElsewhere(rev string) string {
	if _, err := ParseID(rev); err != nil {
		return ""
	}
	return "; in a clone, git fetch brings what was pushed to a branch"
}

// leadsNowhere is the error of a ref that leads to no commit: to something else, or to what isn't here.
func (g *gitNames) leadsNowhere(ctx context.Context, rev, id string) error {
	if _, err := g.output(ctx, "", "cat-file", "-e", id+"^{}"); err != nil {
		return fmt.Errorf("%w: what %.80q leads to is %w: the history is partial or damaged; %s",
			ErrUnreadable, rev, ErrMissing, refetch)
	}
	return NotFound(fmt.Errorf("%.80q leads to no commit", rev))
}

// meansOne fails where a revision may mean more than one thing. It gives the ref that is named, and what follows.
func (g *gitNames) meansOne(ctx context.Context, rev string) (name, rest string, err error) {
	short, rest := cutRevision(rev)
	ref, err := named(ctx, g, short)
	if err != nil {
		return "", "", err
	}
	name = ref.Name
	if strings.HasPrefix(rev, "refs/") && name == "" {
		return name, rest, NotFound(fmt.Errorf("no ref is called %.200q here", short))
	}
	begins := abbreviated(rev, rest)
	if name == "" || begins == "" {
		return name, rest, nil
	}
	out, err := g.output(ctx, "", "rev-parse", "--disambiguate="+begins)
	if objects := strings.Fields(string(out)); err == nil && len(objects) > 0 {
		err = ambiguous(short, []string{name, "the object " + objects[0]})
	}
	return name, rest, err
}
