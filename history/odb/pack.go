package odb

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"sync/atomic"

	"countersign/internal/varint"
)

// What an entry of a pack may be besides a Kind.
const (
	offsetDelta Kind = 6
	nameDelta   Kind = 7
)

// maxChain is how many deltas may lead to an object: as many as git writes (git-pack-objects(1), --depth).
const maxChain = 4095

// packHeader is the length of what a pack begins with: signature, version, number of objects.
const packHeader = 12

// pack is a pack and its index. They are mapped when the pack is first asked, and stay so: a repack takes nothing away.
type pack struct {
	path  string // without suffix
	index *index
	file  *file // nil: not mapped yet
	end   int64 // where the objects end and the checksum begins

	touched atomic.Int64 // bytes that may have come into memory since it was released
}

const (
	// maxTouched is how many bytes of a pack may be in the memory of this process. Who reads a whole history would have
	// all of the pack there.
	maxTouched = 32 << 20
	// around is how many bytes come into memory together: Linux maps 64 KiB around what is asked for.
	around = 64 << 10
)

// touch counts what is read of the pack, and releases its memory from time to time.
func (p *pack) touch(bytes int64) {
	if n := around + min(bytes, maxTouched); p.touched.Add(n) > maxTouched {
		p.touched.Store(0)
		p.file.release()
	}
}

// open maps the pack and its index, which must be each other's: gitformat-pack(5), the trailers.
func (p *pack) open(nameSize int) (err error) {
	if p.file != nil {
		return nil
	}
	x, err := openIndex(p.path+".idx", nameSize)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, x.file.Close())
		}
	}()
	f, err := openFile(p.path + ".pack")
	if err != nil {
		return err
	}
	end := f.size - int64(nameSize)
	if err := opening(func() error { return checkPack(f, x, end) }, f, x.file); err != nil {
		return errors.Join(asError(f.path, 0, err), f.Close())
	}
	p.index, p.file, p.end = x, f, end
	return nil
}

func checkPack(f *file, x *index, end int64) error {
	if end < packHeader {
		return errors.New("cut short")
	}
	head, err := f.bytes(0, packHeader)
	if err != nil {
		return err
	}
	sum, err := f.bytes(end, f.size)
	if err != nil {
		return err
	}
	version, objects := binary.BigEndian.Uint32(head[4:]), binary.BigEndian.Uint32(head[8:])
	switch {
	case string(head[:4]) != "PACK":
		return errors.New("not a pack")
	case version != 2 && version != 3:
		return fmt.Errorf("version %d is unknown", version)
	case int64(objects) != count(x.names.fanout) || !bytes.Equal(sum, x.packSum):
		return errors.New("the index belongs to another pack, or one of them was cut short")
	}
	return nil
}

func (p *pack) errorf(offset int64, format string, args ...any) error {
	return &Error{p.file.path, offset, fmt.Errorf(format, args...)}
}

// entry is what stands before the compressed bytes of an object in a pack.
type entry struct {
	offset int64
	kind   Kind
	size   int64 // of what was compressed
	data   int64 // where the compressed bytes begin
	base   int64 // for a delta: the offset of what it is a delta to
}

// entry reads what stands at an offset.
func (p *pack) entry(offset int64) (entry, error) {
	if offset < packHeader || offset >= p.end {
		return entry{}, p.errorf(offset, "no object can begin here")
	}
	// A size and an offset have at most ten bytes each, a name 32.
	b, err := p.file.bytes(offset, min(offset+64, p.end))
	if err != nil {
		return entry{}, err
	}
	e := entry{offset: offset, kind: Kind(b[0] >> 4 & 7), size: int64(b[0] & 15)}
	n := 1
	for shift := 4; b[n-1]&0x80 != 0; shift += 7 {
		if n == len(b) || shift > 53 {
			return entry{}, p.errorf(offset, "the size is cut short or too large")
		}
		e.size |= int64(b[n]&0x7f) << shift
		n++
	}
	switch e.kind {
	case Commit, Tree, Blob, Tag:
	case offsetDelta:
		back, used := varint.Read(b[n:])
		if used == 0 || back <= 0 || back > offset {
			return entry{}, p.errorf(offset, "the offset of a delta's base isn't in the pack")
		}
		e.base = offset - back
		n += used
	case nameDelta:
		size := len(p.index.packSum)
		if n+size > len(b) {
			return entry{}, p.errorf(offset, "cut short")
		}
		// The base is in the same pack (gitformat-pack(5), Deltified representation): git index-pack --fix-thin
		// completes what was sent without.
		base, found, err := p.index.find(b[n : n+size])
		if err != nil {
			return entry{}, err
		}
		if !found {
			return entry{}, p.errorf(offset, "the base of a delta, %x, isn't in the pack", b[n:n+size])
		}
		e.base = base
		n += size
	default:
		return entry{}, p.errorf(offset, "an object of kind %d", uint8(e.kind))
	}
	e.data = offset + int64(n)
	p.touch(e.size)
	return e, nil
}
