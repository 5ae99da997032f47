package odb

import "sync"

const (
	maxCached      = 16 << 20 // bytes of all objects that are kept
	maxCachedOne   = 8 << 20  // bytes of one that is worth keeping
	maxCachedSteps = 6 << 20  // bytes of all deltas that are kept
	maxStepsOne    = 16 << 10 // bytes of one that is worth keeping
)

// made is an object of a pack, put together.
type made struct {
	kind    Kind
	content []byte // nobody may change it
	deltas  int    // how many deltas led to it
	work    int64  // bytes of all that was put together for it
}

func (m made) bytes() int { return cap(m.content) }

// cache remembers what was read last of packs: objects to which others may be deltas, or deltas as they are before they
// are applied.
type cache[V any] struct {
	most, one int // bytes of all, and of one that is worth keeping
	size      func(V) int

	mu    sync.Mutex
	known map[cacheKey]*cached[V]
	ring  cached[V] // its older is the newest, its newer the oldest
	bytes int
}

type cacheKey struct {
	pack   *pack
	offset int64
}

type cached[V any] struct {
	value        V
	key          cacheKey
	newer, older *cached[V]
}

func newCache[V any](most, one int, size func(V) int) *cache[V] {
	c := &cache[V]{most: most, one: one, size: size, known: make(map[cacheKey]*cached[V])}
	c.ring.newer, c.ring.older = &c.ring, &c.ring
	return c
}

// get gives what is kept of an offset, or nil.
func (c *cache[V]) get(p *pack, offset int64) *V {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.known[cacheKey{p, offset}]
	if o == nil {
		return nil
	}
	o.unlink()
	c.link(o)
	return &o.value
}

// put keeps a value, and drops those that were used longest ago.
func (c *cache[V]) put(p *pack, offset int64, v V) {
	if c.size(v) > c.one {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &cached[V]{value: v, key: cacheKey{p, offset}}
	if c.known[o.key] != nil { // another goroutine was faster
		return
	}
	c.known[o.key] = o
	c.link(o)
	for c.bytes += c.cost(o); c.bytes > c.most; {
		last := c.ring.newer
		last.unlink()
		delete(c.known, last.key)
		c.bytes -= c.cost(last)
	}
}

// cost is the memory of a value and of what is kept with it, about.
func (c *cache[V]) cost(o *cached[V]) int { return c.size(o.value) + 250 }

// link makes a value the newest.
func (c *cache[V]) link(o *cached[V]) {
	o.newer, o.older = &c.ring, c.ring.older
	o.older.newer, c.ring.older = o, o
}

func (o *cached[V]) unlink() { o.newer.older, o.older.newer = o.older, o.newer }
