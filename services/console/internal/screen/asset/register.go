package asset

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// registers says who is offered to register equipment; whether somebody may, the service says.
func registers(r *screen.Request) bool { return r.Who.Is("biomedical_engineer") || r.Who.Is("admin") }

// lines are the fields of a registration that are lines of text, with their bounds.
var lines = []struct {
	name string
	most int
}{{"inventory_tag", 60}, {"serial_number", 80}, {"brand", 80}, {"model", 80}, {"acquired_on", 10}, {"installed_on", 10}, {"warranty_until", 10}, {"custodian_post", 120}, {"sanitary_registration", 80}}

type registerView struct {
	Heading     ui.PageHeading
	Fields      ui.FormFields
	Unit        string
	Wrong       []ui.Offence
	Type, Area  ui.Picker
	Lines       []ui.Field
	Functioning ui.Choice
	Units       []ui.Row
}

// register is the form that registers a thing of a unit; without a unit one is chosen first.
func register(r *screen.Request) (screen.Page, error) {
	if !registers(r) {
		return screen.Page{}, &api.Problem{Status: http.StatusNotFound}
	}
	unit := r.Value("unit_id", r.URL.Query().Get("unit_id"))
	if unit == "" {
		return chooseUnit(r)
	}
	var u record.Unit
	if _, err := r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(unit), &u); err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	v := registerView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/equipos?" + url.Values{"unit_id": {unit}}.Encode(), Text: words.Say("back")}, Where: u.Name, Title: words.Say("register")},
		Fields: r.Fields(""), Unit: unit}
	wrong := func(field string) string {
		if r.Problem.At(field) == nil {
			return ""
		}
		text := actionWords.Say("error_" + field)
		v.Wrong = append(v.Wrong, act.Wrong(r, field, text))
		return text
	}
	v.Type = ui.Picker{Name: "type_id", Label: words.Say("type"), Empty: words.Say("choose"), Value: r.Value("type_id", ""), Error: wrong("type_id"), Groups: kinds(names)}
	v.Area = ui.Picker{Name: "area_id", Label: actionWords.Say("field_area_id"), Empty: words.Say("no_area"), Value: r.Value("area_id", ""), Error: wrong("area_id")}
	g := ui.Group{}
	for _, a := range u.Areas {
		g.Options = append(g.Options, ui.Option{Value: a.ID, Label: a.Path})
	}
	slices.SortFunc(g.Options, func(a, b ui.Option) int { return cmp.Compare(mx.NameKey(a.Label), mx.NameKey(b.Label)) })
	v.Area.Groups = []ui.Group{g}
	for _, l := range lines {
		hint := ""
		if key := "field_" + l.name + "_hint"; actionWords.Has(key) {
			hint = actionWords.Say(key)
		}
		v.Lines = append(v.Lines, ui.Field{Name: l.name, Label: actionWords.Say("field_" + l.name), Hint: hint, Max: l.most, Value: r.Value(l.name, ""), Error: wrong(l.name)})
	}
	v.Functioning = ui.Choice{Name: "functioning", Legend: actionWords.Say("field_value_functioning"), Value: r.Value("functioning", "working"), Options: record.Options("functioning")}
	if r.Problem != nil && len(v.Wrong) == 0 {
		v.Wrong = []ui.Offence{act.Refused(r.Problem)}
	}
	return screen.Page{Title: v.Heading.Title, Form: true, Body: registerBody(v)}, nil
}

// kinds are the types of what keeps an identity, by category.
func kinds(names *record.Names) []ui.Group {
	by := map[string]*ui.Group{}
	for _, t := range names.Types() {
		if t.Tracking != "serialised" && t.Tracking != "tagged" {
			continue
		}
		if by[t.Category] == nil {
			by[t.Category] = &ui.Group{Label: record.Label("equipment_category", t.Category)}
		}
		by[t.Category].Options = append(by[t.Category].Options, ui.Option{Value: t.ID, Label: t.NameES})
	}
	var out []ui.Group
	for _, g := range by {
		slices.SortFunc(g.Options, func(a, b ui.Option) int { return cmp.Compare(mx.NameKey(a.Label), mx.NameKey(b.Label)) })
		out = append(out, *g)
	}
	slices.SortFunc(out, func(a, b ui.Group) int { return cmp.Compare(a.Label, b.Label) })
	return out
}

// chooseUnit asks at which unit the thing is.
func chooseUnit(r *screen.Request) (screen.Page, error) {
	all, _, err := record.All[record.Unit](r.Context(), r.API, "/v1/units", nil, 400)
	if err != nil {
		return screen.Page{}, err
	}
	slices.SortFunc(all, func(a, b record.Unit) int { return cmp.Compare(mx.NameKey(a.Name), mx.NameKey(b.Name)) })
	v := registerView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/equipos", Text: words.Say("list")}, Title: words.Say("which_unit")}}
	for _, u := range all {
		if u.OperationState != "closed" {
			v.Units = append(v.Units, ui.Row{Href: "/equipos/nuevo?" + url.Values{"unit_id": {u.ID}}.Encode(), Title: u.Name, Lines: filled(u.Municipality)})
		}
	}
	return screen.Page{Title: v.Heading.Title, Form: true, Body: registerBody(v)}, nil
}

// add sends the registration.
func add(r *screen.Request) (string, error) {
	body := map[string]any{}
	fields := []string{"unit_id", "type_id", "area_id", "functioning"}
	for _, l := range lines {
		fields = append(fields, l.name)
	}
	for _, name := range fields {
		if v := strings.TrimSpace(r.PostFormValue(name)); v != "" {
			body[name] = v
		}
	}
	if body["type_id"] == nil {
		return "", &api.Problem{Status: http.StatusUnprocessableEntity, Rule: "validation-failed", Errors: []api.Offence{{Location: "body.type_id"}}}
	}
	var a record.Asset
	if _, err := r.API.Send(r.Context(), http.MethodPost, "/v1/assets", api.Write{Key: r.Key, Body: body}, &a); err != nil {
		return "", err
	}
	return "/equipos/" + url.PathEscape(a.ID) + "?hecho=nuevo", nil
}
