package search

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_search", mx.Words{
	{"title", "Buscar", "Search"},
	{"label", "¿Qué busca?", "What are you looking for?"},
	{"hint", "Un número de inventario o de serie, una unidad, un tipo de equipo, un folio, una remisión o un contrato.", "A tag or serial number, a unit, a kind of equipment, an order, a delivery note or a contract."},
	{"button", "Buscar", "Search"},
	{"inventory_tag", "Por número de inventario", "By inventory tag"},
	{"serial_number", "Por número de serie", "By serial number"},
	{"units", "Unidades", "Units"},
	{"types", "Tipos de equipo", "Kinds of equipment"},
	{"orders", "Órdenes por su folio", "Orders by their number"},
	{"deliveries", "Entregas por su remisión", "Deliveries by their note"},
	{"contracts", "Contratos por su número", "Contracts by their number"},
	{"note", "Remisión %s", "Delivery note %s"},
	{"none", "Nada con «%s»", "Nothing with “%s”"},
	{"none_text", "El número va completo; del nombre bastan unas letras.", "A number is needed whole; of a name some letters are enough."},
	{"away", "No pudimos buscar: %s", "We could not search: %s"},
}))
