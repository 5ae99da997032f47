package history

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
)

// maxTreeSteps bounds the folders looked into for one comparison. Folders that hold nothing but
// folders change no path, so Limits.Changes would never stop at them.
const maxTreeSteps = 1 << 20

// maxPath bounds the bytes of a folder's path, and with it how deep folders nest. Linux opens paths of 4096 bytes.
const maxPath = 4096

const (
	maxTree      = 64 << 20  // bytes of one tree object: a million entries
	maxHeldTrees = 128 << 20 // bytes of those that one comparison looks into at once
	largeTree    = 4 << 20   // bytes of one that few have: those who compare such trees, or as much in all, take turns
	maxKeptTrees = 8 << 20   // bytes of trees that are kept; neighbours in history share most of them
)

// trees reads trees, and keeps those of which it was asked last. It may be asked by several goroutines.
type trees struct {
	objects *objects
	turn    sync.Mutex // who compares large trees

	mu    sync.Mutex
	kept  map[ID]tree
	bytes int // of those
}

// tree is a raw tree that was read by a grammar, and is read by all before it in the same way.
type tree struct {
	raw     []byte
	hash    int // bytes of a name
	grammar grammar
}

// malformedTree is the error of a tree that isn't as a grammar has it.
type malformedTree struct {
	id  ID
	why error
}

func (e *malformedTree) Error() string {
	return fmt.Sprintf("%v: tree %s: %v", ErrMalformed, e.id, e.why)
}

func (e *malformedTree) Unwrap() error { return ErrMalformed }

// read gives a tree of a limited size; the zero ID is the empty one.
func (t *trees) read(id ID, g grammar, most int64) (tree, error) {
	if id.IsZero() {
		return tree{}, nil
	}
	t.mu.Lock()
	kept, ok := t.kept[id]
	t.mu.Unlock()
	if ok && kept.grammar >= g {
		return kept, nil
	}
	raw, err := t.objects.content(id, "tree", bound{"tree", most})
	if err != nil {
		return tree{}, err
	}
	if err := g.check(raw, id.Size()); err != nil {
		return tree{}, &malformedTree{id, err}
	}
	read := tree{raw, id.Size(), g}
	if len(raw) > largeTree {
		return read, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bytes += len(raw); t.kept == nil || t.bytes > maxKeptTrees {
		t.kept, t.bytes = make(map[ID]tree), len(raw)
	}
	t.kept[id] = read
	return read, nil
}

// called gives the entry of a name, zero for none.
func (t tree) called(name string) (id ID, err error) {
	err = t.grammar.each(t.raw, t.hash, func(e *treeEntry) error {
		if string(e.name) == name {
			id = e.id
		}
		return nil
	})
	return id, err
}

// descent goes down several trees at once, and is bounded in what that takes.
type descent struct {
	*trees
	ctx   context.Context
	steps int
	held  int
	turns bool // it has the turn
}

// folder reads what the trees have in one folder, which may be absent, and shows each path in it of which they don't
// all have the same; see [eachName].
func (d *descent) folder(path string, ids []ID, read func(i int, most int64) (tree, error),
	visit func(path string, sides []Side) error,
) error {
	if err := d.ctx.Err(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnreadable, context.Cause(d.ctx))
	}
	if d.steps++; d.steps > maxTreeSteps {
		return exceeds("", "more than %d changed folders", maxTreeSteps)
	}
	if len(path) > maxPath {
		return exceeds("path", "a path of %d bytes; the limit path is %d", len(path), maxPath)
	}
	held := d.held
	defer func() { d.held = held }()
	all := make([]tree, len(ids))
	for i := range ids {
		var err error
		if all[i], err = d.inTurn(func(most int64) (tree, error) { return read(i, most) }); err != nil {
			return err
		}
		if d.held += len(all[i].raw); d.held > maxHeldTrees {
			return exceeds("", "folders of more than %d bytes to compare at once", maxHeldTrees)
		}
		if d.held > largeTree {
			d.takeTurn()
		}
	}
	return eachName(all, func(name string, sides []Side) error { return visit(path+name, sides) })
}

// inTurn has a tree read, and waits for the turn if it is large.
func (d *descent) inTurn(read func(most int64) (tree, error)) (tree, error) {
	if !d.turns {
		t, err := read(largeTree)
		var large *LimitError
		if !errors.As(err, &large) || large.Limit != "tree" {
			return t, err
		}
		d.takeTurn()
	}
	return read(maxTree)
}

func (d *descent) takeTurn() {
	if !d.turns {
		d.turn.Lock()
		d.turns = true
	}
}

// end gives the turn back.
func (d *descent) end() {
	if d.turns {
		d.turn.Unlock()
	}
}

// treeDiff compares a tree with others, those of a commit's parents: it finds what differs from each of them.
type treeDiff struct {
	descent
	// first reads a folder of the tree.
	first func(path string, tree ID, most int64) (tree, error)
	// found is told of a path that is no folder: what was there in each of the others, and what is there.
	found func(Change) error
}

// compare compares a folder, which may be absent; the tree's comes first.
func (d *treeDiff) compare(path string, ids []ID) error {
	if slices.Contains(ids[1:], ids[0]) {
		return nil
	}
	return d.folder(path, ids, func(i int, most int64) (tree, error) {
		if i > 0 || ids[0].IsZero() {
			return d.read(ids[i], anyTree, most)
		}
		return d.first(path, ids[0], most)
	}, func(name string, sides []Side) error {
		switch {
		case slices.Contains(sides[1:], sides[0]):
			return nil
		case isFolder(sides):
			return d.compare(name+"/", idsOf(sides))
		default:
			return d.found(Change{Path: name, Old: slices.Clone(sides[1:]), New: sides[0]})
		}
	})
}

// eachName goes through several folders at once, in Git's order, and shows what each has under a name, but where all
// have the same. A file and a folder of one name are two entries. The sides are good until visit returns.
func eachName(folders []tree, visit func(name string, sides []Side) error) error {
	heads, sides := make([]treeEntry, len(folders)), make([]Side, len(folders))
	sizes := make([]int, len(folders)) // of the heads; 0 where it isn't read yet
	for {
		if same := folders[0].same(folders[1:]); same > 0 {
			for i := range folders {
				folders[i].raw, sizes[i] = folders[i].raw[same:], 0
			}
			continue
		}
		next := -1 // the first in Git's order
		for i := range folders {
			f := &folders[i]
			if len(f.raw) == 0 {
				continue
			}
			if sizes[i] == 0 {
				sizes[i] = entrySize(f.raw, f.hash)
				if err := f.grammar.entry(f.raw[:sizes[i]], f.hash, &heads[i]); err != nil {
					return err
				}
			}
			if next < 0 || compareEntries(&heads[i], &heads[next]) < 0 {
				next = i
			}
		}
		if next < 0 {
			return nil
		}
		name, folder := heads[next].name, heads[next].mode == ModeTree
		clear(sides)
		for i, h := range heads {
			if sizes[i] > 0 && bytes.Equal(h.name, name) && (h.mode == ModeTree) == folder {
				sides[i] = Side{h.mode, h.id}
				folders[i].raw, sizes[i] = folders[i].raw[sizes[i]:], 0
			}
		}
		if err := visit(string(name), sides); err != nil {
			return err
		}
	}
}

// same gives the size of a tree's first entry where all others begin with the same, else 0.
func (t tree) same(others []tree) int {
	if len(t.raw) == 0 {
		return 0
	}
	n := entrySize(t.raw, t.hash)
	for _, o := range others {
		if !bytes.HasPrefix(o.raw, t.raw[:n]) {
			return 0
		}
	}
	return n
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
