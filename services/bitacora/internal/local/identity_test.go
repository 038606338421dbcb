package local_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// TestOnlyAnIssuerOpensTheDoor: without an OIDC provider whoever reaches the binary becomes anybody, so that others must not reach it.
func TestOnlyAnIssuerOpensTheDoor(t *testing.T) {
	for _, tt := range []struct {
		name   string
		env    []string
		refuse bool
	}{
		{"as it comes", nil, false},
		{"everywhere without a provider", []string{"BITACORA_HTTP_ADDR=:8080"}, true},
		{"a network's address without a provider", []string{"BITACORA_HTTP_ADDR=10.0.0.7:8080"}, true},
		{"everywhere with a provider", []string{"BITACORA_HTTP_ADDR=:8080", "BITACORA_OIDC_ISSUER=https://id.example"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var cfg local.Config
			err := config.Load(process.Prefix, &cfg, tt.env)
			if tt.refuse != (err != nil) || err != nil && !strings.Contains(err.Error(), "loopback") {
				t.Errorf("refused: %v", err)
			}
		})
	}
}

// TestTokensOfAProvider: with a provider its tokens are believed, and those of the folder's demo users are not.
func TestTokensOfAProvider(t *testing.T) {
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	provider, err := devissuer.Open(devissuer.Config{Dir: t.TempDir(), URL: server.URL, Audience: "house"})
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/", provider.Handler())
	dir := t.TempDir()
	cfg := local.Config{HTTP: local.HTTP{Addr: "127.0.0.1:0"}, DataDir: dir, OIDC: local.OIDC{Issuer: server.URL, Audience: "house", GrantsClaim: "bitacora_grants"},
		Service: service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}, Log: local.Log{Level: "warn"}}
	i, err := local.Start(t.Context(), cfg, "test", slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, i) })
	if i.Issuer != nil {
		t.Error("tokens are handed out beside the provider's")
	}
	servicetest.Eventually(t, "the provider's keys are known", func() bool {
		status, _ := send(t, i.Handler, "", http.MethodGet, "/readyz", "")
		return status == http.StatusOK
	})
	if _, err := local.Issuer(dir); err == nil || !strings.Contains(err.Error(), "BITACORA_OIDC_ISSUER") {
		t.Errorf("demo users have rights where a provider's had them: %v", err)
	}
	own, err := local.Issuer(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		from *devissuer.Issuer
		want int
	}{"the provider's": {provider, http.StatusOK}, "a local issuer's": {own, http.StatusUnauthorized}} {
		token, err := tt.from.Mint("planner", tokenTTL)
		if err != nil {
			t.Fatal(err)
		}
		if status, body := send(t, i.Handler, token, http.MethodGet, "/v1/units", ""); status != tt.want {
			t.Errorf("a token of %s: %d instead of %d: %s", name, status, tt.want, body)
		}
	}
}
