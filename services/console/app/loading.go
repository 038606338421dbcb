package app

import (
	"net/http"

	"github.com/bitacora-salud/bitacora/services/console/internal/pages"
)

// awaiting answers every page with one that says how much of the demonstration is there, until all of it is. It comes again by itself, also without
// JavaScript: the page that was asked for, or, of a form, home.
func awaiting(loading func() (percent int, yes bool), render pages.Renderer, next http.Handler) http.Handler {
	if loading == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		percent, yes := loading()
		if !yes {
			next.ServeHTTP(w, r)
			return
		}
		again, refresh := r.URL.RequestURI(), "2"
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			again, refresh = "/", "2; url=/"
		}
		w.Header().Set("Refresh", refresh)
		w.Header().Set("Retry-After", "2")
		w.Header().Set("Cache-Control", "no-store")
		render.Write(w, r, http.StatusServiceUnavailable, nil, pages.Loading(percent, again))
	})
}
