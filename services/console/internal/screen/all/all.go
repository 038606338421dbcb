// Package all lists the console's screens. Routes, the tests of leaks and of accessibility, and the pictures are made from this list.
package all

import (
	"slices"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/me"
)

// Screens are all screens.
func Screens() []screen.Screen {
	return slices.Concat(
		me.Screens(),
	)
}
