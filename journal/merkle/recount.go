package merkle

import (
	"fmt"

	"golang.org/x/mod/sumdb/tlog"
)

// Recount compares the records of a journal with checkpoints: it makes the tree anew. Of records that were archived it
// takes the leaves that the folder kept.
type Recount struct {
	t      *Tree
	edge   edge
	points []Checkpoint // still to be compared, the smallest first
	stored int64        // leaves that the folder has
	tile   int64        // of level 0, being compared
	leaves []tlog.Hash  // of it
}

// NewRecount begins one. The folder has the tree of the checkpoint published, which is zero for none. The others are
// the smallest first.
func (t *Tree) NewRecount(published Checkpoint, points ...Checkpoint) *Recount {
	return &Recount{t: t, points: points, stored: published.Size, tile: -1}
}

// Add compares the next record that the journal has, by its number and the SHA-256 of its line.
func (r *Recount) Add(seq uint64, line [32]byte) error {
	if err := r.archived(int64(seq) - 1); err != nil {
		return err
	}
	leaf := leafHash(line)
	if r.edge.size < r.stored {
		stored, err := r.leaf(r.edge.size)
		if err != nil {
			return err
		}
		if stored != leaf {
			return fmt.Errorf("%w: record %d isn't the one that was published (or its tile was changed)", ErrFork, seq)
		}
	}
	return r.add(leaf)
}

// archived takes the leaves up to a number from the folder.
func (r *Recount) archived(size int64) error {
	for r.edge.size < size {
		if r.edge.size >= r.stored {
			return fmt.Errorf("records %d to %d aren't in the journal, and no checkpoint was made while they were",
				r.edge.size+1, size)
		}
		leaf, err := r.leaf(r.edge.size)
		if err != nil {
			return err
		}
		if err := r.add(leaf); err != nil {
			return err
		}
	}
	return nil
}

// leaf reads a leaf that the folder has.
func (r *Recount) leaf(n int64) (tlog.Hash, error) {
	if n/width != r.tile {
		tile := tlog.Tile{H: height, L: 0, N: n / width, W: int(min(width, r.stored-n/width*width))}
		data, err := r.t.ReadTile(tile)
		if err != nil {
			return tlog.Hash{}, err
		}
		r.tile, r.leaves = n/width, hashesOf(data)
	}
	return r.leaves[n%width], nil
}

func (r *Recount) add(leaf tlog.Hash) error {
	if err := r.compare(); err != nil {
		return err
	}
	return r.edge.add(leaf, nil)
}

// compare compares the tree as it is with the checkpoints of its size.
func (r *Recount) compare() error {
	for len(r.points) > 0 && r.points[0].Size == r.edge.size {
		if r.points[0].Root != r.edge.root() {
			return fmt.Errorf("%w: the first %d records aren't those of the checkpoint", ErrFork, r.edge.size)
		}
		r.points = r.points[1:]
	}
	return nil
}

// End says whether the checkpoints were all met, once all records were added. Records that a checkpoint has, and the
// journal no longer, are a fork.
func (r *Recount) End() error {
	if err := r.compare(); err != nil {
		return err
	}
	if len(r.points) > 0 {
		return fmt.Errorf("%w: the checkpoint has %d records, the journal only %d", ErrFork, r.points[0].Size, r.edge.size)
	}
	return nil
}
