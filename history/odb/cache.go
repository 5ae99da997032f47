package odb

import "sync"

const (
	maxCached    = 64 << 20      // bytes of all that a cache keeps
	maxCachedOne = maxCached / 8 // bytes of one object that is worth keeping
)

// cached is an object that others may be deltas to.
type cached struct {
	key          cacheKey
	kind         Kind
	content      []byte
	newer, older *cached
}

type cacheKey struct {
	pack   *pack
	offset int64
}

// cache remembers the objects of packs that were used last.
type cache struct {
	mu    sync.Mutex
	known map[cacheKey]*cached
	ring  cached // its older is the newest, its newer the oldest
	bytes int
}

func newCache() *cache {
	c := &cache{known: make(map[cacheKey]*cached)}
	c.ring.newer, c.ring.older = &c.ring, &c.ring
	return c
}

// get gives an object, or nil.
func (c *cache) get(p *pack, offset int64) *cached {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.known[cacheKey{p, offset}]
	if o != nil {
		o.unlink()
		c.link(o)
	}
	return o
}

// put keeps an object, whose content nobody may change any more, and drops those that were used longest ago.
func (c *cache) put(p *pack, offset int64, kind Kind, content []byte) {
	if len(content) > maxCachedOne {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	key := cacheKey{p, offset}
	if c.known[key] != nil { // another goroutine was faster
		return
	}
	o := &cached{key: key, kind: kind, content: content}
	c.known[key] = o
	c.link(o)
	for c.bytes += o.cost(); c.bytes > maxCached; {
		last := c.ring.newer
		last.unlink()
		delete(c.known, last.key)
		c.bytes -= last.cost()
	}
}

// cost is the memory of an object and of what is kept with it, about.
func (o *cached) cost() int { return cap(o.content) + 200 }

// link makes an object the newest.
func (c *cache) link(o *cached) {
	o.newer, o.older = &c.ring, c.ring.older
	o.older.newer, c.ring.older = o, o
}

func (o *cached) unlink() { o.newer.older, o.older.newer = o.older, o.newer }
