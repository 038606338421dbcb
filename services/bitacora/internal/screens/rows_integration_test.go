//go:build integration

package screens_test

import (
	"io"
	"testing"

	"github.com/bitacora-salud/bitacora/services/bitacora/internal/audit"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/institution"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
)

// TestEveryFigureOfTheDemonstrationIsTheNumberOfItsRows walks all figures of all places of the whole demonstration.
func TestEveryFigureOfTheDemonstrationIsTheNumberOfItsRows(t *testing.T) {
	cfg := localtest.Settings(t.TempDir())
	cfg.Demo = local.DemoFull
	w := localtest.Open(t, cfg)
	t.Cleanup(func() { w.Close(t) })
	err := w.LoadDemo(func() error {
		s := w.Stage()
		return institution.Load(t.Context(), institution.Config{Stage: s, Handler: s.Handler, Base: s.Base})
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := audit.Run(t.Context(), audit.Config{Client: w.Client, Bus: w.Bus, Out: io.Discard}); err != nil { // ends when the figures are those of the documents
		t.Fatal(err)
	}
	var units []string
	for cursor := ""; ; {
		var page struct {
			Items []struct {
				ID string `json:"id"`
			} `json:"items"`
			Next string `json:"next_cursor"`
		}
		if err := w.Client.Get(t.Context(), planner, "/v1/units?limit=200"+cursor, &page); err != nil {
			t.Fatal(err)
		}
		for _, u := range page.Items {
			units = append(units, u.ID)
		}
		if page.Next == "" {
			break
		}
		cursor = "&cursor=" + page.Next
	}
	if len(units) < 200 {
		t.Fatalf("%d units", len(units))
	}
	b, seen := w.SignIn(t, planner), 0
	for _, place := range places(units...) {
		for _, n := range opens(t, b, place, "dentro", "fuera") {
			seen += n
		}
	}
	t.Logf("%d rows of %d units", seen, len(units))
}
