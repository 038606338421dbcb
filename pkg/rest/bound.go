package rest

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/run"
)

// bound are the places of requests, with the answers for whom there is none.
type bound struct{ *run.Places }

func newBound(places int) *bound { return &bound{run.NewPlaces(places)} }

// take takes a place for who, or returns why not.
func (b *bound) take(who string) *Problem {
	switch b.Take(who) {
	case run.Placed:
		return nil
	case run.Crowding:
		return crowded()
	}
	return newProblem(http.StatusServiceUnavailable, "too-many-requests-in-flight", "the service is at its limit of requests under way; repeat in a moment").retry()
}

// rename counts a place of from as one of to, and returns a problem if to held too many already.
func (b *bound) rename(from, to string) *Problem {
	if b.Rename(from, to) == run.Crowding {
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
	x.place.Leave(x.who)
	x.place = nil
	return true
}

// resume waits for a place after a pause. These places are separate from those of enter: one Notify wakes all waiting requests, which would take
// every place at once, and new requests would be refused.
func (x *exchange) resume(ctx context.Context) error {
	if err := x.server.resumed.Wait(ctx, x.who); err != nil {
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
