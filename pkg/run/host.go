package run

import (
	"net"
	"net/http"
	"strings"
)

// Besides has everything that is asked of one host answered by public, and the rest by next: where all paths of a host lead to a program, what Ops
// answers would be everybody's, metrics too. The kubelet and a Prometheus ask for a pod's address, not for that name. host is host or host:port; an
// empty one, and one of this machine, hides nothing: whoever is on the machine may see it.
func Besides(host string, public, next http.Handler) http.Handler {
	if host == "" || OnThisMachine(host) {
		return next
	}
	name := hostname(host)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if hostname(r.Host) == name {
			public.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// OnThisMachine says whether a host, or host:port, is this machine's by its name or address alone.
func OnThisMachine(host string) bool {
	name := hostname(host)
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// hostname is a host in one of the ways to write it: without port, in small letters, without the dot that a full name may end with.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}
