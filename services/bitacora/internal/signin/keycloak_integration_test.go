//go:build integration

package signin_test

import (
	"context"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/auth"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/signin"
)

// TestSomebodySignsInAndOutThroughARealKeycloak: its pages are filled in as they are, with the client of deploy/keycloak.
func TestSomebodySignsInAndOutThroughARealKeycloak(t *testing.T) {
	realm := testenv.NewRealm(t)
	access := auth.NewVerifier(t.Context(), auth.Config{Issuer: realm.Issuer, Audience: "bitacora"})
	t.Cleanup(func() { _ = access.Stop(context.Background()) })
	servicetest.Eventually(t, "the realm's keys are known", func() bool { return access.Ready(t.Context()) == nil })
	i := &installation{}
	i.open(t, public, realm.Issuer, access)
	if err := signin.Run(t.Context(), i.cfg); err != nil {
		t.Fatalf("without anybody: %v\n%s", err, i.out.String())
	}
	i.person("planner", "wrong").refused(t, "does not sign planner in")
	i.out.Reset()
	i.person("planner", "demo-planner")
	if err := signin.Run(t.Context(), i.cfg); err != nil || !strings.Contains(i.out.String(), "somebody signed in and out") {
		t.Fatalf("%v\n%s", err, i.out.String())
	}
}
