//go:build integration

package app_test

import (
	"context"
	"encoding/base64"
	"log/slog"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
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

// TestReplicasOnMongoDBShareSessions: one signs somebody in and ends, the other goes on.
func TestReplicasOnMongoDBShareSessions(t *testing.T) {
	w := newWorld(t, elsewhere)
	w.clock = nil // Serve goes by the machine's
	uri, name := testenv.Database(t)
	var env app.Environment
	if err := config.Load(process.Prefix, &env, []string{"BITACORA_HTTP_ADDR=127.0.0.1:0", "BITACORA_MONGODB_URI=" + uri, "BITACORA_MONGODB_DATABASE=" + name,
		"BITACORA_OIDC_ISSUER=" + w.provider.URL, "BITACORA_CONSOLE_URL=http://127.0.0.1",
		"BITACORA_CONSOLE_SESSION_KEY=" + base64.StdEncoding.EncodeToString(make([]byte, app.KeySize))}); err != nil {
		t.Fatal(err)
	}
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
