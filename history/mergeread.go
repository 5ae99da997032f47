package history

import (
	"context"
	"fmt"
	"io"
)

// mergeReader is what git's reader reads for the comparison of merges: a cat-file of its own, asked one object at a
// time, and what it gave so far. It is for one goroutine.
type mergeReader struct {
	p     *process
	links map[ID]links
	trees map[ID][]treeEntry
	kept  int // entries in trees
	buf   []byte
}

func (r *gitRepo) newMergeReader(ctx context.Context) (*mergeReader, error) {
	p, err := r.start(ctx, "cat-file", "--batch")
	return &mergeReader{p: p, links: make(map[ID]links), trees: make(map[ID][]treeEntry)}, err
}

// head reads the first bytes of an object, at most keep, which are good until the next call.
func (m *mergeReader) head(id ID, kind string, keep int64) ([]byte, error) {
	if _, err := io.WriteString(m.p.in, id.String()+"\n"); err != nil {
		return nil, m.p.failed(err)
	}
	got, size, err := m.p.object(id)
	if err != nil {
		return nil, err
	}
	if got != kind {
		return nil, fmt.Errorf("%w: object %s is a %s, not a %s", ErrUnreadable, id, got, kind)
	}
	m.buf, err = m.p.body(m.buf, size, keep)
	return m.buf, err
}

func (m *mergeReader) linksOf(_ context.Context, id ID) (links, error) {
	if known, ok := m.links[id]; ok {
		return known, nil
	}
	head, err := m.head(id, "commit", maxLinks)
	if err != nil {
		return links{}, err
	}
	l, err := parseLinks(id, head)
	if err == nil {
		m.links[id] = l
	}
	return l, err
}

func (m *mergeReader) entriesOf(id ID) ([]treeEntry, error) {
	if known, ok := m.trees[id]; ok || id.IsZero() {
		return known, nil
	}
	raw, err := m.head(id, "tree", maxTree+1)
	if err != nil {
		return nil, err
	}
	if len(raw) > maxTree {
		return nil, exceeds("tree", "tree %s has more than %d bytes; the limit is tree", id, int64(maxTree))
	}
	entries, err := oldTree.parse(raw, id.Size())
	if err != nil {
		return nil, fmt.Errorf("%w: tree %s: %w", ErrMalformed, id, err)
	}
	if m.kept += len(entries); m.kept > maxTreeEntries {
		clear(m.trees)
		m.kept = len(entries)
	}
	m.trees[id] = entries
	return entries, nil
}

func (m *mergeReader) text(blob ID, limit int64) ([]byte, error) {
	text, err := m.head(blob, "blob", limit+1)
	return append([]byte(nil), text...), err
}
