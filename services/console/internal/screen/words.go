package screen

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_place", mx.Words{
	{"place_nation", "Todo el país", "The whole country"},
	{"place_unit", "Unidad %s", "Unit %s"},
	{"place_contractor", "Sus propias órdenes", "Its own orders"},
	{"place_technician", "Las órdenes que le asignan", "The orders assigned to them"},
}))
