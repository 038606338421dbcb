// Package me is the screen that says who one is to the institution, what one may do, and how one can be reached.
package me

import (
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are this package's.
func Screens() []screen.Screen {
	return append([]screen.Screen{{Pattern: "/quien-soy", Show: show}}, family.Screens()...)
}

type field = act.Field[record.Person]

// family is what people say of themselves.
var family = act.Family[record.Person]{Base: "/quien-soy", API: "/v1/people/me", Own: true, Words: words,
	Allowed: func(p record.Person) record.Allowed { return p.Allowed }, Zone: func(record.Person) string { return "" },
	Heading: func(*screen.Request, *record.Names, record.Person) ui.PageHeading {
		return ui.PageHeading{Title: words.Say("title")}
	},
	State: func(p record.Person) string { return strings.Join(record.Filled(p.Telephone, p.Email), ", ") },
	Actions: []act.Action[record.Person]{{Op: "person.say", Verb: "datos", Replace: true, Fields: []field{
		{Name: "telephone", Kind: act.Line, Max: 40, Value: func(p record.Person) string { return p.Telephone }},
		{Name: "email", Kind: act.Line, Max: 254, Value: func(p record.Person) string { return p.Email }},
		{Name: "language", Kind: act.Word, Vocabulary: "language", Value: func(p record.Person) string { return p.Language }},
	}}}}

// grant is a role at a place, in words.
type grant struct{ role, place, may string }

type view struct {
	Done    *ui.Note
	Grants  []grant
	Person  []ui.Fact
	Erased  bool
	Buttons []act.Button
	// Failure stands where the directory could not be asked.
	Failure *ui.Failure
	Subject string
	Fields  ui.FormFields
}

func show(r *screen.Request) (screen.Page, error) {
	names := record.NamesFor(r)
	v := view{Done: family.Done(r), Subject: r.Who.Subject, Fields: r.Fields("")}
	for _, g := range r.Who.Grants {
		role, _ := mx.Label("role", g.Role)
		where := names.In(g.Place)
		if key := g.Key(); g.Kind() == "unit" && where != key {
			where += " · " + key
		}
		v.Grants = append(v.Grants, grant{role, where, may(g.Role)})
	}
	var p record.Person
	m, err := r.API.Get(r.Context(), family.API, &p)
	switch away := api.AwayOf(err); {
	case away != nil:
		v.Failure = record.Missing(r, words.Say("away"), away)
	case api.ProblemOf(err).Hidden(): // whoever has no role is not in the directory
	case err != nil:
		return screen.Page{}, err
	default:
		v.Erased, v.Buttons = p.Erased, family.Buttons(r, "", m.Version, p)
		v.person(names, p)
	}
	return screen.Page{Title: words.Say("title"), Body: body(v)}, nil
}

// person is what the directory has of the reader.
func (v *view) person(names *record.Names, p record.Person) {
	add := func(key, value, small string) {
		if value == "" {
			value = words.Say("no_data")
		}
		v.Person = append(v.Person, ui.Fact{Label: words.Say(key), Value: value, Small: small})
	}
	add("name", p.Name, "")
	add("post", p.Post, "")
	if where := names.Where(p); where != "" {
		add("where", where, "")
	}
	add("field_telephone", p.Telephone, words.Say("telephone_seen"))
	email := ""
	if p.Email != "" && !p.EmailConfirmed {
		email = words.Say("email_unconfirmed")
	}
	add("field_email", p.Email, email)
	add("field_language", record.Label("language", p.Language), "")
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
	{"person", "Mis datos", "My data"},
	{"person_lead", "El nombre y el puesto los da la institución. Si están mal, avise a su oficina de representación.",
		"Name and post are the institution's word. Where they are wrong, tell your office."},
	{"name", "Nombre", "Name"},
	{"post", "Puesto", "Post"},
	{"no_data", "Sin dato", "No data"},
	{"away", "Sus datos no responden", "Your data do not answer"},
	{"erased", "Sus datos fueron eliminados", "Your data were erased"},
	{"erased_do", "No se guarda nada de usted, y así sigue aunque entre de nuevo. Si fue un error, pida a la administración del sistema que le readmita.",
		"Nothing is kept of you, and it stays so when you sign in again. If that was a mistake, ask the system's administration to admit you again."},
	{"telephone_seen", "Lo ve su unidad y su oficina.", "Your unit and your office see it."},
	{"email_unconfirmed", "Sin confirmar: no se usa para nada. Se confirma donde la institución lleva su cuenta.", "Not confirmed: it is used for nothing. It is confirmed where the institution keeps your account."},
	{"datos_title", "Cambiar mis datos", "Change my data"},
	{"datos_button", "Guardar mis datos", "Save my data"},
	{"datos_done", "Datos guardados", "Data saved"},
	{"field_telephone", "Teléfono", "Telephone"},
	{"field_telephone_hint", "Por ejemplo: 615 152 0021 ext. 14. Lo ven las personas de su unidad y de su oficina.", "For example: 615 152 0021 ext. 14. The people of your unit and your office see it."},
	{"error_telephone", "Escriba de 7 a 20 cifras; si hay extensión, después de «ext.».", "Give 7 to 20 digits; an extension after “ext.”."},
	{"field_email", "Correo electrónico", "E-mail"},
	{"field_email_hint", "No se muestra a nadie.", "It is shown to nobody."},
	{"error_email", "Escriba el correo completo, por ejemplo: directora@example.org.", "Give the whole address, for example: directora@example.org."},
	{"field_language", "Idioma en que prefiere que le escriban", "Language in which you prefer to be written to"},
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
