package mongodoc

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/bitacora-salud/bitacora/pkg/docstore"
)

// TestOpenAgain: who waits for a server opens again and again, with the same registry.
func TestOpenAgain(t *testing.T) {
	reg := prometheus.NewRegistry()
	for range 2 {
		_, err := Open(t.Context(), Config{URI: "mongodb://127.0.0.1:1/?replicaSet=none", Database: "d", Timeout: 20 * time.Millisecond}, slog.New(slog.DiscardHandler), reg)
		if !errors.Is(err, docstore.ErrUnavailable) {
			t.Fatalf("nobody answers on port 1, got %v", err)
		}
	}
}
