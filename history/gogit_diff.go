package history

import (
	"context"
	"fmt"
	"slices"
	"strings"
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

// treeReader reads and compares trees by their raw bytes. object.DiffTree would do it six times
// slower, and finds nothing where a tree has an entry twice.
type treeReader struct {
	objects *objectStore
	changes int // limit
	parsed  map[ID][]treeEntry
	entries int
}

// pathChange is a path that differs between two trees.
type pathChange struct {
	path     string
	old, new Side
}

// entriesOf gives a tree's entries; the zero ID is the empty tree.
func (t *treeReader) entriesOf(id ID) ([]treeEntry, error) {
	if id.IsZero() {
		return nil, nil
	}
	if entries, ok := t.parsed[id]; ok {
		return entries, nil
	}
	raw, err := t.objects.content(id, "tree", bound{"tree", maxTree})
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(raw, id.Size())
	if err != nil {
		return nil, fmt.Errorf("%w: tree %s: %w", ErrMalformed, id, err)
	}
	if t.entries += len(entries); t.entries > maxTreeEntries {
		clear(t.parsed)
		t.entries = len(entries)
	}
	t.parsed[id] = entries
	return entries, nil
}

// diff gives the paths that differ between two trees, sorted by their bytes.
func (t *treeReader) diff(ctx context.Context, old, new ID) ([]pathChange, error) {
	d := treeDiff{treeReader: t, ctx: ctx}
	if err := d.trees("", old, new); err != nil {
		return nil, err
	}
	slices.SortFunc(d.found, func(a, b pathChange) int { return strings.Compare(a.path, b.path) })
	return d.found, nil
}

// treeDiff is one comparison under way.
type treeDiff struct {
	*treeReader
	ctx   context.Context
	steps int
	found []pathChange
}

// trees compares two folders, either of which may be absent.
func (d *treeDiff) trees(prefix string, old, new ID) error {
	if old == new {
		return nil
	}
	if err := d.ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if d.steps++; d.steps > maxTreeSteps {
		return exceeds("", "more than %d changed folders", maxTreeSteps)
	}
	if len(prefix) > maxPath {
		return exceeds("", "a path of more than %d bytes", maxPath)
	}
	before, err := d.entriesOf(old)
	if err != nil {
		return err
	}
	after, err := d.entriesOf(new)
	if err != nil {
		return err
	}
	for len(before) > 0 || len(after) > 0 {
		var a, b treeEntry
		switch c := compareHeads(before, after); {
		case c < 0:
			a, before = before[0], before[1:]
		case c > 0:
			b, after = after[0], after[1:]
		default:
			a, before = before[0], before[1:]
			b, after = after[0], after[1:]
		}
		if err := d.entry(prefix, a, b); err != nil {
			return err
		}
	}
	return nil
}

// entry compares two entries of one name and sort, either of which may be absent.
func (d *treeDiff) entry(prefix string, a, b treeEntry) error {
	if a.mode == b.mode && a.id == b.id {
		return nil
	}
	name := a.name
	if a.mode == ModeAbsent {
		name = b.name
	}
	if a.mode == ModeTree || b.mode == ModeTree {
		return d.trees(prefix+name+"/", a.id, b.id)
	}
	if len(d.found) == d.changes {
		return exceeds("changes", "more than %d changed paths", d.changes)
	}
	d.found = append(d.found, pathChange{path: prefix + name, old: Side{a.mode, a.id}, new: Side{b.mode, b.id}})
	return nil
}

// compareHeads says which of two lists of entries goes first in Git's order of trees, where a
// folder's name counts as if it ended in a slash; so a file and a folder of one name are two
// entries, a deletion and an addition.
func compareHeads(a, b []treeEntry) int {
	switch {
	case len(a) == 0:
		return +1
	case len(b) == 0:
		return -1
	}
	return compareNames(a[0].name, a[0].mode, b[0].name, b[0].mode)
}

// differing gives the paths that every one of the comparisons found: those of one commit with each
// of its parents.
func differing(comparisons [][]pathChange) []Change {
	var changes []Change
	at := make([]int, len(comparisons))
paths:
	for _, c := range comparisons[0] {
		change := Change{Path: c.path, New: c.new}
		for i, others := range comparisons {
			for at[i] < len(others) && others[at[i]].path < c.path {
				at[i]++
			}
			if at[i] == len(others) || others[at[i]].path != c.path {
				continue paths
			}
			change.Old = append(change.Old, others[at[i]].old)
		}
		changes = append(changes, change)
	}
	return changes
}
