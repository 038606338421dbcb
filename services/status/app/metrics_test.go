package app_test

import (
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

// TestMetricsOfFigures: how far the figures have come, and that they are late while a fact waits for its unit.
func TestMetricsOfFigures(t *testing.T) {
	w := start(t)
	begun := float64(time.Now().Unix())
	w.unit(1, rosalia)
	w.asset(1, asset("a1", rosalia, "hospital_bed", "active", "working"))
	w.read("units/BSIST000014", "asset/a1@1")
	for _, projection := range []string{"units", "groups", "nation"} {
		servicetest.Eventually(t, "as_of of "+projection, func() bool {
			got := w.Metrics()
			return got[`bitacora_figures_as_of_timestamp_seconds{projection="`+projection+`",service="status"}`] >= begun &&
				got[`bitacora_figures_late_seconds{projection="`+projection+`",service="status"}`] == 0
		})
	}
	w.asset(1, asset("a2", vizcaino, "hospital_bed", "active", "working"))
	late := func() float64 {
		return w.Metrics()[`bitacora_figures_late_seconds{projection="units",service="status"}`]
	}
	servicetest.Eventually(t, "the asset of a unit that is not known", func() bool { return late() > 1 })
	w.unit(1, vizcaino)
	servicetest.Eventually(t, "its unit has come", func() bool { return late() == 0 })
}
