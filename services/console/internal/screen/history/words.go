package history

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

var words = ui.Words(mx.Define("screen_histories", mx.Words{
	{"list", "Historias", "Histories"},
	{"list_lead", "Elija de qué y abra un documento: su historia dice qué pasó, cuándo y quién lo hizo. Aquí nada se cambia.",
		"Choose of what and open a document: its history says what happened, when, and who did it. Nothing is changed here."},
	{"kinds", "De qué", "Of what"},
	{"ordenes", "Órdenes", "Work orders"},
	{"equipos", "Equipos", "Equipment"},
	{"entregas", "Entregas", "Deliveries"},
	{"existencias", "Existencias", "Stock"},
	{"unidades", "Unidades", "Units"},
	{"contratos", "Contratos", "Contracts"},
	{"designaciones", "Designaciones", "Appointments"},
	{"contratistas", "Contratistas", "Contractors"},
	{"programas", "Programas", "Programmes"},
	{"catalogo", "Tipos de equipo", "Equipment types"},
	{"requested", "Solicitada %s", "Requested %s"},
	{"prepared", "Preparada %s", "Prepared %s"},
	{"newest_first", "Primero lo más reciente.", "The latest first."},
	{"unit", "Clave de la unidad", "Key of the unit"},
	{"unit_hint", "Por ejemplo: BSIST000014. Está en la página de la unidad.", "For example: BSIST000014. It is on the unit's page."},
	{"apply", "Ver las de esta unidad", "See those of this unit"},
	{"none", "No hay ninguna en su ámbito", "There is none in your scope"},
	{"no_filter", "Ver las de todas las unidades", "See those of all units"},
	{"page", "Ver cómo está ahora", "See how it is now"},
	{"away", "La historia no responde", "The history does not answer"},
}))
