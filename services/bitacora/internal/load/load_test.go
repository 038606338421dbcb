package load_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/load"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// started is an installation behind a front that may spoil what goes through it.
func started(t *testing.T, spoil func(http.Handler) http.Handler) load.Config {
	t.Helper()
	w := localtest.Start(t, t.TempDir())
	front := w.Front(t, func(proxy *httputil.ReverseProxy) http.Handler { return spoil(proxy) })
	return load.Config{Base: func(string) string { return front }, Tokens: w.Tokens, Out: t.Output(), Every: 10 * time.Millisecond, RetryFor: 5 * time.Minute,
		CatchUp: 5 * time.Minute}
}

// ran loads until as many writes have come through as enough says.
func ran(t *testing.T, cfg load.Config, writes *atomic.Int64, enough int64) *load.Report {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	go func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for writes.Load() < enough && ctx.Err() == nil {
			<-tick.C
		}
		cancel()
	}()
	r, err := load.Run(ctx, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s%s", r, r.Row("test"))
	return r
}

// TestLostAnswers: writes whose answers get lost are sent again and are there once.
func TestLostAnswers(t *testing.T) {
	writes := atomic.Int64{}
	cfg := started(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost || writes.Add(1)%5 != 0 {
				next.ServeHTTP(w, r)
				return
			}
			next.ServeHTTP(httptest.NewRecorder(), r)
			w.Header().Set("Content-Type", "application/problem+json")
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, `{"type":"urn:bitacora:problem:unavailable"}`)
		})
	})
	r := ran(t, cfg, &writes, 100)
	if !r.OK() || r.Repeated() < 5 || r.Writes < 20 || r.Requests < 2*r.Writes || len(r.Acknowledged) < 5 {
		t.Errorf("%+v", r)
	}
}

// TestUpgradedMeanwhile: a release that knows no appointments gives way, pod by pod, to one in which nobody is appointed, and nothing fails.
func TestUpgradedMeanwhile(t *testing.T) {
	writes, asked, refused := atomic.Int64{}, atomic.Int64{}, atomic.Int64{}
	problem := func(w http.ResponseWriter, status int, rule string) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(status)
		_, _ = io.WriteString(w, `{"type":"urn:bitacora:problem:`+rule+`"}`)
	}
	cfg := started(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch appointments := r.URL.Path == "/v1/appointments"; {
			case appointments && asked.Add(1) == 3: // asked and appointed before the load; now by a pod of the release before
				problem(w, http.StatusNotFound, "no-such-path")
				return
			case strings.HasSuffix(r.URL.Path, "/assign") && writes.Load() > 60 && asked.Load() < 5:
				refused.Add(1)
				problem(w, http.StatusForbidden, "not-appointed")
				return
			case r.Method == http.MethodPost:
				writes.Add(1)
			}
			next.ServeHTTP(w, r)
		})
	})
	if r := ran(t, cfg, &writes, 150); !r.OK() || refused.Load() != 2 {
		t.Errorf("%d refused: %+v", refused.Load(), r)
	}
}

// TestFindings: what is refused, lost and there twice is said.
func TestFindings(t *testing.T) {
	creations := atomic.Int64{}
	cfg := started(t, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/confirm"):
				w.WriteHeader(http.StatusConflict)
				return
			case r.Method == http.MethodPost && r.URL.Path == "/v1/assets" && creations.Add(1) > 1: // not the one before the load
				twin := r.Clone(r.Context())
				twin.ContentLength = -1
				twin.Header.Set("Idempotency-Key", "another one "+r.Header.Get("Idempotency-Key"))
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				other := strings.Replace(string(body), `"inventory_tag":"`, `"inventory_tag":"2`, 1) // the same tag would be refused
				twin.Body, r.Body = io.NopCloser(strings.NewReader(other)), io.NopCloser(strings.NewReader(string(body)))
				next.ServeHTTP(httptest.NewRecorder(), twin)
			case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v1/deliveries/"):
				w.WriteHeader(http.StatusNotFound)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	r := ran(t, cfg, &creations, 20)
	if r.OK() || r.Failures() == 0 || len(r.Lost) == 0 || len(r.Twice) == 0 {
		t.Errorf("%+v", r)
	}
	for _, lost := range r.Lost {
		if !strings.HasPrefix(lost, "delivery/") {
			t.Errorf("lost: %s", lost)
		}
	}
}
