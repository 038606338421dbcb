//go:build browser

package browser_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/docstore/sqlitedoc"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

// broken is a console before the services of an installation, some of which may fail.
type broken struct {
	URL  string
	fail atomic.Pointer[failure]
}

// failure is how what answers the paths that begin so fails.
type failure struct {
	paths string
	how   http.HandlerFunc
}

// The ways in which a service fails: it is away, it does not answer, it answers what is none.
func away(w http.ResponseWriter, _ *http.Request)     { w.WriteHeader(http.StatusServiceUnavailable) }
func silent(_ http.ResponseWriter, r *http.Request)   { <-r.Context().Done() }
func nonsense(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }

// take takes away what answers the paths that begin so, and gives back the rest; all of it where that is "".
func (b *broken) take(paths string) { b.fails(paths, away) }

// fails has what answers the paths that begin so fail in that way, and gives back the rest.
func (b *broken) fails(paths string, how http.HandlerFunc) { b.fail.Store(&failure{paths, how}) }

// patience is how long a page of a console waits whose services may fail.
const patience = 5 * time.Second

// without is a second console of an installation, whose services can be taken from it, with a clock of its own, and otherwise as it is told.
func without(t *testing.T, w *localtest.World, clock func() time.Time, with ...func(*console.Config, *console.Deps)) *broken {
	t.Helper()
	b := &broken{}
	b.take("")
	services := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if f := b.fail.Load(); f.paths != "" && strings.HasPrefix(r.URL.Path, f.paths) {
			f.how(rw, r)
			return
		}
		w.Handler.ServeHTTP(rw, r)
	})
	driver, err := sqlitedoc.Open(t.Context(), sqlitedoc.Config{Path: filepath.Join(t.TempDir(), "sessions.db"), Logger: localtest.Logger(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = driver.Close(t.Context()) })
	key := make([]byte, console.KeySize)
	_, _ = rand.Read(key)
	cfg, deps := console.Config{Timeout: patience}, console.Deps{Services: console.InProcess(services), Provider: console.Demo(w.Issuer, verifier(t, w), clock), Driver: driver, Key: key,
		Logger: slog.New(slog.DiscardHandler), Now: clock}
	for _, so := range with {
		so(&cfg, &deps)
	}
	c, err := console.New(cfg, deps)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(c.Handler())
	t.Cleanup(server.Close)
	b.URL = server.URL
	return b
}

// verifier believes what the installation's issuer signs, as its own one does.
func verifier(t *testing.T, w *localtest.World) *auth.Verifier {
	t.Helper()
	token, err := w.Tokens("admin")
	if err != nil {
		t.Fatal(err)
	}
	var says struct {
		Iss string
		Aud any
	}
	text, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	if err == nil {
		err = json.Unmarshal(text, &says)
	}
	if err != nil {
		t.Fatal(err)
	}
	audience := fmt.Sprint(says.Aud)
	if several, ok := says.Aud.([]any); ok {
		audience = fmt.Sprint(several[0])
	}
	return auth.NewStaticVerifier(w.Issuer, auth.Config{Issuer: says.Iss, Audience: audience, Logger: localtest.Logger(t), Registerer: prometheus.NewRegistry()})
}
