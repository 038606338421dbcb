//go:build integration

package demo_test

import (
	"context"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// TestPeopleOfAProvider: what two directors see who sign in at a real provider is their own unit's, and the provider's machines may do
// what their grants say and no more.
func TestPeopleOfAProvider(t *testing.T) {
	realm := testenv.NewRealm(t)
	ctx := context.WithoutCancel(t.Context())
	i, err := local.Start(ctx, local.Config{HTTP: local.HTTP{Addr: "127.0.0.1:0"}, DataDir: t.TempDir(),
		OIDC:    local.OIDC{Issuer: realm.Issuer, Audience: "bitacora", GrantsClaim: "bitacora_grants"},
		Service: service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}}, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		http.DefaultTransport.(*http.Transport).CloseIdleConnections()
		if err := i.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	tokens := map[string]string{}
	machine := func(user string) (string, error) {
		if tokens[user] == "" {
			tokens[user] = realm.Machine(t, "demo-"+user, "demo-"+user)
		}
		return tokens[user], nil
	}
	base := "http://" + i.Addr()
	servicetest.Eventually(t, "the provider's keys are known", func() bool {
		resp, err := http.Get(base + "/readyz")
		if err != nil {
			return false
		}
		defer func() { _ = resp.Body.Close() }()
		return resp.StatusCode == http.StatusOK
	})
	if err := demo.Load(t.Context(), base, machine); err != nil {
		t.Fatal(err)
	}

	people := client.New(client.Config{Base: func(string) string { return base }, Tokens: func(user string) (string, error) {
		return realm.Person(t, user, "demo-"+user), nil
	}})
	t.Cleanup(people.Close)
	got := map[string]int{}
	for _, director := range []string{"director-santa-rosalia", "director-vizcaino"} {
		answer, err := people.Do(t.Context(), client.Request{User: director, Method: http.MethodGet, Path: "/v1/assets"})
		if err != nil || answer.Status != http.StatusOK {
			t.Fatalf("%s: %v %v", director, answer, err)
		}
		var page struct {
			Items []map[string]any `json:"items"`
		}
		if err := answer.Decode(&page); err != nil {
			t.Fatal(err)
		}
		got[director] = len(page.Items)
	}
	if diff := cmp.Diff(map[string]int{"director-santa-rosalia": 1, "director-vizcaino": 0}, got); diff != "" {
		t.Errorf("assets (-want +got): %s", diff)
	}
	answer, err := people.Do(t.Context(), client.Request{User: "planner", Method: http.MethodPost, Path: "/v1/units", Body: map[string]any{"id": "BSIST000099"}})
	if err != nil || answer.Status != http.StatusForbidden {
		t.Errorf("a planner registers a unit: %v %v, want 403", answer, err)
	}
}
