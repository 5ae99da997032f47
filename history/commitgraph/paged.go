package commitgraph

import (
	"errors"
	"io"
	"sync"
)

const (
	pageSize = 4 << 10
	maxPages = 16 << 10 // that are kept
)

type file interface {
	io.ReaderAt
	io.Closer
}

// paged reads a file in pages, and keeps them: a walk asks for a few bytes at a time, all over the file. It may be
// asked by several goroutines.
type paged struct {
	file
	mu    sync.Mutex
	pages map[int64][]byte
}

func newPaged(f file) *paged { return &paged{file: f, pages: make(map[int64][]byte)} }

// ReadAt makes it an [io.ReaderAt].
func (p *paged) ReadAt(b []byte, at int64) (n int, err error) {
	if at < 0 {
		return 0, errNoGraph
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for n < len(b) {
		page, err := p.page((at + int64(n)) / pageSize)
		if err != nil {
			return n, err
		}
		from := min(int((at+int64(n))%pageSize), len(page))
		if from == len(page) {
			return n, io.ErrUnexpectedEOF
		}
		n += copy(b[n:], page[from:])
	}
	return n, nil
}

func (p *paged) page(i int64) ([]byte, error) {
	page, known := p.pages[i]
	if known {
		return page, nil
	}
	page = make([]byte, pageSize)
	n, err := p.file.ReadAt(page, i*pageSize)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(p.pages) == maxPages {
		clear(p.pages)
	}
	p.pages[i] = page[:n]
	return page[:n], nil
}
