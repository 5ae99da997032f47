package shape

import (
	"bytes"
	"sync"
)

// recent remembers what the last texts of a format were read as. A history gives most texts twice: as what lands,
// and as what stood there before the next change. What is remembered may be shared, and nobody changes it.
type recent[T any] struct {
	read func([]byte) (T, bool)

	mu    sync.Mutex
	texts [recentTexts]struct {
		known bool
		text  []byte
		value T
		ok    bool
	}
	next int
}

// recentTexts is how many texts of a format are remembered: one for each branch that is worked on at a time.
const recentTexts = 3

// remember gives a function that reads as read does.
func remember[T any](read func([]byte) (T, bool)) func([]byte) (T, bool) {
	r := recent[T]{read: read}
	return r.get
}

func (r *recent[T]) get(text []byte) (T, bool) {
	r.mu.Lock()
	for i := range r.texts {
		if t := &r.texts[i]; t.known && bytes.Equal(t.text, text) {
			value, ok := t.value, t.ok
			r.mu.Unlock()
			return value, ok
		}
	}
	r.mu.Unlock()
	value, ok := r.read(text)
	r.mu.Lock()
	defer r.mu.Unlock()
	t := &r.texts[r.next]
	t.known, t.text, t.value, t.ok = true, append(t.text[:0], text...), value, ok
	r.next = (r.next + 1) % recentTexts
	return value, ok
}
