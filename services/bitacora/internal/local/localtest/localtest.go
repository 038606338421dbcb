// Package localtest runs the whole installation in a test's process.
package localtest

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

// Start serves dir on a free loopback port, with demo users and without the demonstration, until the test ends.
func Start(t *testing.T, dir string) *local.Installation {
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
	return i
}
