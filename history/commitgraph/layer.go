package commitgraph

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"sync"
)

// layer is one file of a graph.
type layer struct {
	file   file
	hash   int         // bytes of a name
	fanout [256]uint32 // how many names begin with at most this byte
	names  int64       // where the names stand, in order
	data   int64       // where what is known of each stands, in the same order

	mu      sync.Mutex
	buckets [256][]byte // names by their first byte, once they were needed
}

type file interface {
	io.ReaderAt
	io.Closer
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
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	l := &layer{file: f}
	info, err := f.Stat()
	if err == nil {
		err = l.readHead(info.Size())
	}
	if err != nil {
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
	commits := int64(l.fanout[255])
	var namesSize, dataSizes int64
	l.names, namesSize = chunk("OIDL")
	l.data, dataSizes = chunk("CDAT")
	if namesSize != commits*int64(l.hash) || l.names < 0 || l.names > fileSize-namesSize ||
		dataSizes != commits*int64(l.hash+dataSize) || l.data < 0 || l.data > fileSize-dataSizes {
		return errNoGraph
	}
	return nil
}

func (l *layer) lookup(name []byte) (Commit, bool) {
	if len(name) != l.hash {
		return Commit{}, false
	}
	names, first, err := l.bucket(name[0])
	if err != nil {
		return Commit{}, false
	}
	i := sort.Search(len(names)/l.hash, func(i int) bool { return bytes.Compare(names[i*l.hash:(i+1)*l.hash], name) >= 0 })
	if i*l.hash == len(names) || !bytes.Equal(names[i*l.hash:(i+1)*l.hash], name) {
		return Commit{}, false
	}
	var level [8]byte // 30 bits, and 34 of the date
	if _, err := l.file.ReadAt(level[:], l.data+(first+int64(i))*int64(l.hash+dataSize)+int64(l.hash)+8); err != nil {
		return Commit{}, false
	}
	both := binary.BigEndian.Uint64(level[:])
	return Commit{Level: uint32(both >> 34), When: int64(both & (1<<34 - 1))}, true
}

// bucket gives the names that begin with a byte, and how many stand before them.
func (l *layer) bucket(b byte) (names []byte, first int64, err error) {
	if b > 0 {
		first = int64(l.fanout[b-1])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.buckets[b] == nil {
		read := make([]byte, (int64(l.fanout[b])-first)*int64(l.hash))
		if _, err := l.file.ReadAt(read, l.names+first*int64(l.hash)); err != nil {
			return nil, 0, err
		}
		l.buckets[b] = read
	}
	return l.buckets[b], first, nil
}
