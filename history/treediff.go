package history

import (
	"context"
	"fmt"
	"slices"
	"sync"
)

// maxTreeEntries bounds the parsed trees that are kept; neighbours in history share most of them.
const maxTreeEntries = 1 << 18

// maxTreeSteps bounds the folders looked into for one comparison. Folders that hold nothing but
// folders change no path, so Limits.Changes would never stop at them.
const maxTreeSteps = 1 << 20

// maxPath bounds a path's bytes, and with it how deep folders nest. Linux opens paths of 4096 bytes.
const maxPath = 1 << 16

// maxTree bounds one tree object: a million entries with long names.
const maxTree = 128 << 20

// trees reads trees, and keeps those of which it was asked last. It may be asked by several goroutines.
type trees struct {
	objects *objects

	mu      sync.Mutex
	kept    map[ID]keptTree
	entries int // in those
}

// keptTree is a tree that was read by a grammar, or a stricter one.
type keptTree struct {
	grammar grammar
	entries []treeEntry
}

// entriesOf gives a tree's entries in Git's order; the zero ID is the empty tree.
func (t *trees) entriesOf(id ID, g grammar) ([]treeEntry, error) {
	if id.IsZero() {
		return nil, nil
	}
	t.mu.Lock()
	kept, ok := t.kept[id]
	t.mu.Unlock()
	if ok && kept.grammar >= g {
		return kept.entries, nil
	}
	raw, err := t.objects.content(id, "tree", bound{"tree", maxTree})
	if err != nil {
		return nil, err
	}
	entries, err := g.parse(raw, id.Size())
	if err != nil {
		return nil, fmt.Errorf("%w: tree %s: %w", ErrMalformed, id, err)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.entries += len(entries); t.kept == nil || t.entries > maxTreeEntries {
		t.kept = make(map[ID]keptTree)
		t.entries = len(entries)
	}
	t.kept[id] = keptTree{g, entries}
	return entries, nil
}

// treeDiff compares a tree with others, those of a commit's parents: it finds what differs from each of them.
type treeDiff struct {
	*trees
	ctx context.Context
	// read gives the entries of a folder of the tree.
	read func(path string, tree ID) ([]treeEntry, error)
	// found is told of a path that is no folder: what was there in each of the others, and what is there.
	found func(Change) error
	steps int
}

// folder compares a folder, which may be absent; the tree's comes first.
func (d *treeDiff) folder(path string, ids []ID) error {
	if slices.Contains(ids[1:], ids[0]) {
		return nil
	}
	if err := d.ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, context.Cause(d.ctx))
	}
	if d.steps++; d.steps > maxTreeSteps {
		return exceeds("", "more than %d changed folders", maxTreeSteps)
	}
	if len(path) > maxPath {
		return exceeds("", "a path of more than %d bytes", maxPath)
	}
	all := make([][]treeEntry, len(ids))
	for i, id := range ids {
		var err error
		if i > 0 || id.IsZero() {
			all[i], err = d.entriesOf(id, anyTree)
		} else {
			all[i], err = d.read(path, id)
		}
		if err != nil {
			return err
		}
	}
	return eachName(all, func(name string, sides []Side) error {
		switch {
		case slices.Contains(sides[1:], sides[0]):
			return nil
		case isFolder(sides):
			return d.folder(path+name+"/", idsOf(sides))
		default:
			return d.found(Change{Path: path + name, Old: slices.Clone(sides[1:]), New: sides[0]})
		}
	})
}

// eachName goes through several folders at once, in Git's order, and shows what each has under a name. A file and a
// folder of one name are two entries. The sides are good until visit returns.
func eachName(folders [][]treeEntry, visit func(name string, sides []Side) error) error {
	sides := make([]Side, len(folders))
	for {
		var next *treeEntry
		for i := range folders {
			if len(folders[i]) > 0 && (next == nil || compareEntries(&folders[i][0], next) < 0) {
				next = &folders[i][0]
			}
		}
		if next == nil {
			return nil
		}
		clear(sides)
		for i, f := range folders {
			if len(f) > 0 && f[0].name == next.name && (f[0].mode == ModeTree) == (next.mode == ModeTree) {
				sides[i], folders[i] = Side{f[0].mode, f[0].id}, f[1:]
			}
		}
		if err := visit(next.name, sides); err != nil {
			return err
		}
	}
}

// isFolder says whether the sides of a name are folders, where it has one.
func isFolder(sides []Side) bool {
	return slices.ContainsFunc(sides, func(s Side) bool { return s.Mode == ModeTree })
}

// idsOf gives the folders of a name.
func idsOf(sides []Side) []ID {
	ids := make([]ID, len(sides))
	for i, s := range sides {
		ids[i] = s.ID
	}
	return ids
}
