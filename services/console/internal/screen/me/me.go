// Package me is the screen that says who one is to the institution, and what one may do.
package me

import (
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are this package's.
func Screens() []screen.Screen {
	return []screen.Screen{{Pattern: "/quien-soy", Show: show}}
}

// grant is a role at a place, in words.
type grant struct{ role, place, may string }

func show(r *screen.Request) (screen.Page, error) {
	var grants []grant
	for _, g := range r.Who.Grants {
		role, _ := mx.Label("role", g.Role)
		grants = append(grants, grant{role, screen.In(g.Place), may(g.Role)})
	}
	return screen.Page{Title: words.Say("title"), Body: body(grants, r.Who.Subject, r.Fields(""))}, nil
}

// may says what a role is for; a role that this release does not know says nothing.
func may(role string) string {
	if key := "may_" + role; mx.Valid(string(words), key) {
		return words.Say(key)
	}
	return ""
}

var words = ui.Words(mx.Define("screen_me", mx.Words{
	{"title", "Quién soy y qué puedo hacer", "Who I am and what I may do"},
	{"lead", "Sus puestos y dónde los tiene. Los da quien administra las cuentas de la institución; aquí no se cambian.",
		"Your roles and where you hold them. Whoever keeps the institution's accounts gives them; they are not changed here."},
	{"where", "Dónde", "Where"},
	{"what", "Qué puede hacer", "What you may do"},
	{"none", "Su cuenta no tiene ningún puesto en Bitácora.", "Your account holds no role in Bitácora."},
	{"none_do", "Pida a su oficina de representación que se lo asignen, y entre de nuevo.", "Ask your office to give you one, and sign in again."},
	{"reference", "Si pide ayuda, dé esta referencia de su cuenta:", "When you ask for help, give this reference of your account:"},
	{"leave", "Cerrar la sesión", "Sign out"},
	{"home", "Ir a mi inicio", "Go to my home page"},
	{"may_requester", "Reporta fallas de la unidad y sigue sus reportes hasta que se resuelven.", "Reports the unit's failures and follows the reports until they are solved."},
	{"may_unit_director", "Confirma entregas, da conformidad a los trabajos y ve todo lo de la unidad.", "Confirms deliveries, accepts work and sees everything of the unit."},
	{"may_biomedical_engineer", "Revisa solicitudes, asigna y verifica trabajos, y lleva el registro del equipo.", "Triages requests, assigns and verifies work, and keeps the register of equipment."},
	{"may_technician", "Atiende, paso a paso, las órdenes que le asignan.", "Carries out, step by step, the orders assigned to them."},
	{"may_contractor", "Atiende, paso a paso, las órdenes de sus contratos.", "Carries out, step by step, the orders of its contracts."},
	{"may_office_administrator", "Prepara y envía entregas, y lleva el programa de la oficina.", "Prepares and sends deliveries, and keeps the office's programme."},
	{"may_contract_administrator", "Cuida los techos de los contratos y asigna órdenes con cargo a ellos.", "Watches the ceilings of contracts and assigns orders to them."},
	{"may_planner", "Ve las cifras de su ámbito y las filas que las forman.", "Sees the figures of their scope and the rows behind them."},
	{"may_auditor", "Lee todo lo de su ámbito, con cada historia. No cambia nada.", "Reads everything in scope, with every history. Changes nothing."},
	{"may_admin", "Lleva los registros y catálogos del sistema.", "Keeps the system's registers and catalogues."},
}))
