package history

import (
	"context"
	"errors"
)

// maxTagDepth is how many tags of tags are followed.
const maxTagDepth = 8

// ErrTooDeep says that a tag leads to no object by way of at most eight tags, itself among them.
var ErrTooDeep = errors.New("a tag of a tag of a tag, too deep to follow")

// Tags reads the tags of a repository, as [Repo] does.
type Tags interface {
	Kind(ctx context.Context, id ID) (string, error)
	Tag(ctx context.Context, id ID) (Tag, error)
}

// Peel gives the object that a tag leads to, or the object itself, and its kind. Each tag on the way is shown to see,
// unless that is nil, and an error of see's ends the way there. The id is how far it came, also with an error.
func Peel(ctx context.Context, repo Tags, id ID, see func(ID, *Tag) error) (target ID, kind string, err error) {
	for range maxTagDepth {
		kind, err := repo.Kind(ctx, id)
		if err != nil || kind != "tag" {
			return id, kind, err
		}
		tag, err := repo.Tag(ctx, id)
		if err == nil && see != nil {
			err = see(id, &tag)
		}
		if err != nil {
			return id, kind, err
		}
		id = tag.Target
	}
	return id, "", ErrTooDeep
}

// commitBehind gives the commit that an id leads to; false where it leads to another object, or to none.
func commitBehind(ctx context.Context, repo Tags, id ID) (ID, bool, error) {
	id, kind, err := Peel(ctx, repo, id, nil)
	if errors.Is(err, ErrTooDeep) {
		return id, false, nil
	}
	return id, kind == "commit" && err == nil, err
}
