package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"countersign/internal/refname"
)

// ErrAmbiguous says that a revision means more than one thing here. Git would silently take one of them.
var ErrAmbiguous = errors.New("ambiguous name")

// Names lists the refs of a repository, as [Repo] does.
type Names interface {
	Refs(ctx context.Context, patterns ...string) ([]Ref, error)
}

// cutRevision parts a revision into what names something and what follows it. It gives "@" for what is left out before
// "@{".
func cutRevision(rev string) (short, rest string) {
	end := len(rev)
	for _, mark := range []string{"^", "~", ":", "@{"} {
		if i := strings.Index(rev, mark); i >= 0 {
			end = min(end, i)
		}
	}
	if short, rest = rev[:end], rev[end:]; short == "" && strings.HasPrefix(rest, "@{") {
		short = "@"
	}
	return short, rest
}

// named gives the ref that is called so; see [Repo]'s Named.
func named(ctx context.Context, names Names, short string) (r Ref, err error) {
	switch short {
	case "@":
		return Ref{Name: "HEAD"}, nil
	case "":
		return Ref{}, nil
	}
	candidates := []string{short}
	if !strings.HasPrefix(short, "refs/") {
		candidates = refname.Meant(short)[1:] // no ref outside refs/ is named
	}
	refs, err := names.Refs(ctx, candidates...)
	if err != nil {
		return Ref{}, err
	}
	found := slices.DeleteFunc(slices.Clone(refs), func(r Ref) bool { return !slices.Contains(candidates, r.Name) })
	if short == "HEAD" {
		found = slices.Insert(found, 0, Ref{Name: short})
	}
	if _, err := ParseID(strings.ToLower(short)); err == nil && len(found) > 0 {
		found = slices.Insert(found, 0, Ref{Name: "the object " + short})
	}
	switch len(found) {
	case 0:
		return Ref{}, nil
	case 1:
		return found[0], nil
	default:
		called := make([]string, len(found))
		for i, r := range found {
			called[i] = r.Name
		}
		return Ref{}, ambiguous(short, called)
	}
}

// Named asks once for each name; see [Repo].
func (r *reader) Named(ctx context.Context, rev string) (ref Ref, rest string, err error) {
	short, rest := cutRevision(rev)
	ref, known := r.called[short]
	if !known {
		if ref, err = named(ctx, r.names, short); err != nil {
			return Ref{}, "", err
		}
		if ref.Name == "HEAD" {
			if ref, err = r.head(ctx); err != nil {
				return Ref{}, "", err
			}
		}
		r.called[short] = ref
	}
	return ref, rest, nil
}

// head gives HEAD, and where it leads by way of a ref.
func (r *reader) head(ctx context.Context) (Ref, error) {
	target, err := r.Symbolic(ctx, "HEAD")
	head := Ref{Name: "HEAD", Target: target}
	if err != nil || target == "" {
		return head, err
	}
	refs, err := r.Refs(ctx, target)
	if err == nil && len(refs) == 1 {
		head.ID = refs[0].ID
	}
	return head, err
}

// Resolve follows the parents of what a ref or a full id names, and leaves all else to names, which says what is wrong,
// too.
func (r *reader) Resolve(ctx context.Context, rev string) (ID, error) {
	ref, rest, err := r.Named(ctx, rev)
	if err != nil {
		return ID{}, err
	}
	short, id := strings.TrimSuffix(rev, rest), ref.ID
	switch {
	case ref.Name == "":
		id, err = ParseID(strings.ToLower(short))
	case abbreviated(rev, rest) != "": // that may name an object as well
		id = ID{}
	}
	if err == nil && !id.IsZero() {
		if commit, ok := r.along(ctx, id, rest); ok {
			return commit, nil
		}
	}
	return r.names.Resolve(ctx, rev)
}

// along goes from what an id leads to on to its parents, as ~N and ^N say (gitrevisions(7)). It is false where there is
// no commit, or where something else is said.
func (r *reader) along(ctx context.Context, id ID, rest string) (ID, bool) {
	id, isCommit, err := r.peel(ctx, id)
	if err != nil || !isCommit {
		return ID{}, false
	}
	for rest != "" {
		mark := rest[0]
		digits := rest[1 : len(rest)-len(strings.TrimLeft(rest[1:], "0123456789"))]
		rest = rest[1+len(digits):]
		n := 1
		if digits != "" {
			if n, err = strconv.Atoi(digits); err != nil {
				return ID{}, false
			}
		}
		times, parent := n, 1
		switch {
		case mark == '^' && n > 0:
			times, parent = 1, n
		case mark != '^' && mark != '~':
			return ID{}, false
		}
		for range times {
			at, err := r.linksOf(ctx, id)
			if err != nil || parent > len(at.parents) {
				return ID{}, false
			}
			id = at.parents[parent-1]
		}
	}
	_, err = r.linksOf(ctx, id)
	return id, err == nil
}

func ambiguous(short string, found []string) error {
	advice := "write the full name"
	if short == "HEAD" {
		advice += ", or @ for HEAD"
	}
	return fmt.Errorf("%w: %.200q may be %s: %s", ErrAmbiguous, short, strings.Join(found, " or "), advice)
}

// abbreviated gives the shortened object name that a revision could begin with, "" for none: seven digits or
// more, which is what Git prints, by themselves or at the end of what git-describe(1) prints.
func abbreviated(rev, rest string) string {
	short := strings.TrimSuffix(rev, rest)
	if i := strings.LastIndex(short, "-g"); i > 0 {
		short = short[i+len("-g"):]
	}
	if !refname.LikeObject(short) {
		return ""
	}
	return short
}
