//go:build integration

package demo_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// TestPeopleOfAProvider: what two directors see who sign in at a real provider is their own unit's, and the provider's machines may do
// what their grants say and no more.
func TestPeopleOfAProvider(t *testing.T) {
	realm := testenv.NewRealm(t)
	t.Cleanup(http.DefaultTransport.(*http.Transport).CloseIdleConnections)
	cfg := localtest.Settings(t.TempDir())
	cfg.OIDC = local.OIDC{Issuer: realm.Issuer, Audience: "bitacora", GrantsClaim: "bitacora_grants"}
	w := localtest.Open(t, cfg)
	t.Cleanup(func() { w.Close(t) })
	tokens := map[string]string{}
	machine := func(user string) (string, error) {
		if tokens[user] == "" {
			tokens[user] = realm.Machine(t, "demo-"+user, "demo-"+user)
		}
		return tokens[user], nil
	}
	servicetest.Eventually(t, "the provider's keys are known", func() bool { return w.Ask(t, "", http.MethodGet, "/readyz", nil).Status == http.StatusOK })
	if err := demo.Load(t.Context(), w.URL, machine); err != nil {
		t.Fatal(err)
	}

	w.Tokens = func(user string) (string, error) { return realm.Person(t, user, "demo-"+user), nil }
	got := map[string]int{}
	for _, director := range []string{"director-santa-rosalia", "director-vizcaino"} {
		items, err := client.List[map[string]any](t.Context(), w.Client, director, "/v1/assets", nil)
		if err != nil {
			t.Fatal(err)
		}
		got[director] = len(items)
	}
	if diff := cmp.Diff(map[string]int{"director-santa-rosalia": 1, "director-vizcaino": 0}, got); diff != "" {
		t.Errorf("assets (-want +got): %s", diff)
	}
	if a := w.Ask(t, "planner", http.MethodPost, "/v1/units", map[string]any{"id": "BSIST000099"}); a.Status != http.StatusForbidden {
		t.Errorf("a planner registers a unit: %s, want 403", a)
	}
}
