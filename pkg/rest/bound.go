package rest

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
)

// bound is a semaphore that counts the places of each client. While half of the places are free any client gets one; after that none that holds
// more than a tenth of them, so that one client cannot take all.
type bound struct {
	mu            sync.Mutex
	places, taken int
	held          map[string]int
	queue         []*queued
}

// queued is a request that waits for a place; given is closed once it has one.
type queued struct {
	who   string
	given chan struct{}
}

func newBound(places int) *bound {
	return &bound{places: places, held: map[string]int{}}
}

func (b *bound) inUse() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return float64(b.taken)
}

// crowding reports whether who holds too many places to get another.
func (b *bound) crowding(who string) bool {
	return 2*b.taken > b.places && 10*b.held[who] > b.places
}

// admits takes a place for who, if one is free and who may have it.
func (b *bound) admits(who string) bool {
	if b.taken == b.places || b.crowding(who) {
		return false
	}
	b.taken++
	b.held[who]++
	return true
}

// take takes a place for who, or returns why not.
func (b *bound) take(who string) *Problem {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.admits(who):
		return nil
	case b.crowding(who):
		return crowded()
	}
	return newProblem(http.StatusServiceUnavailable, "too-many-requests-in-flight", "the service is at its limit of requests under way; repeat in a moment").retry()
}

// wait takes a place for who as soon as one is free, in order of arrival; clients that hold too many wait longer. Its error is ctx's.
func (b *bound) wait(ctx context.Context, who string) error {
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

// leave frees a place of who, and gives it to the next in the queue that may have it.
func (b *bound) leave(who string) {
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

func (b *bound) count(who string, n int) {
	if b.held[who] += n; b.held[who] == 0 {
		delete(b.held, who)
	}
}

// rename counts a place of from as one of to, and returns a problem if to held too many already.
func (b *bound) rename(from, to string) *Problem {
	b.mu.Lock()
	defer b.mu.Unlock()
	tooMany := b.crowding(to)
	b.count(from, -1)
	b.count(to, 1)
	if tooMany {
		return crowded()
	}
	return nil
}

func crowded() *Problem {
	return newProblem(http.StatusTooManyRequests, "too-many-requests", "the service is busy, and more than a tenth of what it can carry is yours; repeat when some of your requests have been answered").retry()
}

// waitingPerPlace is how many requests may be present, waiting ones included, for each place in flight.
const waitingPerPlace = 4

// enter takes a place in flight. A request holds one while the service works for it, not while it waits for its body, in Await, or for its client to
// read the answer.
func (x *exchange) enter() *Problem {
	if p := x.server.underWay.take(x.who); p != nil {
		return p
	}
	x.place = x.server.underWay
	return nil
}

// pause frees the request's place until resume, and reports whether it had one.
func (x *exchange) pause() bool {
	if x == nil || x.place == nil {
		return false
	}
	x.place.leave(x.who)
	x.place = nil
	return true
}

// resume waits for a place after a pause. These places are separate from those of enter: one Notify wakes all waiting requests, which would take
// every place at once, and new requests would be refused.
func (x *exchange) resume(ctx context.Context) error {
	if err := x.server.resumed.wait(ctx, x.who); err != nil {
		return err
	}
	x.place = x.server.resumed
	return nil
}

// address returns where a request comes from: the peer or, if that is a trusted proxy, the last address in X-Forwarded-For that is none. For IPv6
// it is the /64 network, since one client usually has all of it.
func (s *Server) address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	client, err := netip.ParseAddr(host)
	if err != nil {
		return host
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && s.trusted(client); i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			break
		}
		client = hop
	}
	client = client.Unmap()
	if client.Is6() {
		if network, err := client.Prefix(64); err == nil {
			return network.String()
		}
	}
	return client.String()
}

func (s *Server) trusted(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
