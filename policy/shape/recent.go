package shape

import (
	"bytes"
	"slices"
	"sync"
)

// recent remembers what the last texts of a format were read as. A history gives most texts twice: as what lands,
// and as what stood there before the next change. What is remembered may be shared, and nobody changes it.
type recent[T any] struct {
	read func([]byte) (T, bool)

	mu    sync.Mutex
	texts []remembered[T] // the oldest first
	bytes int             // of the texts
}

type remembered[T any] struct {
	text  []byte
	value T
	ok    bool
}

// How many texts of a format are remembered: always some, one for each branch that is worked on at a time, and more
// while they are small, as the manifests of a project that has many.
const (
	leastRecent      = 6
	mostRecent       = 64
	mostRecentlyRead = 256 << 10 // bytes
)

// remember gives a function that reads as read does.
func remember[T any](read func([]byte) (T, bool)) func([]byte) (T, bool) {
	r := recent[T]{read: read}
	return r.get
}

func (r *recent[T]) get(text []byte) (T, bool) {
	if known := r.find(text); known != nil {
		return known.value, known.ok
	}
	value, ok := r.read(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	var room []byte // of one that is forgotten
	for r.full(len(r.texts)-n+1, len(text)) {
		oldest := r.texts[n].text
		if cap(oldest) <= 2*len(text) {
			room = oldest[:0]
		}
		r.bytes -= len(oldest)
		n++
	}
	r.texts = append(slices.Delete(r.texts, 0, n), remembered[T]{append(room, text...), value, ok})
	r.bytes += len(text)
	return value, ok
}

// full says whether so many texts are too many, of which the newest has so many bytes.
func (r *recent[T]) full(texts, newest int) bool {
	return texts > mostRecent || texts > leastRecent && r.bytes+newest > mostRecentlyRead
}

// find gives what a text was read as, nil if it isn't remembered.
func (r *recent[T]) find(text []byte) *remembered[T] {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.texts {
		if t := &r.texts[i]; bytes.Equal(t.text, text) {
			return &remembered[T]{value: t.value, ok: t.ok}
		}
	}
	return nil
}
