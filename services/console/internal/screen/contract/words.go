package contract

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_contract", mx.Words{
	{"history", "Historia del contrato", "The contract's history"},
	{"list", "Contratos", "Contracts"},
	{"none", "No hay contratos registrados", "No contracts are registered"},
	{"valid", "Vigente del %s al %s", "In force from %s to %s"},
	{"valid_without_vat", "Vigente del %s al %s. Importes en pesos, sin IVA.", "In force from %s to %s. Amounts in pesos, without VAT."},
	{"over", "Vencido", "Over"},
	{"left_of", "Quedan %s de %s", "%s left of %s"},
	{"minimum", "Mínimo de %s (%s), aún no alcanzado.", "Minimum of %s (%s), not reached yet."},
	{"minimum_reached", "Mínimo de %s (%s), alcanzado.", "Minimum of %s (%s), reached."},
	{"by_year", "Por ejercicio fiscal", "By fiscal year"},
	{"year", "Ejercicio", "Year"},
	{"lot", "lote %d", "lot %d"},
	{"maximum", "Máximo", "Maximum"},
	{"accrued", "Devengado", "Accrued"},
	{"committed", "Comprometido", "Committed"},
	{"left", "Disponible", "Available"},
	{"prices", "Precios unitarios", "Unit prices"},
	{"concept", "Concepto", "Concept"},
	{"unit", "Unidad de medida", "Unit of measure"},
	{"price", "Precio", "Price"},
	{"terms", "Condiciones", "Terms"},
	{"number", "Número", "Number"},
	{"law", "Régimen", "Law"},
	{"covers", "Cubre", "Covers"},
	{"amendment", "Convenio modificatorio", "Amendment"},
	{"amendment_value", "%s, ejercicio %d: máximo %s", "%s, year %d: maximum %s"},
	{"waiting_one", "%s orden por asignar", "%s order to assign"},
	{"waiting_many", "%s órdenes por asignar", "%s orders to assign"},
	{"waiting_more", "Más de %s órdenes por asignar", "More than %s orders to assign"},
	{"estimate", "Estimado %s", "Estimate %s"},
	{"no_estimate", "Sin estimación todavía", "No estimate yet"},
	{"budget_away", "Los techos no responden", "The ceilings do not answer"},
	{"orders_away", "Las órdenes no responden", "The orders do not answer"},
}))
