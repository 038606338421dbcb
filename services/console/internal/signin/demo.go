package signin

import (
	"net/http"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/pages"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

type hiddenField struct{ name, value string }

// group is demo users who work at the same kind of place.
type group struct {
	title string
	users []demoUser
}

type demoUser struct{ name, title, does string }

// ChooseUser is the development issuer's page: with which demo user one wants to enter.
func ChooseUser(render pages.Renderer) devissuer.Page {
	return func(w http.ResponseWriter, r *http.Request, ask devissuer.Ask) {
		if ask.Refused {
			render.Write(w, r, http.StatusBadRequest, nil, pages.Notice(words.Say("lost"), words.Say("lost_do"), pathEnter, words.Say("lost_go")))
			return
		}
		var hidden []hiddenField
		for name, values := range ask.Fields {
			hidden = append(hidden, hiddenField{name, values[0]})
		}
		slices.SortFunc(hidden, func(a, b hiddenField) int { return strings.Compare(a.name, b.name) })
		render.Write(w, r, http.StatusOK, nil, screen.Page{Title: demo.Say("short"), Body: choose(grouped(ask.Users), hidden, ask.Action)})
	}
}

// grouped puts users under the kind of place where their first grant is held.
func grouped(users []devissuer.User) []group {
	order := []string{"unit", "office", "field", "nation"}
	groups := make([]group, len(order))
	for i, kind := range order {
		groups[i].title = demo.Say("at_" + kind)
	}
	for _, u := range users {
		role, place, _ := strings.Cut(u.Grants[0], "@")
		kind, _, _ := strings.Cut(place, ":")
		at := slices.Index(order, kind)
		if at < 0 {
			at = slices.Index(order, "field")
		}
		groups[at].users = append(groups[at].users, demoUser{u.Name, u.Title, does(role)})
	}
	return slices.DeleteFunc(groups, func(g group) bool { return len(g.users) == 0 })
}

// does is a word on what a role does.
func does(role string) string {
	if key := "does_" + role; mx.Valid(string(demo), key) {
		return demo.Say(key)
	}
	return ""
}

var demo = ui.Words(mx.Define("console_demo", mx.Words{
	{"short", "Entrar", "Sign in"},
	{"title", "¿Con quién quiere entrar?", "As whom do you want to sign in?"},
	{"lead", "Instalación de demostración: personas ficticias, sin contraseña. Elija un puesto y haga su día de trabajo.",
		"A demonstration: fictitious people, without a password. Choose a role and do that person's day."},
	{"at_unit", "En la unidad", "At the unit"},
	{"at_office", "En la oficina de representación", "At the office"},
	{"at_field", "En campo", "In the field"},
	{"at_nation", "En lo nacional", "For the nation"},
	{"does_requester", "Reporta fallas y sigue sus reportes", "Reports failures and follows the reports"},
	{"does_unit_director", "Confirma entregas y da conformidad a los trabajos", "Confirms deliveries and accepts work"},
	{"does_biomedical_engineer", "Revisa solicitudes, asigna y verifica", "Triages requests, assigns and verifies"},
	{"does_technician", "Atiende las órdenes que le asignan", "Carries out the orders assigned to them"},
	{"does_contractor", "Atiende sus órdenes paso a paso", "Carries out its orders step by step"},
	{"does_office_administrator", "Prepara entregas y lleva el programa", "Prepares deliveries and keeps the programme"},
	{"does_contract_administrator", "Cuida techos y asigna órdenes", "Watches ceilings and assigns orders"},
	{"does_planner", "Ve su ámbito, cifra por cifra", "Sees their scope, figure by figure"},
	{"does_auditor", "Lee todo y cada historia", "Reads everything and every history"},
	{"does_admin", "Personas y mensajes detenidos", "People and stopped messages"},
}))

// leavePage asks whether to sign out.
func leavePage(fields ui.FormFields) screen.Page {
	return screen.Page{Title: words.Say("leave"), Form: true, Body: leaveBody(fields)}
}
