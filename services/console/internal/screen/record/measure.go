package record

import (
	"strings"
	"unicode/utf8"

	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Measured is a quantity with its unit as one says it: "1 servicio", "3 servicios", "42.5 m²".
func Measured(n float64, unit string) string {
	word := Label("measure_unit", unit)
	if utf8.RuneCountInString(word) > 2 { // no symbol
		if word = strings.ToLower(word); n != 1 {
			word += "s"
		}
	}
	return ui.Decimal(n) + " " + word
}
