// Package merkle makes a transparency log of a journal: a Merkle tree (RFC 6962, section 2.1) of which each record is a
// leaf, checkpoints that a key signs, and proofs that anybody can check who has the key's public half.
//
// Start with [Open], which gives the tree in a folder. The folder has the form of C2SP's tlog-tiles
// (https://c2sp.org/tlog-tiles): a web server that serves it as it is serves the log. [Tree.Grow] appends leaves, and
// [Tree.Publish] signs what there is as a checkpoint (https://c2sp.org/tlog-checkpoint). A [Proof] is one record with
// all that it takes to check it offline (https://c2sp.org/tlog-proof); [CheckConsistency] shows that one checkpoint
// continues another.
//
// The entry of a leaf is the SHA-256 of the record's line in the journal with its newline, 32 bytes, as sha256sum
// prints it: the same hash by which the journal's records are chained. So entries are short however long a record is,
// the served folder tells nothing of what the records say, and records in segments that were archived stay provable.
//
// Tiles are only ever added, and never changed: one that is there and has other bytes is an error. A tile that was
// changed by somebody is found, since what is read of the tree must hash to a signed checkpoint.
package merkle

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"countersign/internal/replace"
)

const (
	height    = 8           // of a tile
	width     = 1 << height // hashes of a full tile
	entrySize = 2 + 32      // of an entry in a bundle: its length, big-endian, and the hash of a line
)

// Tree is a log's tree in a folder. It is for one goroutine; [journal.Hold] keeps other processes out that would grow
// it.
type Tree struct{ dir string }

// Open gives the tree in a folder, which Grow makes if there is none.
func Open(dir string) *Tree { return &Tree{dir} }

// leafHash gives the hash of the leaf of a line with that SHA-256.
func leafHash(line [32]byte) tlog.Hash { return tlog.RecordHash(line[:]) }

// edge has the hashes of the last, partial tile of each level: what it takes to append to a tree.
type edge struct {
	size   int64
	levels [][]tlog.Hash
}

// add appends a leaf. Full is called with each tile that is full by then, from level 0 on.
func (e *edge) add(leaf tlog.Hash, full func(tile tlog.Tile, hashes []tlog.Hash) error) error {
	h := leaf
	n := e.size / width // of the tile that the leaf is in
	e.size++
	for level := 0; ; level++ {
		if level == len(e.levels) {
			e.levels = append(e.levels, nil)
		}
		e.levels[level] = append(e.levels[level], h)
		if len(e.levels[level]) < width {
			return nil
		}
		if full != nil {
			if err := full(tlog.Tile{H: height, L: level, N: n, W: width}, e.levels[level]); err != nil {
				return err
			}
		}
		h = perfect(e.levels[level])
		e.levels[level] = e.levels[level][:0]
		n /= width
	}
}

// perfect gives the root above hashes whose number is a power of two.
func perfect(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(perfect(hashes[:half]), perfect(hashes[half:]))
}

// root gives the root of the tree (RFC 6962, section 2.1): perfect trees, the largest first, each the left side of a
// node whose right side is all that follow.
func (e *edge) root() tlog.Hash {
	var trees []tlog.Hash
	for level := len(e.levels) - 1; level >= 0; level-- {
		for rest := e.levels[level]; len(rest) > 0; {
			n := 1
			for 2*n <= len(rest) {
				n *= 2
			}
			trees, rest = append(trees, perfect(rest[:n])), rest[n:]
		}
	}
	if len(trees) == 0 {
		return emptyRoot
	}
	root := trees[len(trees)-1]
	for i := len(trees) - 2; i >= 0; i-- {
		root = tlog.NodeHash(trees[i], root)
	}
	return root
}

// emptyRoot is the root of a tree without leaves: the SHA-256 of nothing.
var emptyRoot = tlog.Hash{
	0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
	0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
}

// tilePath gives where a tile is, from the folder on: tlog-tiles has no height in it.
func tilePath(t tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(t.Path(), "tile/"+strconv.Itoa(height)+"/")
}

