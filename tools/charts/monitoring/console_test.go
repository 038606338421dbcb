package monitoring_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event/bustest"
	asset "github.com/bitacora-salud/bitacora/services/asset/app"
	console "github.com/bitacora-salud/bitacora/services/console/app"
)

// pages is a console, scraped together with the service behind it. Its provider does not answer. get asks it for a page.
func pages(t *testing.T, seen *catalogue) (s *site, get func(path string, want int)) {
	t.Helper()
	s = newSite(t, "console", seen).with(asset.New)
	nowhere := &http.Client{Transport: console.Remote(map[string]*url.URL{}, http.DefaultTransport)}
	c, err := console.New(console.Config{URL: "https://b.example"}, console.Deps{Services: console.InProcess(s.Handler()), Driver: s.faults, Key: make([]byte, console.KeySize),
		Provider: console.OIDC("https://id.example", console.ClientID, nil, nowhere, s.Now), Logger: bustest.Logger(t), Registry: s.registry, Now: s.Now})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.Start(context.WithoutCancel(t.Context()))
	t.Cleanup(func() {
		if err := c.Stop(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	s.eventually("sessions were counted", func(m map[string]float64) bool { _, counted := m["bitacora_console_sessions"]; return counted })
	return s, func(path string, want int) {
		t.Helper()
		w := httptest.NewRecorder()
		c.Handler().ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "https://b.example"+path, http.NoBody))
		if w.Code != want {
			t.Fatalf("%s: %d", path, w.Code)
		}
	}
}

// signInsFail: whoever comes back from the provider is sent away, each time; their pages are answered, so that nothing else fires.
func signInsFail(t *testing.T, seen *catalogue) {
	s, get := pages(t, seen)
	s.pass(5, func() { get("/salir", http.StatusOK) })
	s.want()
	s.pass(2*long, func() { get("/entrar/vuelta?state=another", http.StatusBadRequest) })
	s.want("SignInsFail")
}

// pagesFail: the provider does not answer whoever wants to sign in.
func pagesFail(t *testing.T, seen *catalogue) {
	s, get := pages(t, seen)
	s.pass(2*long, func() {
		s.turn(time.Second)
		get("/entrar", http.StatusServiceUnavailable)
	})
	s.want("Errors", "SignInsFail")
	if s.Metrics()[`bitacora_console_sign_ins_total{outcome="unavailable"}`] == 0 {
		t.Error("none was counted")
	}
}
