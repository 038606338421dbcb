package run_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/run"
)

// answered is the status of a request to a program whose public host is given, and whether the program's own handler answered it.
func answered(t *testing.T, public, host, path string) (status int, own bool) {
	t.Helper()
	pages := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		own = true
		w.WriteHeader(http.StatusNotFound)
	})
	h := run.Besides(public, pages, run.Ops(&run.Checks{}, &run.Checks{}, prometheus.NewRegistry(), pages))
	r, w := httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, http.NoBody), httptest.NewRecorder()
	r.Host = host
	h.ServeHTTP(w, r)
	return w.Code, own
}

func TestHealthAndMetricsAreNotForThePublicHost(t *testing.T) {
	for _, path := range []string{"/metrics", "/healthz", "/readyz"} {
		for _, host := range []string{"b.example", "b.example:443", "B.Example", "b.example.", "b.example.:8080"} {
			if status, own := answered(t, "b.example", host, path); status != http.StatusNotFound || !own {
				t.Errorf("%s%s: %d", host, path, status)
			}
		}
		for _, host := range []string{"10.0.0.7:8080", "b-console", "127.0.0.1:8080", "other.example", ""} {
			if status, own := answered(t, "b.example", host, path); status != http.StatusOK || own {
				t.Errorf("%s%s: %d", host, path, status)
			}
		}
	}
}

func TestAPublicHostOfThisMachineHidesNothing(t *testing.T) {
	for _, host := range []string{"", "localhost:8080", "127.0.0.1", "127.8.0.1:1", "[::1]:8080", "[::1]", "LOCALHOST"} {
		if status, own := answered(t, host, host, "/metrics"); status != http.StatusOK || own {
			t.Errorf("%q: %d", host, status)
		}
	}
}
