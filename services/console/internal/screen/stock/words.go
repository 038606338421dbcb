package stock

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_stock", mx.Words{
	{"title", "Existencias", "Stock"},
	{"order", "Por nombre, y de cada cosa por unidad.", "By name, and of each thing by unit."},
	{"order_page", "En cada página por nombre, y de cada cosa por unidad.", "On each page by name, and of each thing by unit."},
	{"more_filters", "Filtrar por tipo", "Filter by type"},
	{"apply", "Filtrar la lista", "Filter the list"},
	{"type", "Tipo", "Type"},
	{"any_type", "Cualquier tipo", "Any type"},
	{"what", "Qué", "What"},
	{"unit", "Unidad", "Unit"},
	{"quantity", "Cantidad", "Quantity"},
	{"changed", "Último cambio", "Last change"},
	{"none", "No hay existencias registradas", "No stock is registered"},
	{"none_text", "Aquí está lo que se lleva por cantidad y no pieza por pieza: llega con las entregas que se confirman.", "Here is what is kept by quantity and not one by one: it comes with the deliveries that are confirmed."},
	{"none_filter", "Nada de este tipo", "Nothing of this type"},
	{"no_filter", "Quitar el filtro", "Take the filter away"},
}))
