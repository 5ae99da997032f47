package history

import (
	"context"
	"errors"
	"math"

	"countersign/history/commitgraph"
)

// reader is a [Repo] over a store of objects and whoever knows the names of a repository.
type reader struct {
	names
	*objects
	*lineages
	trees   *trees
	opts    Options
	merged  *lineBudget
	counted *reader        // see counting
	called  map[string]Ref // what Named was told
}

// names is what is asked of a repository beside its objects; see [Repo].
type names interface {
	Names
	Dir() string
	Symbolic(ctx context.Context, name string) (string, error)
	Resolve(ctx context.Context, rev string) (ID, error)
	remerge(ctx context.Context, c *Commit) (differs []string, known bool, err error)
}

// newObjects gives the objects of a store.
func newObjects(s store, o Options) *objects {
	return &objects{store: s, limits: o.Limits.withDefaults()}
}

// newReader puts a reader together. The graph may be nil.
func newReader(n names, objects *objects, graph *commitgraph.Graph, o Options) *reader {
	return &reader{
		names: n, objects: objects, lineages: newLineages(objects, graph), trees: &trees{objects: objects}, opts: o,
		merged: newLineBudget(objects.limits), called: make(map[string]Ref),
	}
}

// counting gives the reader of what is counted, and not judged. It keeps what it reads to itself, since the names of
// that are not computed anew where the store can do without.
func (r *reader) counting() *reader {
	s, can := r.store.(interface{ counting() store })
	if !can {
		return r
	}
	if r.counted == nil {
		r.counted = newReader(r.names, &objects{store: s.counting(), limits: r.limits}, r.graph, r.opts)
	}
	return r.counted
}

func (r *reader) Close() error { return errors.Join(r.graph.Close(), r.store.Close()) }

func (r *reader) Remerge(ctx context.Context, commit ID) (differs []string, known bool, err error) {
	c, err := r.Commit(ctx, commit)
	if err != nil {
		return nil, false, err
	}
	return r.remerge(ctx, &c)
}

// Links compares whole trees; see [Repo].
func (r *reader) Links(ctx context.Context, commit, since ID) ([]Link, error) {
	r.forget()
	ids := make([]ID, 2)
	for i, id := range []ID{commit, since} {
		if id.IsZero() {
			continue
		}
		l, err := r.linksOf(ctx, id)
		if err != nil {
			return nil, err
		}
		ids[i] = l.tree
	}
	var changes []Change
	d := treeDiff{
		descent: descent{trees: r.trees, ctx: ctx},
		first:   func(_ string, id ID, most int64) (tree, error) { return r.trees.read(id, anyTree, most) },
		found: func(c Change) error {
			if c.New.Mode == ModeSymlink || c.Old[0].Mode == ModeSymlink {
				changes = append(changes, c)
			}
			return nil
		},
	}
	defer d.end()
	if err := d.compare("", ids); err != nil {
		return nil, inCommit(commit, err)
	}
	return linksAmong(changes, func(id ID) ([]byte, int64, error) {
		head, size, err := r.store.head(id, "blob", maxTarget, bound{"blob", math.MaxInt64})
		if r.unseen(id, err) {
			return nil, 0, nil
		}
		return head, size, err
	})
}

// unseen says of an error that a blob isn't here, where [Options] let it be missing, and tells of it.
func (r *reader) unseen(blob ID, err error) bool {
	if r.opts.Unseen == nil || !errors.Is(err, ErrMissing) {
		return false
	}
	r.opts.Unseen(blob)
	return true
}

// text gives the first limit+1 bytes of a blob.
func (r *reader) text(blob ID, limit int64) ([]byte, error) {
	text, _, err := r.store.head(blob, "blob", limit+1, bound{"blob", r.limits.Blob})
	return text, err
}
