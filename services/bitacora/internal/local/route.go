package local

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/service"
)

// route sends each path to its service: /v1/<first> by the operations that the services have, /<service>/… to its reference page.
// What is nobody's goes to the first service, which says so like everyone.
func route(services []*service.Service, handler func(*service.Service) http.Handler) http.Handler {
	first := map[string]http.Handler{}
	for _, s := range services {
		h := handler(s)
		first["/"+s.Name] = h
		for _, op := range s.Rest.Operations() {
			first[head(op.Path)] = h
		}
	}
	index := page(services)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch h := first[head(r.URL.Path)]; {
		case h != nil:
			h.ServeHTTP(w, r)
		case r.URL.Path == "/" || r.URL.Path == "/docs":
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
			_, _ = w.Write(index) // a client that is gone has no use for it
		default:
			services[0].Handler().ServeHTTP(w, r)
		}
	})
}

// withConsole has the console answer for everything that is neither an operation nor a reference page. Without a console those answer for all.
func withConsole(api, console http.Handler, services []*service.Service) http.Handler {
	if console == nil {
		return api
	}
	own := map[string]bool{"/docs": true, "/v1": true}
	for _, s := range services {
		own["/"+s.Name] = true
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if first := head(r.URL.Path); own[first] || strings.HasPrefix(first, "/v1/") {
			api.ServeHTTP(w, r)
			return
		}
		console.ServeHTTP(w, r)
	})
}

// head is the part of a path that says whose it is: "/v1/units" or "/asset".
func head(path string) string {
	parts := strings.SplitN(path, "/", 4)
	if len(parts) > 2 && parts[1] == "v1" {
		return "/v1/" + parts[2]
	}
	if len(parts) > 1 {
		return "/" + parts[1]
	}
	return path
}

// What the services are called on that page.
var _ = mx.Define("service", mx.Words{
	{"asset", "Unidades, tipos de equipo, bienes y existencias", "Units, equipment types, assets and stock"},
	{"workorder", "Contratistas, contratos, programas y órdenes de trabajo", "Contractors, contracts, programmes and work orders"},
	{"delivery", "Entregas", "Deliveries"},
	{"people", "Quién es quién", "Who is who"},
	{"status", "Estado por unidad, oficina, entidad y nación", "Status by unit, office, state and nation"},
})

// page is the door: it leads to the services' reference pages.
func page(services []*service.Service) []byte {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="es-MX"><meta charset="utf-8"><title>Bitácora</title>` +
		`<style>body{font:16px/1.5 system-ui,sans-serif;margin:3rem auto;max-width:40rem;padding:0 1rem}code{background:#eee;padding:0 .2em}</style>` +
		`<h1>Bitácora</h1><p>Referencia de las operaciones:</p><ul>`)
	for _, s := range services {
		es, _ := mx.Label("service", s.Name)
		fmt.Fprintf(&b, `<li><a href="/%s/docs">%s</a> (<a href="/%s/openapi.yaml">OpenAPI</a>)</li>`, s.Name, es, s.Name)
	}
	b.WriteString(`</ul><p>Salud: <a href="/healthz">healthz</a>, <a href="/readyz">readyz</a>, <a href="/metrics">metrics</a>. ` +
		`Una llave de demostración: <code>bin/bitacora token planner</code>.</p></html>`)
	return []byte(b.String())
}