// bundlePath gives where the entries are of the leaves of a tile of level 0.
func bundlePath(t tlog.Tile) string {
	return "tile/entries/" + strings.TrimPrefix(tilePath(t), "tile/0/")
}

// partial gives the tiles that aren't full of a tree.
func partial(size int64) (tiles []tlog.Tile) {
	n := size
	for level := 0; n > 0; level++ {
		if w := int(n % width); w > 0 {
			tiles = append(tiles, tlog.Tile{H: height, L: level, N: n / width, W: w})
		}
		n /= width
	}
	return tiles
}

// edgeOf reads what it takes to append to the tree of a checkpoint, and checks that it is that tree's.
func (t *Tree) edgeOf(c Checkpoint) (*edge, error) {
	e := &edge{size: c.Size}
	for _, tile := range partial(c.Size) {
		for len(e.levels) <= tile.L {
			e.levels = append(e.levels, nil)
		}
		data, err := t.ReadTile(tile)
		if err != nil {
			return nil, err
		}
		e.levels[tile.L] = hashesOf(data)
	}
	if e.root() != c.Root {
		return nil, fmt.Errorf("%s: its tiles aren't those of its checkpoint of %d records", t.dir, c.Size)
	}
	return e, nil
}

func hashesOf(data []byte) []tlog.Hash {
	hashes := make([]tlog.Hash, 0, width)
	for ; len(data) >= tlog.HashSize; data = data[tlog.HashSize:] {
		hashes = append(hashes, tlog.Hash(data[:tlog.HashSize]))
	}
	return hashes
}

// ReadTile reads a tile; a partial one from the full one where that has taken its place.
func (t *Tree) ReadTile(tile tlog.Tile) ([]byte, error) {
	return t.readPart(tilePath(tile), tile, tilePath, tlog.HashSize)
}

// readBundle reads the entries of a tile of level 0, in the same way.
func (t *Tree) readBundle(tile tlog.Tile) ([]byte, error) {
	return t.readPart(bundlePath(tile), tile, bundlePath, entrySize)
}

func (t *Tree) readPart(name string, tile tlog.Tile, path func(tlog.Tile) string, size int) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(t.dir, filepath.FromSlash(name)))
	if errors.Is(err, fs.ErrNotExist) && tile.W < width {
		full := tile
		full.W = width
		data, err = os.ReadFile(filepath.Join(t.dir, filepath.FromSlash(path(full))))
		data = data[:min(len(data), tile.W*size)]
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%s: %s is missing: put it back from a backup, or from where the log is served", t.dir, name)
	case err != nil:
		return nil, err
	case len(data) != tile.W*size:
		return nil, fmt.Errorf("%s: %s has %d bytes, not %d", t.dir, name, len(data), tile.W*size)
	}
	return data, nil
}

// Height, ReadTiles and SaveTiles make a tree a [tlog.TileReader].
func (t *Tree) Height() int { return height }

// ReadTiles reads tiles, which the caller is to check.
func (t *Tree) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if all[i], err = t.ReadTile(tile); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// SaveTiles does nothing: they are there.
func (t *Tree) SaveTiles([]tlog.Tile, [][]byte) {}

// of gives what reads hashes of the tree of a checkpoint, and only such.
func (t *Tree) of(c Checkpoint) tlog.HashReader {
	return tlog.TileHashReader(tlog.Tree{N: c.Size, Hash: c.Root}, t)
}

// put writes a file that never changes again.
func (t *Tree) put(name string, data []byte) error {
	path := filepath.Join(t.dir, filepath.FromSlash(name))
	before, err := os.ReadFile(path)
	switch {
	case err == nil && bytes.Equal(before, data):
		return nil
	case err == nil:
		return fmt.Errorf("%s holds another tree: %s has other bytes than these records give", t.dir, name)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return onDisk(path, data)
}

// onDisk replaces a file that everybody may read.
func onDisk(path string, data []byte) error { return replace.File(path, data, 0o644, replace.OnDisk) }
