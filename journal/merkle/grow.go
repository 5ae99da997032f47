package merkle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Growth is a tree to which leaves are being appended. Nothing of it counts before [Growth.Publish].
type Growth struct {
	t      *Tree
	edge   *edge
	bundle []byte // entries of the last tile of level 0
	last   [32]byte
}

// Grow begins to append to the tree of the checkpoint that was published last; the zero Checkpoint is for none yet.
func (t *Tree) Grow(from Checkpoint) (*Growth, error) {
	g := &Growth{t: t, edge: new(edge)}
	if from.Size == 0 {
		return g, nil
	}
	var err error
	if g.edge, err = t.edgeOf(from); err != nil {
		return nil, err
	}
	tile := tlog.TileForIndex(height, tlog.StoredHashIndex(0, from.Size-1))
	hashes, err := t.ReadTile(tile)
	if err != nil {
		return nil, err
	}
	bundle, err := t.readBundle(tile)
	if err != nil {
		return nil, err
	}
	g.last = [32]byte(bundle[len(bundle)-32:])
	// The last leaf of a full tile isn't on the edge: it is proven.
	leaf, err := t.of(from).ReadHashes([]int64{tlog.StoredHashIndex(0, from.Size-1)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.dir, err)
	}
	if leafHash(g.last) != leaf[0] || tlog.Hash(hashes[len(hashes)-tlog.HashSize:]) != leaf[0] {
		return nil, fmt.Errorf("%s: %s isn't of its tree", t.dir, bundlePath(tile))
	}
	if tile.W < width {
		g.bundle = bundle
	}
	return g, nil
}

// Size is how many leaves there are.
func (g *Growth) Size() int64 { return g.edge.size }

// Last is the entry of the last leaf, zeros if there is none: the SHA-256 of the last record's line.
func (g *Growth) Last() [32]byte { return g.last }

// Add appends the leaf of a line with that SHA-256.
func (g *Growth) Add(line [32]byte) error {
	g.last = line
	g.bundle = append(binary.BigEndian.AppendUint16(g.bundle, 32), line[:]...)
	return g.edge.add(leafHash(line), func(tile tlog.Tile, hashes []tlog.Hash) error {
		if tile.L == 0 {
			if err := g.t.put(bundlePath(tile), g.bundle); err != nil {
				return err
			}
			g.bundle = g.bundle[:0]
			if err := g.t.drop(bundlePath(tile)); err != nil {
				return err
			}
		}
		if err := g.t.put(tilePath(tile), join(hashes)); err != nil {
			return err
		}
		return g.t.drop(tilePath(tile))
	})
}

// drop removes the partial tiles that a full one has taken the place of, as tlog-tiles allows.
func (t *Tree) drop(full string) error {
	return os.RemoveAll(filepath.Join(t.dir, filepath.FromSlash(full)+".p"))
}

func join(hashes []tlog.Hash) []byte {
	b := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		b = append(b, h[:]...)
	}
	return b
}

// Publish signs the tree as it is now as the newest checkpoint, and gives that. What was published before must have
// been Grown from.
func (g *Growth) Publish(signer note.Signer) ([]byte, error) {
	for _, tile := range partial(g.edge.size) {
		if tile.L == 0 {
			if err := g.t.put(bundlePath(tile), g.bundle); err != nil {
				return nil, err
			}
		}
		if err := g.t.put(tilePath(tile), join(g.edge.levels[tile.L])); err != nil {
			return nil, err
		}
	}
	c := Checkpoint{Origin: signer.Name(), Size: g.edge.size, Root: g.edge.root()}
	signed, err := c.Sign(signer)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(g.t.dir, 0o755); err != nil {
		return nil, err
	}
	if err := onDisk(filepath.Join(g.t.dir, checkpointFile), signed); err != nil {
		return nil, err
	}
	return signed, nil
}

const checkpointFile = "checkpoint"

// Checkpoint reads the checkpoint that was published last, as it is signed. It is nil if there is none.
func (t *Tree) Checkpoint() ([]byte, error) {
	b, err := os.ReadFile(filepath.Join(t.dir, checkpointFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return b, err
}

// CopyTo writes to a folder what it lacks of the tree of a checkpoint, and the checkpoint last. What the folder has of
// another tree is an error.
func (t *Tree) CopyTo(dir string, signed []byte) (files int, err error) {
	c, err := parseSigned(signed)
	if err != nil {
		return 0, err
	}
	to := Open(dir)
	before, err := to.Checkpoint()
	if err != nil {
		return 0, err
	}
	var from Checkpoint
	if before != nil {
		if from, err = parseSigned(before); err != nil {
			return 0, fmt.Errorf("%s: %w", dir, err)
		}
		if from.Origin != c.Origin || from.Size > c.Size {
			return 0, fmt.Errorf("%s has the log %s with %d records, not %s with %d or fewer",
				dir, from.Origin, from.Size, c.Origin, c.Size)
		}
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return 0, err
	}
	for _, tile := range tlog.NewTiles(height, from.Size, c.Size) {
		if tile.L == 0 {
			data, err := t.readBundle(tile)
			if err == nil {
				err = to.put(bundlePath(tile), data)
			}
			if err != nil {
				return files, err
			}
			files++
		}
		data, err := t.ReadTile(tile)
		if err == nil {
			err = to.put(tilePath(tile), data)
		}
		if err != nil {
			return files, err
		}
		files++
	}
	return files, onDisk(filepath.Join(dir, checkpointFile), signed)
}
