package rest

import (
	"net/http"
	"net/netip"
	"testing"
)

func TestWhereARequestComesFrom(t *testing.T) {
	s := &Server{cfg: Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}}}
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"a client", "203.0.113.7:4711", nil, "203.0.113.7"},
		{"a client that claims another address", "203.0.113.7:4711", []string{"198.51.100.1"}, "203.0.113.7"},
		{"through a proxy", "10.1.2.3:80", []string{"203.0.113.7"}, "203.0.113.7"},
		{"through two proxies", "10.1.2.3:80", []string{"203.0.113.7, 10.9.9.9"}, "203.0.113.7"},
		{"through two proxies, a line each", "10.1.2.3:80", []string{"203.0.113.7", "10.9.9.9"}, "203.0.113.7"},
		{"a claim in front of what the proxy saw", "10.1.2.3:80", []string{"198.51.100.1, 203.0.113.7"}, "203.0.113.7"},
		{"a proxy that says nothing", "10.1.2.3:80", nil, "10.1.2.3"},
		{"a proxy that says nonsense", "10.1.2.3:80", []string{"unknown"}, "10.1.2.3"},
		{"a proxy by IPv6", "[fd00::1]:80", []string{"203.0.113.7"}, "203.0.113.7"},
		{"a proxy by IPv4 in IPv6", "[::ffff:10.1.2.3]:80", []string{"203.0.113.7"}, "203.0.113.7"},
		{"of IPv6 the network", "[2001:db8:1:2:3:4:5:6]:80", nil, "2001:db8:1:2::/64"},
	} {
		r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-For": tt.forwarded}}
		if got := s.address(r); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestPlacesAreCountedByWhoHoldsThem(t *testing.T) {
	b := newBound(20)
	for range 11 {
		if p := b.take("address 1"); p != nil {
			t.Fatal(p)
		}
	}
	if p := b.take("address 1"); p == nil || p.Status != http.StatusTooManyRequests {
		t.Errorf("more than half taken, all by one: %v", p)
	}
	if p := b.take("address 2"); p != nil {
		t.Errorf("another: %v", p)
	}
	// A valid token makes an address's place its subject's: an ingress is not one client.
	for range 11 {
		_ = b.rename("address 1", "subject ana")
	}
	if p := b.take("address 1"); p != nil {
		t.Errorf("the address holds little now: %v", p)
	}
	if p := b.rename("address 2", "subject ana"); p == nil || p.Status != http.StatusTooManyRequests {
		t.Errorf("who holds more than a tenth: %v", p)
	}
}
