package local_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// TestReadyMeansThatTheDemonstrationIsThere: whoever waits for readiness and then asks finds what was promised; a load that failed leaves the
// installation unready, and one that was made before is not waited for.
func TestReadyMeansThatTheDemonstrationIsThere(t *testing.T) {
	dir := t.TempDir()
	begin := func(t *testing.T) installation {
		cfg := settings(dir)
		cfg.Demo = true
		i, err := local.Start(t.Context(), cfg, "test", slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	ready := func(i installation) (int, string) { return send(t, i.Handler, "", http.MethodGet, "/readyz", "") }
	i := begin(t)
	if status, body := ready(i); status != http.StatusServiceUnavailable || !strings.Contains(body, `"demonstration":"it is being loaded"`) {
		t.Errorf("before the load: %d %s", status, body)
	}
	broken := errors.New("the disk is full")
	if err := i.LoadDemo(func() error { return broken }); !errors.Is(err, broken) {
		t.Errorf("a load that failed: %v", err)
	}
	err := i.LoadDemo(func() error {
		if status, _ := ready(i); status != http.StatusServiceUnavailable {
			t.Errorf("ready while it is being loaded")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	becomesReady := func(i installation) {
		servicetest.Eventually(t, "ready", func() bool { status, _ := ready(i); return status == http.StatusOK })
	}
	becomesReady(i)
	stop(t, i)

	i = begin(t)
	defer stop(t, i)
	becomesReady(i)
	if err := i.LoadDemo(func() error { t.Error("loaded twice"); return nil }); err != nil {
		t.Error(err)
	}
}

// TestLivenessAsksEveryConsumer: each service's consumers are among what decides whether the binary is to be started anew.
func TestLivenessAsksEveryConsumer(t *testing.T) {
	i := started(t, t.TempDir())
	status, body := send(t, i.Handler, "", http.MethodGet, "/healthz", "")
	if status != http.StatusOK {
		t.Errorf("%d %s", status, body)
	}
	for _, p := range local.Parts() {
		if !strings.Contains(body, `"`+p.Name+`":"ok"`) {
			t.Errorf("nobody asks the consumers of %s: %s", p.Name, body)
		}
	}
}
