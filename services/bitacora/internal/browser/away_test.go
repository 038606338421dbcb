//go:build browser

package browser_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
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

// broken is a console before the services of an installation, of which some may be away.
type broken struct {
	URL string
	// away begins the paths of what is away; "" where everything answers.
	away atomic.Pointer[string]
}

// take takes away what answers the paths that begin so, and gives back the rest; all of it where that is "".
func (b *broken) take(away string) { b.away.Store(&away) }

// without is a second console of an installation, whose services can be taken from it.
func without(t *testing.T, w *localtest.World) *broken {
	t.Helper()
	b := &broken{}
	b.take("")
	services := http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if away := *b.away.Load(); away != "" && strings.HasPrefix(r.URL.Path, away) {
			rw.WriteHeader(http.StatusServiceUnavailable)
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
	c, err := console.New(console.Config{}, console.Deps{Services: console.InProcess(services), Provider: console.Demo(w.Issuer, verifier(t, w), time.Now), Driver: driver, Key: key, Logger: localtest.Logger(t)})
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
