package commitgraph

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sort"

	"countersign/internal/objectid"
	"countersign/internal/regular"
)

// layer is one file of a graph.
type layer struct {
	path   string
	file   *paged
	hash   int         // bytes of a name
	fanout [256]uint32 // how many names begin with at most this byte
	names  int64       // where the names stand, in order
	data   int64       // where what is known of each stands, in the same order
	below  int         // how many files it builds on
	edges  int64       // where places of parents stand, of which a commit has more than two
	many   int64       // bytes of these
}

// The sizes of a file's parts, in bytes.
const (
	headerSize = 8       // "CGPH", version, hash, how many chunks, how many files below
	rowSize    = 12      // of the list of chunks: a name, and where it begins
	fanoutSize = 256 * 4 // the chunk OIDF
	dataSize   = 16      // of a commit in the chunk CDAT, beside its tree's name
)

// errNoGraph says that a file isn't what this package reads.
var errNoGraph = errors.New("no commit-graph of version 1")

func openLayer(path string) (*layer, error) {
	f, size, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	l := &layer{path: path, file: newPaged(f)}
	if err := l.readHead(size); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return l, nil
}

// readHead finds the chunks, and sees to it that the file is long enough for them.
func (l *layer) readHead(fileSize int64) error {
	head := make([]byte, headerSize)
	if _, err := l.file.ReadAt(head, 0); err != nil {
		return err
	}
	l.hash = map[byte]int{1: sha1.Size, 2: sha256.Size}[head[5]]
	if string(head[:4]) != "CGPH" || head[4] != 1 || l.hash == 0 {
		return errNoGraph
	}
	list := make([]byte, (int(head[6])+1)*rowSize) // the last row says where the last chunk ends
	if _, err := l.file.ReadAt(list, headerSize); err != nil {
		return err
	}
	chunk := func(name string) (at, size int64) {
		for i := 0; i+2*rowSize <= len(list); i += rowSize {
			if string(list[i:i+4]) == name {
				at = int64(binary.BigEndian.Uint64(list[i+4:]))
				return at, int64(binary.BigEndian.Uint64(list[i+4+rowSize:])) - at
			}
		}
		return 0, 0
	}
	fanout, size := chunk("OIDF")
	if size != fanoutSize {
		return errNoGraph
	}
	counts := make([]byte, fanoutSize)
	if _, err := l.file.ReadAt(counts, fanout); err != nil {
		return err
	}
	for i := range l.fanout {
		if l.fanout[i] = binary.BigEndian.Uint32(counts[4*i:]); i > 0 && l.fanout[i] < l.fanout[i-1] {
			return errNoGraph
		}
	}
	var namesSize, dataSizes int64
	l.names, namesSize = chunk("OIDL")
	l.data, dataSizes = chunk("CDAT")
	edges, edgesSize := chunk("EDGE")
	if namesSize != l.commits()*int64(l.hash) || l.names < 0 || l.names > fileSize-namesSize ||
		dataSizes != l.commits()*int64(l.hash+dataSize) || l.data < 0 || l.data > fileSize-dataSizes ||
		edgesSize < 0 || edges < 0 || edges > fileSize-edgesSize {
		return errNoGraph
	}
	l.below, l.edges, l.many = int(head[7]), edges, edgesSize
	return nil
}

// commits is how many there are.
func (l *layer) commits() int64 { return int64(l.fanout[255]) }

// name gives the name at a place.
func (l *layer) name(at int64) (objectid.ID, error) {
	sum := make([]byte, l.hash)
	if _, err := l.file.ReadAt(sum, l.names+at*int64(l.hash)); err != nil {
		return objectid.ID{}, err
	}
	return objectid.FromBytes(sum)
}

// find gives the place of a commit.
func (l *layer) find(id objectid.ID) (at int64, ok bool) {
	if id.Size() != l.hash {
		return 0, false
	}
	name := id.Bytes()
	if b := name[0]; b > 0 {
		at = int64(l.fanout[b-1])
	}
	there := make([]byte, l.hash)
	var failed error
	many := int(int64(l.fanout[name[0]]) - at)
	i, found := sort.Find(many, func(i int) int {
		if _, err := l.file.ReadAt(there, l.names+(at+int64(i))*int64(l.hash)); err != nil {
			failed = err
		}
		return bytes.Compare(name, there)
	})
	return at + int64(i), found && failed == nil
}

// Places of parents in the chunks CDAT and EDGE.
const (
	noParent   = 0x70000000
	moreBit    = 1 << 31 // in CDAT: the second and all after it stand in EDGE
	lastBit    = 1 << 31 // in EDGE
	placesMask = 1<<31 - 1
)

// maxParents is how many parents are read of a commit. One with more counts as one that the graph doesn't know.
const maxParents = 1024

// commit gives what stands at a place, and the places of the parents.
func (l *layer) commit(at int64) (c Commit, parents []int64, err error) {
	data := make([]byte, dataSize)
	if _, err := l.file.ReadAt(data, l.data+at*int64(l.hash+dataSize)+int64(l.hash)); err != nil {
		return c, nil, err
	}
	one, two := binary.BigEndian.Uint32(data), binary.BigEndian.Uint32(data[4:])
	if one != noParent {
		parents = append(parents, int64(one))
	}
	switch {
	case two&moreBit != 0:
		for i := int64(two&placesMask) * 4; ; i += 4 {
			edge := make([]byte, 4)
			if i+4 > l.many || len(parents) == maxParents {
				return c, nil, errNoGraph
			}
			if _, err := l.file.ReadAt(edge, l.edges+i); err != nil {
				return c, nil, err
			}
			place := binary.BigEndian.Uint32(edge)
			parents = append(parents, int64(place&placesMask))
			if place&lastBit != 0 {
				break
			}
		}
	case two != noParent:
		parents = append(parents, int64(two))
	}
	both := binary.BigEndian.Uint64(data[8:]) // 30 bits of the level, and 34 of the date
	return Commit{Level: uint32(both >> 34), When: int64(both & (1<<34 - 1))}, parents, nil
}
