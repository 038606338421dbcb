package run

import (
	"context"
	"slices"
	"sync"
)

// Places is a semaphore that counts the places of each client. While half of the places are free any client gets one; after that none that holds
// more than a tenth of them, so that one client cannot take all. Services and the console bound what they do at once by it.
type Places struct {
	mu            sync.Mutex
	places, taken int
	held          map[string]int
	queue         []*queued
}

// Placing says whether somebody got a place.
type Placing int

// Placed: there was one. Crowding: the client holds too many. Full: nobody gets one.
const (
	Placed Placing = iota
	Crowding
	Full
)

// queued is a request that waits for a place; given is closed once it has one.
type queued struct {
	who   string
	given chan struct{}
}

// NewPlaces are so many places, all free.
func NewPlaces(places int) *Places {
	return &Places{places: places, held: map[string]int{}}
}

// InUse is how many are taken.
func (b *Places) InUse() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return float64(b.taken)
}

// crowding reports whether who holds too many places to get another.
func (b *Places) crowding(who string) bool {
	return 2*b.taken > b.places && 10*b.held[who] > b.places
}

// admits takes a place for who, if one is free and who may have it.
func (b *Places) admits(who string) bool {
	if b.taken == b.places || b.crowding(who) {
		return false
	}
	b.taken++
	b.held[who]++
	return true
}

// Take takes a place for who, or says why not. Each that was taken is given back by Leave.
func (b *Places) Take(who string) Placing {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.admits(who):
		return Placed
	case b.crowding(who):
		return Crowding
	}
	return Full
}

// Wait takes a place for who as soon as one is free, in order of arrival; clients that hold too many wait longer. Its error is ctx's.
func (b *Places) Wait(ctx context.Context, who string) error {
	b.mu.Lock()
	if b.admits(who) { // nobody in the queue may have it, or it would be taken
		b.mu.Unlock()
		return nil
	}
	q := &queued{who, make(chan struct{})}
	b.queue = append(b.queue, q)
	b.mu.Unlock()
	select {
	case <-q.given:
		return nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	i := slices.Index(b.queue, q)
	if i < 0 {
		return nil // it was given at the same moment
	}
	b.queue = slices.Delete(b.queue, i, i+1)
	return ctx.Err()
}

// Leave frees a place of who, and gives it to the next in the queue that may have it.
func (b *Places) Leave(who string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.count(who, -1)
	b.taken--
	b.queue = slices.DeleteFunc(b.queue, func(q *queued) bool {
		admitted := b.admits(q.who)
		if admitted {
			close(q.given)
		}
		return admitted
	})
}

func (b *Places) count(who string, n int) {
	if b.held[who] += n; b.held[who] == 0 {
		delete(b.held, who)
	}
}

// Rename counts a place of from as one of to, and says Crowding if to held too many already.
func (b *Places) Rename(from, to string) Placing {
	b.mu.Lock()
	defer b.mu.Unlock()
	tooMany := b.crowding(to)
	b.count(from, -1)
	b.count(to, 1)
	if tooMany {
		return Crowding
	}
	return Placed
}
