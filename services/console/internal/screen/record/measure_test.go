package record_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
)

var _ = mx.Define("measure_unit", mx.Words{{"service", "Servicio", "Service"}, {"m2", "m²", "m²"}, {"kg", "kg", "kg"}, {"lot", "Lote", "Lot"}})

func TestAQuantityIsSaidAsOneSaysIt(t *testing.T) {
	for want, c := range map[string]struct {
		n    float64
		unit string
	}{"1 servicio": {1, "service"}, "3 servicios": {3, "service"}, "0 lotes": {0, "lot"}, "42.5 m²": {42.5, "m2"}, "1 kg": {1, "kg"}} {
		if got := record.Measured(c.n, c.unit); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}
