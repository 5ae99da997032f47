package history

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"countersign/internal/refname"
)

// ErrAmbiguous says that a revision means more than one thing here. Git would silently take one of them.
var ErrAmbiguous = errors.New("ambiguous name")

// Names lists the refs of a repository, as [Repo] does.
type Names interface {
	Refs(ctx context.Context, patterns ...string) ([]Ref, error)
}

// Named gives the full name of the ref with which a revision begins, and what follows it: of "v1~2" that is
// refs/tags/v1 and "~2". The name is "HEAD" for HEAD and "@", and "" where no ref is named. A name that begins
// with "refs/" is a full one. The error is [ErrAmbiguous] where several refs are called so.
func Named(ctx context.Context, names Names, rev string) (name, rest string, err error) {
	end := len(rev)
	for _, mark := range []string{"^", "~", ":", "@{"} {
		if i := strings.Index(rev, mark); i >= 0 {
			end = min(end, i)
		}
	}
	short, rest := rev[:end], rev[end:]
	if short == "@" || short == "" && strings.HasPrefix(rest, "@{") {
		return "HEAD", rest, nil
	}
	if short == "" {
		return "", rest, nil
	}
	candidates := []string{short}
	if !strings.HasPrefix(short, "refs/") {
		candidates = refname.Meant(short)[1:] // no ref outside refs/ is named
	}
	refs, err := names.Refs(ctx, candidates...)
	if err != nil {
		return "", "", err
	}
	var found []string
	if short == "HEAD" {
		found = append(found, short)
	}
	if _, err := ParseID(strings.ToLower(short)); err == nil {
		found = append(found, "the object "+short)
	}
	for _, r := range refs {
		if slices.Contains(candidates, r.Name) {
			found = append(found, r.Name)
		}
	}
	switch {
	case len(found) > 1:
		return "", "", ambiguous(short, found)
	case len(found) == 1 && !strings.HasPrefix(found[0], "the object "):
		return found[0], rest, nil
	default:
		return "", rest, nil
	}
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
