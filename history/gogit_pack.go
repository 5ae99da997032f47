package history

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"

	"countersign/internal/objectid"
)

// maxDeltaChain is the longest chain git writes (git-pack-objects(1), --depth). It also ends a
// circle of deltas, which go-git's own Packfile follows until the stack is full.
const maxDeltaChain = 4095

// maxDeltified bounds what is put together in memory. Git makes no deltas of larger files than 512 MiB
// (git-config(1), core.bigFileThreshold).
const maxDeltified = 1 << 30

// pack is a pack with its index in memory and its file open, so that a repack meanwhile takes
// nothing away.
type pack struct {
	path    string
	file    *os.File
	index   *idxfile.MemoryIndex
	scanner *packfile.Scanner
}

// openPack opens the pack whose files begin with path.
func openPack(path string) (*pack, error) {
	indexFile, err := os.Open(path + ".idx")
	if err != nil {
		return nil, err
	}
	defer indexFile.Close()
	index := idxfile.NewMemoryIndex()
	if err := idxfile.NewDecoder(indexFile).Decode(index); err != nil {
		return nil, fmt.Errorf("%s.idx: %w", path, err)
	}
	file, err := os.Open(path + ".pack")
	if err != nil {
		return nil, err
	}
	// The index and the pack must be each other's: gitformat-pack(5), the trailers.
	trailer := make([]byte, len(index.PackfileChecksum))
	if _, err = file.Seek(-int64(len(trailer)), io.SeekEnd); err == nil {
		_, err = io.ReadFull(file, trailer)
	}
	if err == nil && !bytes.Equal(trailer, index.PackfileChecksum[:]) {
		err = errors.New("the index belongs to another pack")
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s.pack: %w", path, err), file.Close())
	}
	return &pack{path: path, file: file, index: index, scanner: packfile.NewScanner(file)}, nil
}

// withPrefix adds the objects whose names begin with a hexadecimal prefix of at least two digits.
func (p *pack) withPrefix(prefix string, found map[ID]struct{}) error {
	first, err := hex.DecodeString(prefix[:2])
	if err != nil {
		return err
	}
	at := p.index.FanoutMapping[first[0]]
	if at < 0 { // no object's name begins with this byte
		return nil
	}
	for name := range slices.Chunk(p.index.Names[at], 20) {
		if strings.HasPrefix(hex.EncodeToString(name), prefix) {
			id, err := objectid.FromBytes(name)
			if err != nil {
				return err
			}
			found[id] = struct{}{}
		}
	}
	return nil
}

// open gives type, size and content of the object at an offset. What is stored whole is streamed;
// what is stored as a delta is put together in memory, as git does.
func (p *pack) open(offset int64, bases *deltaBases) (plumbing.ObjectType, int64, io.ReadCloser, error) {
	h, err := p.scanner.SeekObjectHeader(offset)
	if err != nil {
		return 0, 0, nil, err
	}
	if !h.Type.IsDelta() {
		body, err := p.scanner.ReadObject()
		return h.Type, h.Length, body, err
	}
	base, err := p.resolve(offset, bases)
	if err != nil {
		return 0, 0, nil, err
	}
	return base.kind, int64(len(base.content)), io.NopCloser(bytes.NewReader(base.content)), nil
}

// resolve puts the object at an offset together: down the chain of deltas to something whole or
// already known, and up again.
func (p *pack) resolve(offset int64, bases *deltaBases) (deltaBase, error) {
	type step struct {
		offset int64
		delta  []byte
	}
	var chain []step
	base, known := bases.get(p, offset)
	for !known {
		h, err := p.scanner.SeekObjectHeader(offset)
		if err != nil {
			return deltaBase{}, err
		}
		content, err := p.inflate(h)
		if err != nil {
			return deltaBase{}, err
		}
		if !h.Type.IsDelta() {
			base = deltaBase{h.Type, content}
			bases.put(p, offset, base)
			break
		}
		if chain = append(chain, step{offset, content}); len(chain) > maxDeltaChain {
			return deltaBase{}, fmt.Errorf("%s.pack: a chain of more than %d deltas", p.path, maxDeltaChain)
		}
		offset = h.OffsetReference
		if h.Type == plumbing.REFDeltaObject {
			if offset, err = p.index.FindOffset(h.Reference); err != nil {
				return deltaBase{}, fmt.Errorf("%s.pack: delta base %s: %w", p.path, h.Reference, err)
			}
		}
		base, known = bases.get(p, offset)
	}
	for i := len(chain) - 1; i >= 0; i-- {
		// A delta begins with the sizes of its base and of its result (gitformat-pack(5)).
		_, n := binary.Uvarint(chain[i].delta)
		if size, _ := binary.Uvarint(chain[i].delta[max(n, 0):]); size > maxDeltified {
			return deltaBase{}, exceeds("", "an object of %d bytes stored as a delta, %d are allowed", size, maxDeltified)
		}
		content, err := packfile.PatchDelta(base.content, chain[i].delta)
		if err != nil {
			return deltaBase{}, err
		}
		base = deltaBase{base.kind, content}
		bases.put(p, chain[i].offset, base)
	}
	return base, nil
}

// inflate reads what follows a header just read.
func (p *pack) inflate(h *packfile.ObjectHeader) ([]byte, error) {
	if h.Length > maxDeltified {
		return nil, exceeds("", "a delta or its base of %d bytes, %d are allowed", h.Length, maxDeltified)
	}
	var buf bytes.Buffer
	n, _, err := p.scanner.NextObject(&buf)
	if err == nil && n != h.Length {
		err = fmt.Errorf("%s.pack: the header at %d says %d bytes, there are %d", p.path, h.Offset, h.Length, n)
	}
	return buf.Bytes(), err
}

// deltaBases remembers objects that others may be deltas to. When it is full it starts afresh:
// history is read from one end to the other, so what was used last is used next.
type deltaBases struct {
	known map[baseKey]deltaBase
	bytes int
}

type baseKey struct {
	pack   *pack
	offset int64
}

type deltaBase struct {
	kind    plumbing.ObjectType
	content []byte
}

// maxBaseBytes bounds what deltaBases keeps.
const maxBaseBytes = 64 << 20

func newDeltaBases() *deltaBases { return &deltaBases{known: map[baseKey]deltaBase{}} }

func (b *deltaBases) get(p *pack, offset int64) (deltaBase, bool) {
	base, ok := b.known[baseKey{p, offset}]
	return base, ok
}

func (b *deltaBases) put(p *pack, offset int64, base deltaBase) {
	if b.bytes += len(base.content); b.bytes > maxBaseBytes {
		clear(b.known)
		b.bytes = len(base.content)
	}
	b.known[baseKey{p, offset}] = base
}
