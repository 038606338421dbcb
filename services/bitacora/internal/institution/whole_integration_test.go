//go:build integration

package institution_test

import (
	"io"
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/audit"
)

// TestTheWholeInstitutionIsMade makes all of it: no step is refused, and documents, topics and figures agree. What it takes is said, and bounded only
// where the machine is known (`make run`: 10 s with two cores for itself).
func TestTheWholeInstitutionIsMade(t *testing.T) {
	begun := time.Now()
	w := made(t, begun.UTC().Truncate(time.Second), 1)
	t.Logf("made in %s", time.Since(begun).Round(time.Millisecond))
	if err := audit.Run(t.Context(), audit.Config{Client: w.Client, Bus: w.Bus, Out: io.Discard}); err != nil {
		t.Errorf("audit: %v", err)
	}
	waits(t, w, begun)
}
