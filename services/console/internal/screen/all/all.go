// Package all lists the console's screens. Routes, the tests of leaks and of accessibility, and the pictures are made from this list.
package all

import (
	"slices"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/asset"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/contract"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/delivery"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/figure"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/history"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/home"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/kind"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/letter"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/me"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/order"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/person"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/program"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/report"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/search"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/stock"
)

// Screens are all screens.
func Screens() []screen.Screen {
	return slices.Concat(
		home.Screens(),
		report.Screens(),
		order.Screens(),
		delivery.Screens(),
		asset.Screens(),
		figure.Screens(),
		contract.Screens(),
		program.Screens(),
		search.Screens(),
		me.Screens(),
		person.Screens(),
		letter.Screens(),
		history.Screens(),
		kind.Screens(),
		stock.Screens(),
	)
}
