package odb

import "sync"

const (
	maxCached    = 16 << 20 // bytes of all that a cache keeps
	maxCachedOne = 8 << 20  // bytes of one object that is worth keeping
)

// made is an object of a pack, put together.
type made struct {
	kind    Kind
	content []byte // nobody may change it
	deltas  int    // how many deltas led to it
	work    int64  // bytes of all that was put together for it
}

// cache remembers the objects of packs that were used last: others may be deltas to them.
type cache struct {
	mu    sync.Mutex
	known map[cacheKey]*cached
	ring  cached // its older is the newest, its newer the oldest
	bytes int
}

type cacheKey struct {
	pack   *pack
	offset int64
}

type cached struct {
	made
	key          cacheKey
	newer, older *cached
}

func newCache() *cache {
	c := &cache{known: make(map[cacheKey]*cached)}
	c.ring.newer, c.ring.older = &c.ring, &c.ring
	return c
}

// get gives an object, or nil.
func (c *cache) get(p *pack, offset int64) *made {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := c.known[cacheKey{p, offset}]
	if o == nil {
		return nil
	}
	o.unlink()
	c.link(o)
	return &o.made
}

// put keeps an object, and drops those that were used longest ago.
func (c *cache) put(p *pack, offset int64, m made) {
	if len(m.content) > maxCachedOne {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	o := &cached{made: m, key: cacheKey{p, offset}}
	if c.known[o.key] != nil { // another goroutine was faster
		return
	}
	c.known[o.key] = o
	c.link(o)
	for c.bytes += o.cost(); c.bytes > maxCached; {
		last := c.ring.newer
		last.unlink()
		delete(c.known, last.key)
		c.bytes -= last.cost()
	}
}

// cost is the memory of an object and of what is kept with it, about.
func (o *cached) cost() int { return cap(o.content) + 250 }

// link makes an object the newest.
func (c *cache) link(o *cached) {
	o.newer, o.older = &c.ring, c.ring.older
	o.older.newer, c.ring.older = o, o
}

func (o *cached) unlink() { o.newer.older, o.older.newer = o.older, o.newer }
