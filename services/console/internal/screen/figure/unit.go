package figure

import (
	"strconv"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

type field = act.Field[record.Unit]

// family are the operations of a unit.
var family = act.Family[record.Unit]{Base: "/unidad/", API: "/v1/units/", Words: unitWords, ID: "clues", From: ui.Link{Href: "/nacion", Text: words.Say("nation_short")},
	Allowed: func(u record.Unit) record.Allowed { return u.Allowed }, Zone: func(u record.Unit) string { return u.TimeZone },
	Heading: func(_ *screen.Request, _ *record.Names, u record.Unit) ui.PageHeading {
		return ui.PageHeading{Title: u.Name}
	},
	State: func(u record.Unit) string { return record.Label("unit_state", u.OperationState) },
	Actions: []act.Action[record.Unit]{
		{Op: "unit.add_area", Path: "add-area", Verb: "area", Fields: []field{{Name: "name", Kind: act.Line, Max: 120, Required: true}, {Name: "parent_id", Kind: act.Pick, Options: parents}}},
		{Op: "unit.change", Verb: "datos", Fields: []field{
			{Name: "address", Kind: act.Line, Max: 200, Value: func(u record.Unit) string { return u.Address }},
			count("census_beds", func(u record.Unit) *int { return u.CensusBeds }),
			count("consulting_rooms", func(u record.Unit) *int { return u.ConsultRooms }),
			count("operating_rooms", func(u record.Unit) *int { return u.OperatingRooms }),
		}},
		{Op: "unit.change", Verb: "ficha", Fields: []field{
			{Name: "name", Words: "unit_name", Kind: act.Line, Max: 200, Required: true, Value: func(u record.Unit) string { return u.Name }},
			{Name: "operation_state", Kind: act.Word, Vocabulary: "unit_state", Required: true, Value: func(u record.Unit) string { return u.OperationState }},
			{Name: "municipality", Kind: act.Line, Max: 120, Value: func(u record.Unit) string { return u.Municipality }},
			{Name: "locality", Kind: act.Line, Max: 120, Value: func(u record.Unit) string { return u.Locality }},
		}},
	}}

// registered are the facts with which a unit is registered; what is left out follows from its CLUES.
var registered = []field{
	{Name: "clues", Kind: act.Line, Max: 11, Required: true},
	{Name: "name", Words: "unit_name", Kind: act.Line, Max: 200, Required: true},
	{Name: "unit_type", Kind: act.Word, Vocabulary: "unit_type"},
	{Name: "office", Kind: act.Pick, Options: func(*screen.Request, record.Unit) ([]ui.Group, error) {
		g := ui.Group{Options: []ui.Option{{Label: unitWords.Say("office_of_state")}}}
		for _, o := range mx.Offices() {
			g.Options = append(g.Options, ui.Option{Value: o.Key, Label: o.Name})
		}
		return []ui.Group{g}, nil
	}},
	{Name: "municipality", Kind: act.Line, Max: 120},
	{Name: "locality", Kind: act.Line, Max: 120},
	{Name: "address", Kind: act.Line, Max: 200},
}

func count(name string, of func(record.Unit) *int) field {
	return field{Name: name, Kind: act.Quantity, Value: func(u record.Unit) string {
		if n := of(u); n != nil {
			return strconv.Itoa(*n)
		}
		return ""
	}}
}

// parents are the areas in which another one may lie, or none.
func parents(_ *screen.Request, u record.Unit) ([]ui.Group, error) {
	g := ui.Group{Options: []ui.Option{{Label: unitWords.Say("no_parent")}}}
	for _, a := range u.Areas {
		g.Options = append(g.Options, ui.Option{Value: a.ID, Label: a.Path})
	}
	return []ui.Group{g}, nil
}

// unitWords are the words of what may be done with a unit.
var unitWords = ui.Words(mx.Define("screen_unit_actions", mx.Words{
	{"nuevo_title", "Registrar una unidad", "Register a unit"},
	{"nuevo_button", "Registrar la unidad", "Register the unit"},
	{"nuevo_done", "Unidad registrada", "Unit registered"},
	{"nuevo_lead", "La entidad, la oficina, la región y la hora local salen de la CLUES.", "State, office, region and local time follow from the CLUES."},
	{"field_clues", "CLUES", "CLUES"},
	{"field_clues_hint", "Once caracteres, por ejemplo: BSIST000014.", "Eleven characters, for example: BSIST000014."},
	{"error_clues", "Escriba los once caracteres de la CLUES, por ejemplo: BSIST000014.", "Give the eleven characters of the CLUES, for example: BSIST000014."},
	{"field_unit_name", "Nombre de la unidad", "Name of the unit"},
	{"error_unit_name", "Escriba cómo se llama la unidad.", "Say what the unit is called."},
	{"field_unit_type", "Tipo de unidad", "Type of unit"},
	{"field_office", "Oficina", "Office"},
	{"office_of_state", "La de su entidad", "That of its state"},
	{"error_office", "Elija una oficina de la entidad de la unidad.", "Choose an office of the unit's state."},
	{"field_municipality", "Municipio", "Municipality"},
	{"field_locality", "Localidad", "Locality"},
	{"field_operation_state", "Operación", "Operation"},
	{"error_operation_state", "Elija si está en operación.", "Choose whether it operates."},
	{"ficha_title", "Cambiar nombre, operación o lugar", "Change name, operation or place"},
	{"ficha_button", "Guardar los datos", "Save the facts"},
	{"ficha_done", "Datos guardados", "Facts saved"},
	{"area_title", "Registrar un área", "Register an area"},
	{"area_button", "Registrar el área", "Register the area"},
	{"area_done", "Área registrada", "Area registered"},
	{"datos_title", "Cambiar los datos", "Change the facts"},
	{"datos_button", "Guardar los datos", "Save the facts"},
	{"datos_done", "Datos guardados", "Facts saved"},
	{"field_name", "¿Cómo se llama?", "What is it called?"},
	{"field_name_hint", "Por ejemplo: Urgencias, Quirófano 2.", "For example: Emergency, Theatre 2."},
	{"error_name", "Escriba cómo se llama el área.", "Say what the area is called."},
	{"field_parent_id", "Dentro de", "Within"},
	{"no_parent", "De ninguna otra", "No other"},
	{"field_address", "Dirección", "Address"},
	{"field_census_beds", "Camas censables", "Census beds"},
	{"error_census_beds", "Escriba un número entero desde 0.", "Give a whole number from 0."},
	{"field_consulting_rooms", "Consultorios", "Consulting rooms"},
	{"error_consulting_rooms", "Escriba un número entero desde 0.", "Give a whole number from 0."},
	{"field_operating_rooms", "Quirófanos", "Operating theatres"},
	{"error_operating_rooms", "Escriba un número entero desde 0.", "Give a whole number from 0."},
}))
