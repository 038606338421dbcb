//go:build integration

package app_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/console/app"
)

// replica runs a console as a process does, until stop.
func replica(t *testing.T, env app.Environment) (address *url.URL, stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	listening, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		ended <- app.Serve(ctx, env, "test", slog.New(slog.DiscardHandler), func(addr string) { listening <- addr })
	}()
	select {
	case addr := <-listening:
		return &url.URL{Scheme: "http", Host: addr}, func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	case err := <-ended:
		t.Fatal(err)
		panic("unreachable")
	}
}

// environment is that of a process on a database of its own.
func environment(t *testing.T, w *world) (env app.Environment) {
	t.Helper()
	uri, name := testenv.Database(t)
	if err := config.Load(process.Prefix, &env, []string{"BITACORA_HTTP_ADDR=127.0.0.1:0", "BITACORA_MONGODB_URI=" + uri, "BITACORA_MONGODB_DATABASE=" + name,
		"BITACORA_OIDC_ISSUER=" + w.provider.URL, "BITACORA_CONSOLE_URL=http://127.0.0.1",
		"BITACORA_CONSOLE_SESSION_KEY=" + base64.StdEncoding.EncodeToString(make([]byte, app.KeySize))}); err != nil {
		t.Fatal(err)
	}
	return env
}

// TestAProcessTellsItsMetricsToTheClusterAndNotToThePublic: what it was asked for, and its store's, at its own address alone.
func TestAProcessTellsItsMetricsToTheClusterAndNotToThePublic(t *testing.T) {
	env := environment(t, newWorld(t, elsewhere))
	env.Console.URL = "https://b.example"
	at, stop := replica(t, env)
	defer stop()
	ask := func(host, path string) page {
		return newBrowser(t, at.String()).send("GET", path, nil, func(r *http.Request) { r.Host = host })
	}
	ask("b.example", "/salir").wants(t, 200, "Cerró la sesión")
	ask("b.example", "/metrics").wants(t, 404, "No encontramos esta página")
	p := ask(at.Host, "/metrics")
	for _, want := range []string{`bitacora_http_requests_total{operation="GET /salir",outcome="done",service="console",status="200"} 1`,
		`bitacora_store_calls_in_flight{service="console"}`, "bitacora_mongodb_transactions_retried_total", "bitacora_console_sessions", "bitacora_auth_grants_ignored_total", "bitacora_ready 0"} {
		if !strings.Contains(p.body, want) {
			t.Errorf("/metrics does not say %s", want)
		}
	}
}

// TestReplicasOnMongoDBShareSessions: one signs somebody in and ends, the other goes on.
func TestReplicasOnMongoDBShareSessions(t *testing.T) {
	w := newWorld(t, elsewhere)
	w.clock = nil // Serve goes by the machine's
	env := environment(t, w)
	if err := app.Migrate(t.Context(), env, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	var to atomic.Pointer[url.URL] // which replica the balancer sends browsers to
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to.Load()); r.Out.Host = r.In.Host }})
	t.Cleanup(front.Close)
	env.Console.URL = front.URL
	one, stopOne := replica(t, env)
	two, stopTwo := replica(t, env)
	defer stopTwo()
	to.Store(one)
	b := newBrowser(t, front.URL)
	b.enterPlain(director, "/quien-soy").wants(t, 200, "Quién soy y qué puedo hacer")
	page := b.get("/salir").wants(t, 200, "¿Cerrar la sesión?")
	stopOne()
	to.Store(two)
	b.get("/quien-soy").wants(t, 200, "Quién soy y qué puedo hacer")
	b.submit(page, nil).wants(t, 200, "Cerró la sesión") // a form of the one that ended
	b.enterPlain(director, "/quien-soy").wants(t, 200, "Quién soy y qué puedo hacer")
}
