package odb

import (
	"compress/zlib"
	"errors"
	"fmt"
	"io"
)

// stream inflates the bytes of one object, or of one delta: as many as its header says, no more and no less. Go's own
// zlib refuses what git's refuses. klauspost/compress is faster, but uses the codes of the block before where one has
// none.
type stream struct {
	zlib io.ReadCloser
	buf  []byte
	size int64
	read int64
	done bool
}

// unknown is the size of a stream that begins with it.
const unknown = -1

// begin starts to inflate size bytes. The reader must be a bytes.Reader or a bufio.Reader.
func (s *stream) begin(r io.Reader, size int64) (err error) {
	s.size, s.read, s.done = size, 0, false
	if s.zlib == nil {
		s.buf = make([]byte, 32<<10)
		s.zlib, err = zlib.NewReader(r)
		return err
	}
	return s.zlib.(zlib.Resetter).Reset(r, nil)
}

// next gives the next bytes, after those of the last call that are to be kept. They are good until the next call. When
// it gives no more, the size and zlib's checksum have been compared.
func (s *stream) next(keep []byte) ([]byte, error) {
	kept := copy(s.buf, keep)
	for !s.done {
		n, err := s.zlib.Read(s.buf[kept:])
		s.read += int64(n)
		s.done = errors.Is(err, io.EOF)
		if err != nil && !s.done {
			return nil, err
		}
		if err := s.check(); err != nil {
			return nil, err
		}
		if n > 0 {
			return s.buf[:kept+n], nil
		}
	}
	return s.buf[:kept], nil
}

// check compares the size with what was read.
func (s *stream) check() error {
	if s.size != unknown && (s.read > s.size || s.done && s.read < s.size) {
		return fmt.Errorf("the header says %d bytes, there are others", s.size)
	}
	return nil
}

// each gives all bytes that are left, piece by piece.
func (s *stream) each(emit func([]byte)) error {
	for {
		b, err := s.next(nil)
		if err != nil || len(b) == 0 {
			return err
		}
		emit(b)
	}
}

// collector puts an object together from its pieces. The size is a claim, so it buys little memory before the pieces
// are there.
type collector struct {
	content []byte
	size    int64
}

func newCollector(size int64) *collector {
	return &collector{make([]byte, 0, min(size, 1<<20)), size}
}

func (c *collector) add(piece []byte) {
	if n := int64(len(c.content) + len(piece)); n > int64(cap(c.content)) {
		grown := make([]byte, len(c.content), max(n, min(c.size, 8*n)))
		copy(grown, c.content)
		c.content = grown
	}
	c.content = append(c.content, piece...)
}
