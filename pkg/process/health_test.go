package process

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHealth(t *testing.T) {
	status := http.StatusOK
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
	}))
	defer http.DefaultClient.CloseIdleConnections()
	_, port, _ := strings.Cut(server.Listener.Addr().String(), ":")
	cfg := Config{HTTP: HTTP{Addr: ":" + port}}
	if err := health(t.Context(), cfg.HTTP.Addr); err != nil {
		t.Errorf("a ready service: %v", err)
	}
	status = http.StatusServiceUnavailable
	if err := health(t.Context(), cfg.HTTP.Addr); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a service that is not ready: %v", err)
	}
	server.Close()
	if err := health(t.Context(), cfg.HTTP.Addr); err == nil {
		t.Error("no service, no complaint")
	}
	if err := health(t.Context(), "nonsense"); err == nil {
		t.Error("an address without a port, no complaint")
	}
}
