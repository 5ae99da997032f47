package site

import (
	"sync"

	"countersign/history"
)

// Unseen are files whose content isn't here, as in a partial clone. Several goroutines may add to them. A nil Unseen
// has none.
type Unseen struct {
	mu    sync.Mutex
	blobs map[history.ID]bool
}

// MaxUnseen bounds what is remembered of them.
const MaxUnseen = 100_000

// Add adds a blob.
func (u *Unseen) Add(blob history.ID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.blobs == nil {
		u.blobs = make(map[history.ID]bool)
	}
	if len(u.blobs) <= MaxUnseen {
		u.blobs[blob] = true
	}
}

// Count says how many different ones there are. More than [MaxUnseen] are one more than that.
func (u *Unseen) Count() int {
	if u == nil {
		return 0
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return len(u.blobs)
}
