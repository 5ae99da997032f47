package history

import (
	"context"
	"io"

	"countersign/history/odb"
)

// Files shows what a commit's tree holds; see [Repo].
func (r *reader) Files(ctx context.Context, commit ID, see func(path string, at Side) error) error {
	c, err := r.Commit(ctx, commit)
	if err != nil {
		return err
	}
	d := treeDiff{
		descent: descent{trees: r.trees, ctx: ctx},
		first:   func(_ string, id ID, most int64) (tree, error) { return r.trees.read(id, oldTree, most) },
		found:   func(c Change) error { return see(c.Path, c.New) },
	}
	defer d.end()
	err = d.compare("", []ID{c.Tree, {}})
	if err != nil {
		err = inCommit(commit, err)
	}
	return err
}

// Beginning gives the first bytes of a blob; see [Repo].
func (o *objects) Beginning(_ context.Context, blob ID, keep int64) (first []byte, size int64, err error) {
	return o.store.head(blob, "blob", keep, bound{"blob", o.limits.Blob})
}

// BlobSum computes the name that content has as a blob: see [NewBlobSum].
type BlobSum interface {
	io.Writer
	// Name gives the name, once all content was written. It fails where somebody has made the content so that another
	// has the same name.
	Name() (ID, error)
}

// NewBlobSum begins the sum of content of a size, in the format of another object's name.
func NewBlobSum(like ID, size int64) BlobSum { return odb.NewSum(like.Size(), size) }
