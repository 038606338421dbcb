package scenario_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

// started is the whole installation in this process, on a folder of its own.
func started(t *testing.T, dir string) (base string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	i, err := local.Start(ctx, local.Config{HTTP: local.HTTP{Addr: "127.0.0.1:0"}, DataDir: dir, Service: service.Config{MaxInFlight: 256, Timeout: 15 * time.Second},
		Log: local.Log{Level: "error"}}, "test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := i.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return "http://" + i.Addr()
}

// asker is a client of the installation at base.
func asker(t *testing.T, base string, tokens client.Tokens) *client.Client {
	t.Helper()
	c := client.New(client.Config{Base: scenario.Addresses{All: base}.Base(), Tokens: tokens})
	t.Cleanup(c.Close)
	return c
}

func TestDemonstrationAndScenarioInOneProcess(t *testing.T) {
	dir := t.TempDir()
	base := started(t, dir)
	tokens, err := scenario.Local(dir)
	if err != nil {
		t.Fatal(err)
	}
	c := asker(t, base, tokens)
	var first map[string]string
	for range 2 {
		if err := demo.Load(t.Context(), base, tokens); err != nil {
			t.Fatal(err)
		}
		all := everything(t, c)
		if first == nil {
			first = all
		}
		for path, body := range all {
			if body != first[path] {
				t.Errorf("loading the demonstration again changed %s:\n%.500s\n%.500s", path, first[path], body)
			}
		}
	}
	for range 2 {
		walked(t, c)
	}
}

// everything lists what the demonstration makes.
func everything(t *testing.T, c *client.Client) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, path := range []string{"/v1/units?limit=200", "/v1/units?office=baja-california-sur", "/v1/equipment-types?limit=200", "/v1/contractors", "/v1/contracts",
		"/v1/programs", "/v1/assets", "/v1/units/" + demo.SantaRosalia + "/history"} {
		a, err := c.Do(t.Context(), client.Request{User: "admin", Method: "GET", Path: path})
		if err != nil || a.Status != 200 {
			t.Fatalf("%s: %v %v", path, a, err)
		}
		all[path] = string(a.Body)
	}
	return all
}

func walked(t *testing.T, c *client.Client) {
	t.Helper()
	var out bytes.Buffer
	err := scenario.Run(t.Context(), scenario.Config{Client: c, Out: &out, Contractor: devissuer.DemoContractorA})
	t.Log("\n" + out.String())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "ok "); n != len(scenario.Steps()) {
		t.Errorf("%d lines for %d steps", n, len(scenario.Steps()))
	}
}

// TestScenarioOnAnEmptyInstallation: what it needs it registers itself.
func TestScenarioOnAnEmptyInstallation(t *testing.T) {
	dir := t.TempDir()
	base := started(t, dir)
	tokens, err := scenario.Local(dir)
	if err != nil {
		t.Fatal(err)
	}
	walked(t, asker(t, base, tokens))
}
