package local_test

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/client"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// TestReadyMeansThatTheDemonstrationIsThere: whoever waits for readiness and then asks finds what was promised; a load that failed leaves the
// installation unready, and one that was made before is not waited for.
func TestReadyMeansThatTheDemonstrationIsThere(t *testing.T) {
	dir := t.TempDir()
	cfg := localtest.Settings(dir)
	cfg.Demo = local.DemoSmall
	ready := func(i installation) *client.Answer { return i.Ask(t, "", http.MethodGet, "/readyz", nil) }
	i := localtest.Open(t, cfg)
	if a := ready(i); a.Status != http.StatusServiceUnavailable || !strings.Contains(string(a.Body), `"demonstration":"it is being loaded"`) {
		t.Errorf("before the load: %d %s", a.Status, a.Body)
	}
	broken := errors.New("the disk is full")
	if err := i.LoadDemo(func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a load that failed: %v", err)
	}
	err := i.LoadDemo(func() error {
		if ready(i).Status != http.StatusServiceUnavailable {
			t.Errorf("ready while it is being loaded")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	becomesReady := func(i installation) {
		servicetest.Eventually(t, "ready", func() bool { return ready(i).Status == http.StatusOK })
	}
	becomesReady(i)
	i.Close(t)

	i = localtest.Open(t, cfg)
	defer i.Close(t)
	becomesReady(i)
	if err := i.LoadDemo(func() error { t.Error("loaded twice"); return nil }); err != nil {
		t.Error(err)
	}
}

// TestLivenessAsksEveryConsumer: each service's consumers are among what decides whether the binary is to be started anew.
func TestLivenessAsksEveryConsumer(t *testing.T) {
	i := localtest.Start(t, t.TempDir())
	a := i.Ask(t, "", http.MethodGet, "/healthz", nil)
	if a.Status != http.StatusOK {
		t.Errorf("%d %s", a.Status, a.Body)
	}
	for _, p := range local.Parts() {
		if !strings.Contains(string(a.Body), `"`+p.Name+`":"ok"`) {
			t.Errorf("nobody asks the consumers of %s: %s", p.Name, a.Body)
		}
	}
}
