package scenario_test

import (
	"bytes"
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/demo"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/scenario"
)

func TestDemonstrationAndScenarioInOneProcess(t *testing.T) {
	w := localtest.Start(t, t.TempDir())
	c := w.Client
	var first map[string]string
	for range 2 {
		if err := demo.Load(t.Context(), w.URL, w.Tokens); err != nil {
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
		walked(t, c, false)
	}
	stop := traffic(t, c)
	walked(t, c, true)
	stop()
}

// traffic is work in another unit: deliveries that arrive unannounced, one after the other, until it is stopped.
func traffic(t *testing.T, c *client.Client) (stop func()) {
	t.Helper()
	setup := demo.Setup{Client: c, User: "admin"}
	bed, err := setup.Type(t.Context(), "hospital_bed")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	done := 0
	running.Go(func() {
		for ctx.Err() == nil {
			a, err := c.Do(ctx, client.Request{User: "director-vizcaino", Method: "POST", Path: "/v1/deliveries", Body: map[string]any{"unit_id": "BSIST000026",
				"arrived_at": time.Now().UTC().Format(time.RFC3339), "lines": []any{map[string]any{"type_id": bed, "quantity": 2}}}})
			if err == nil && a.Status == 201 {
				done++
			} else if ctx.Err() == nil {
				t.Errorf("%v %v", a, err)
				return
			}
		}
	})
	return func() {
		cancel()
		running.Wait()
		t.Logf("%d deliveries to another unit meanwhile", done)
		if done == 0 {
			t.Error("there was no other work")
		}
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

func walked(t *testing.T, c *client.Client, busy bool) {
	t.Helper()
	var out bytes.Buffer
	err := scenario.Run(t.Context(), scenario.Config{Client: c, Out: &out, Contractor: devissuer.DemoContractorA, Busy: busy})
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
	w := localtest.Start(t, dir)
	var err error
	if w.Tokens, err = scenario.Local(dir); err != nil { // as the command has them
		t.Fatal(err)
	}
	walked(t, w.Client, false)
}
