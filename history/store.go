package history

import (
	"context"
	"fmt"
	"math"
	"sync"
)

// store is where the objects of a repository are. What head gives has the name that was asked for: that is computed
// anew. An object that isn't there is an [ErrMissing]; all errors are [ErrUnreadable] or [ErrLimit]. A store may be
// asked by several goroutines.
type store interface {
	// head reads an object through, which must be of the kind, and gives its first bytes, at most keep, and the size
	// of the whole. Nobody may change the bytes.
	head(id ID, kind string, keep int64, b bound) (first []byte, size int64, err error)
	// kind gives an object's type as it is claimed, which may not be what head finds.
	kind(id ID) (string, error)
	Close() error
}

// bound is how many bytes an object may have, by which limit.
type bound struct {
	limit string
	most  int64
}

// exceeded is the error of an object that has more.
func (b bound) exceeded(kind string, id ID, size int64) error {
	return exceeds(b.limit, "%s %s has %d bytes; the limit %s is %d", kind, id, size, b.limit, b.most)
}

// notA is the error of an object that is something else than was asked for.
func notA(kind string, id ID, is string) error {
	return fmt.Errorf("%w: object %s is a %s, not a %s", ErrUnreadable, id, is, kind)
}

// refetch says what to do where the history is partial or damaged.
const refetch = "in a clone: git fetch --refetch --no-filter; on a server: git fsck"

// missing is the error of an object that isn't there.
func missing(id ID) error {
	return fmt.Errorf("%w: object %s is %w: the history is partial or damaged; %s", ErrUnreadable, id, ErrMissing, refetch)
}

// objects reads single objects of a store. Small commits and tags are kept for a while: who asks for a tag's kind asks
// for the tag next, and what was walked over is judged next.
type objects struct {
	store  store
	limits Limits

	mu      sync.Mutex
	kept    map[ID]keptObject
	bytes   int               // of what was put there
	earlier map[ID]keptObject // what was kept before those
}

type keptObject struct {
	kind string
	raw  []byte
}

const (
	maxKept     = 8 << 20 // bytes, and of what was kept earlier as many
	maxKeptSize = 8 << 10 // of one
	keptBytes   = 256     // that one takes besides
)

// content gives the whole of an object that must have the given type.
func (o *objects) content(id ID, kind string, b bound) ([]byte, error) {
	raw, _, err := o.store.head(id, kind, b.most, b)
	return raw, err
}

// small gives a commit's or tag's first bytes, at most as many as keep: all of it where the size is no more.
func (o *objects) small(id ID, kind string, keep int64, b bound) ([]byte, error) {
	if k, ok := o.keptAs(id); ok && k.kind == kind && int64(len(k.raw)) <= b.most {
		return k.raw, nil
	}
	raw, size, err := o.store.head(id, kind, keep, b)
	if err != nil || size > maxKeptSize {
		return raw, err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.bytes += len(raw) + keptBytes; o.kept == nil || o.bytes > maxKept {
		o.earlier, o.kept, o.bytes = o.kept, make(map[ID]keptObject), len(raw)+keptBytes
	}
	o.kept[id] = keptObject{kind, raw}
	return raw, nil
}

// last gives a whole commit to who is likely to be the last to ask for it. It is kept no longer.
func (o *objects) last(id ID, b bound) ([]byte, error) {
	k, ok := o.keptAs(id)
	if !ok || k.kind != "commit" || int64(len(k.raw)) > b.most {
		return o.content(id, "commit", b)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.kept, id)
	delete(o.earlier, id)
	return k.raw, nil
}

func (o *objects) keptAs(id ID) (k keptObject, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if k, ok = o.kept[id]; !ok {
		k, ok = o.earlier[id]
	}
	return k, ok
}

func (o *objects) Commit(_ context.Context, id ID) (Commit, error) {
	raw, err := o.small(id, "commit", o.limits.Object, o.whole())
	if err != nil {
		return Commit{}, err
	}
	return ParseCommit(id, raw)
}

func (o *objects) Tag(_ context.Context, id ID) (Tag, error) {
	raw, err := o.small(id, "tag", o.limits.Object, o.whole())
	if err != nil {
		return Tag{}, err
	}
	return ParseTag(id, raw)
}

func (o *objects) Blob(_ context.Context, id ID) ([]byte, error) {
	return o.content(id, "blob", o.whole())
}

// whole is the bound of what is read whole.
func (o *objects) whole() bound { return bound{"object", o.limits.Object} }

// Kind reads the object: of several copies the first may claim another kind, and a tag that passes for something else
// is nobody's word.
func (o *objects) Kind(ctx context.Context, id ID) (string, error) {
	kind, err := claims{o}.Kind(ctx, id)
	switch {
	case err != nil:
	case kind == "commit" || kind == "tag":
		_, err = o.small(id, kind, o.limits.Object, bound{most: math.MaxInt64})
	default:
		_, _, err = o.store.head(id, kind, 0, bound{most: math.MaxInt64})
	}
	if err != nil {
		return "", err
	}
	return kind, nil
}

// claims are objects whose kinds are believed. It serves where what is wrong makes more look new than is.
type claims struct{ *objects }

func (c claims) Kind(_ context.Context, id ID) (string, error) {
	if k, ok := c.keptAs(id); ok {
		return k.kind, nil
	}
	return c.store.kind(id)
}

func (o *objects) Folder(ctx context.Context, commit ID, name string) (*Folder, error) {
	c, err := o.Commit(ctx, commit)
	if err != nil {
		return nil, err
	}
	return readFolder(func(id ID, kind string) ([]byte, error) { return o.content(id, kind, o.whole()) }, c.Tree, name)
}
