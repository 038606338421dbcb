package rest

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
)

// bound is a limited number of places, and who holds how many of them. As long as half of them are free everybody is given one; after
// that nobody who holds more than a tenth is, so that one client cannot take what all need.
type bound struct {
	taken chan struct{}
	mu    sync.Mutex
	held  map[string]int
}

func newBound(limit int) *bound {
	return &bound{taken: make(chan struct{}, limit), held: map[string]int{}}
}

// crowding says whether who holds too many places to be given another.
func (b *bound) crowding(who string) bool {
	return 2*len(b.taken) > cap(b.taken) && 10*b.held[who] > cap(b.taken)
}

// take gives who a place, or says why not.
func (b *bound) take(who string) *Problem {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.crowding(who) {
		return crowded()
	}
	select {
	case b.taken <- struct{}{}:
		b.held[who]++
		return nil
	default:
		return newProblem(http.StatusServiceUnavailable, "too-many-requests-in-flight", "the service is at its limit of requests under way; repeat in a moment").retry()
	}
}

// wait gives who a place as soon as one is free; those who wait go before those who take.
func (b *bound) wait(ctx context.Context, who string) error {
	select {
	case b.taken <- struct{}{}:
		b.mu.Lock()
		b.held[who]++
		b.mu.Unlock()
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (b *bound) leave(who string) {
	b.mu.Lock()
	b.count(who, -1)
	b.mu.Unlock()
	<-b.taken
}

func (b *bound) count(who string, n int) {
	if b.held[who] += n; b.held[who] == 0 {
		delete(b.held, who)
	}
}

// rename counts a place that was from's as to's, and says whether to holds too many with it.
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

// waitingPerPlace is how many requests may be there at once, waiting ones included, for each that may be under way.
const waitingPerPlace = 4

// enter takes a place among the requests under way; a request holds one while the service works for it, not while it waits for its own
// body, for what has not arrived yet, or for its reader.
func (x *exchange) enter() *Problem {
	if p := x.server.underWay.take(x.who); p != nil {
		return p
	}
	x.working = true
	x.server.metrics.inFlight.Inc()
	return nil
}

// pause gives the place back until resume; it says whether there was one.
func (x *exchange) pause() bool {
	if x == nil || !x.working {
		return false
	}
	x.working = false
	x.server.metrics.inFlight.Dec()
	x.server.underWay.leave(x.who)
	return true
}

// resume waits for a place again.
func (x *exchange) resume(ctx context.Context) error {
	if err := x.server.underWay.wait(ctx, x.who); err != nil {
		return err
	}
	x.working = true
	x.server.metrics.inFlight.Inc()
	return nil
}

// address is where a request comes from: the peer, or, where that is a trusted proxy, the last address in X-Forwarded-For that is none.
// Of IPv6 it is the network of 64 bits, of which a client usually has all.
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
