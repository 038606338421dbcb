package auth

import (
	"crypto/sha256"
	"sync"
	"time"
)

const (
	// cacheFor bounds how long a token is believed without another look at its signature: a withdrawn key stops being
	// believed within it.
	cacheFor = time.Minute
	// cacheHalf is half of how many tokens are remembered.
	cacheHalf = 4096
)

// cache remembers verified tokens by their hash, so that a caller's second request does not pay for the signature again. It has
// two halves: when the young one is full it becomes the old one, and what nobody asked for since is forgotten.
type cache struct {
	mu         sync.Mutex
	young, old map[[sha256.Size]byte]cached
}

type cached struct {
	principal *Principal
	until     time.Time
}

func newCache() *cache { return &cache{young: map[[sha256.Size]byte]cached{}} }

func (c *cache) get(key [sha256.Size]byte, now time.Time) *Principal {
	c.mu.Lock()
	defer c.mu.Unlock()
	entry, ok := c.young[key]
	if !ok {
		if entry, ok = c.old[key]; !ok {
			return nil
		}
		c.put(key, entry)
	}
	if !now.Before(entry.until) {
		return nil
	}
	return entry.principal
}

func (c *cache) add(key [sha256.Size]byte, p *Principal, until time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, cached{p, until})
}

// put is called with mu held.
func (c *cache) put(key [sha256.Size]byte, entry cached) {
	if len(c.young) >= cacheHalf {
		c.young, c.old = map[[sha256.Size]byte]cached{}, c.young
	}
	c.young[key] = entry
}
