package local_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/config"
	"github.com/bitacora-salud/bitacora/pkg/process"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
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
	cfg := localtest.Settings(dir)
	cfg.OIDC = local.OIDC{Issuer: server.URL, Audience: "house", GrantsClaim: "bitacora_grants"}
	i := localtest.Open(t, cfg)
	t.Cleanup(func() { i.Close(t) })
	if i.Issuer != nil {
		t.Error("tokens are handed out beside the provider's")
	}
	servicetest.Eventually(t, "the provider's keys are known", func() bool { return i.Ask(t, "", http.MethodGet, "/readyz", nil).Status == http.StatusOK })
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
		i.Tokens = tt.from.Tokens(time.Hour)
		if a := i.Ask(t, "planner", http.MethodGet, "/v1/units", nil); a.Status != tt.want {
			t.Errorf("a token of %s: %s instead of %d", name, a, tt.want)
		}
	}
}
