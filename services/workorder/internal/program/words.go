package program

import "github.com/bitacora-salud/bitacora/pkg/mx"

var _ = mx.Define("area_element", mx.Words{
	{"floors", "Pisos", "Floors"},
	{"ceilings", "Plafones", "Ceilings"},
	{"roofs", "Techos e impermeabilización", "Roofs"},
	{"plumbing", "Instalación hidrosanitaria", "Plumbing"},
	{"walls", "Muros y acabados", "Walls"},
	{"doors_windows", "Puertas y ventanas", "Doors and windows"},
	{"wiring", "Instalación eléctrica", "Wiring"},
	{"other", "Otro", "Other"},
})
