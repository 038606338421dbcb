package ui

import (
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Count is Say of key_one or key_many, whose first verb (%s) is the number; one without verbs says it in words.
func (w Words) Count(key string, n int, args ...any) string {
	form := key + "_many"
	if n == 1 {
		form = key + "_one"
	}
	if sentence := w.Say(form); !strings.Contains(sentence, "%") {
		return sentence
	}
	return w.Say(form, append([]any{Number(n)}, args...)...)
}

// Has says whether a sentence is there.
func (w Words) Has(key string) bool { return mx.Valid(string(w), key) }

// parts are what the components say by themselves.
var parts = Words(mx.Define("console_parts", mx.Words{
	{"more", "Más", "More"},
	{"nav_home", "Inicio", "Home"},
	{"nav_assign", "Por asignar", "To assign"},
	{"nav_today", "Hoy", "Today"},
	{"nav_report", "Reportar", "Report"},
	{"nav_reports", "Mis reportes", "My reports"},
	{"nav_unit", "Mi unidad", "My unit"},
	{"nav_triage", "Por revisar", "To review"},
	{"nav_assets", "Equipos", "Equipment"},
	{"nav_orders", "Órdenes", "Orders"},
	{"nav_history", "Historial", "History"},
	{"nav_program", "Programa", "Programme"},
	{"nav_contracts", "Contratos", "Contracts"},
	{"nav_deliveries", "Entregas", "Deliveries"},
	{"nav_search", "Buscar", "Search"},
	{"nav_figures", "Cifras", "Figures"},
	{"nav_nation", "Nación", "Nation"},
	{"nav_histories", "Historias", "Histories"},
	{"nav_people", "Personas", "People"},
	{"nav_letters", "Mensajes detenidos", "Dead letters"},
	{"lacking_one", "Falta un dato", "Something is missing"},
	{"lacking_many", "Faltan %s datos", "%s things are missing"},
	{"mistaken_one", "Revise un dato", "Look at a field"},
	{"mistaken_many", "Revise %s datos", "Look at %s fields"},
	{"impossible", "Así no es posible", "Not possible like this"},
	{"taken", "Ya está registrado", "It is registered already"},
	{"try_again", "Intentar de nuevo", "Try again"},
	{"failing_reference", "Son las %s. Si sigue dentro de 20 minutos, avise a su oficina de representación con esta referencia:", "It is %s. If it goes on for 20 minutes, tell your office, with this reference:"},
	{"mine", "Lo que usted escribió", "What you wrote"},
	{"theirs", "Lo que hay ahora", "What is there now"},
	{"keep", "¿Qué debe quedar?", "What is to stay?"},
	{"keep_mine", "Lo mío", "Mine"},
	{"keep_theirs", "Lo que hay ahora", "What is there now"},
	{"keep_edit", "Volver al formulario", "Back to the form"},
	{"go_on", "Continuar", "Continue"},
	{"no_data", "Sin dato", "No data"},
	{"accrued", "Devengado", "Accrued"},
	{"committed", "Comprometido", "Committed"},
	{"left", "Disponible", "Available"},
	{"money_bar", "Devengado %s, comprometido %s, disponible %s.", "Accrued %s, committed %s, available %s."},
	{"next_page", "Ver más", "See more"},
	{"first_page", "Volver al principio", "Back to the beginning"},
	{"step_of", "Paso %d de %d", "Step %d of %d"},
}))
