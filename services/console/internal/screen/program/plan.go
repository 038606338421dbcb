package program

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/choose"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// plans and orders say who is offered to plan work, and to ask for the order of what is planned; whether somebody may, the service says.
func plans(r *screen.Request) bool {
	return slices.ContainsFunc([]string{"office_administrator", "contract_administrator", "admin"}, r.Who.Is)
}

func orders(r *screen.Request) bool {
	return slices.ContainsFunc([]string{"office_administrator", "biomedical_engineer", "unit_director"}, r.Who.Is)
}

const planPath = "/programa/planear"

// place is the unit where work is planned, with the types of equipment by which it may be said of what.
type place struct {
	record.Unit
	types []ui.Option
}

// programmes are all of them, the latest first.
func programmes(r *screen.Request) ([]programme, error) {
	all, _, err := record.All[programme](r.Context(), r.API, "/v1/programs", nil, 100)
	slices.SortFunc(all, func(a, b programme) int { return cmp.Or(b.FiscalYear-a.FiscalYear, cmp.Compare(a.Name, b.Name)) })
	return all, err
}

// planning is the form that plans work at a unit.
var planning = act.Maker[place]{Pattern: planPath, Words: planWords, Verb: "planear", About: unitToPlan,
	Path: func(r *screen.Request, _ place) string {
		return "/v1/programs/" + url.PathEscape(r.PostFormValue("program_id")) + "/add-line"
	},
	Heading: func(_ *screen.Request, p place) ui.PageHeading {
		return ui.PageHeading{Back: &ui.Link{Href: "/programa", Text: words.Say("title")}, Where: p.Name}
	},
	Sent: func(p place) []ui.Sent { return []ui.Sent{{Name: "unit_id", Value: p.ID}} },
	Fields: []act.Field[place]{
		{Name: "program_id", Kind: act.Pick, Required: true, Listed: true, Options: func(r *screen.Request, _ place) ([]ui.Group, error) {
			all, err := programmes(r)
			g := ui.Group{}
			for _, p := range all {
				g.Options = append(g.Options, ui.Option{Value: p.ID, Label: p.Name})
			}
			return []ui.Group{g}, err
		}},
		{Name: "description", Kind: act.Line, Required: true, Max: 500},
		{Name: "que", Kind: act.Pick, Listed: true, Options: func(_ *screen.Request, p place) ([]ui.Group, error) { return whats(p.types), nil }},
		{Name: "area_id", Kind: act.Pick, Options: areas},
		{Name: "quantity", Kind: act.Quantity, Required: true},
		{Name: "measure_unit", Kind: act.Word, Vocabulary: "measure_unit", Required: true},
		{Name: "planned_start", Kind: act.Date, Required: true},
		{Name: "planned_end", Kind: act.Date, Required: true},
	},
	Body: func(p place, sent url.Values, body map[string]any) {
		delete(body, "program_id")
		delete(body, "que")
		if kind, value, found := strings.Cut(sent.Get("que"), ":"); found && (kind == "element" || kind == "equipment_type_key") {
			body[kind] = value
		}
		body["unit_id"] = p.ID
	},
	Named: map[string]string{"body.element": "que", "body.equipment_type_key": "que"},
	Next: func(_ place, answer json.RawMessage) (string, error) {
		var p struct {
			Line string `json:"latest_line_id"`
		}
		err := json.Unmarshal(answer, &p)
		return "/programa/" + url.PathEscape(p.Line) + "?hecho=nuevo", err
	},
}

// planForm is the form, or the question at which unit.
func planForm() screen.Screen {
	s := planning.Screen()
	form := s.Show
	s.Show = func(r *screen.Request) (screen.Page, error) {
		if plans(r) && r.Value("unit_id", r.URL.Query().Get("unit_id")) == "" {
			return choose.Unit(r, ui.Link{Href: "/programa", Text: words.Say("title")}, planWords.Say("planear_title"))
		}
		return form(r)
	}
	return s
}

func unitToPlan(r *screen.Request) (p place, err error) {
	if !plans(r) {
		return p, act.Nowhere()
	}
	unit := r.URL.Query().Get("unit_id")
	if sent := r.PostFormValue("unit_id"); sent != "" {
		unit = sent
	}
	if _, err = r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(unit), &p.Unit); err == nil {
		p.types = typeOptions(record.NamesFor(r))
	}
	return p, err
}

func areas(_ *screen.Request, p place) ([]ui.Group, error) {
	g := ui.Group{}
	for _, a := range p.Areas {
		g.Options = append(g.Options, ui.Option{Value: a.ID, Label: a.Path})
	}
	slices.SortFunc(g.Options, byLabel)
	return []ui.Group{g}, nil
}

func byLabel(a, b ui.Option) int { return cmp.Compare(mx.NameKey(a.Label), mx.NameKey(b.Label)) }

// typeOptions are the types of equipment by name.
func typeOptions(names *record.Names) []ui.Option {
	var out []ui.Option
	for key, t := range names.Types() {
		out = append(out, ui.Option{Value: "equipment_type_key:" + key, Label: t.NameES})
	}
	slices.SortFunc(out, byLabel)
	return out
}

// whats are what can be worked on: a part of the building, or a type of equipment.
func whats(types []ui.Option) []ui.Group {
	building := ui.Group{Label: words.Say("what_building")}
	for _, o := range record.Options("area_element") {
		building.Options = append(building.Options, ui.Option{Value: "element:" + o.Value, Label: o.Label})
	}
	return []ui.Group{building, {Label: words.Say("what_equipment"), Options: types}}
}

// work is a line whose order is asked for, and where it is.
type work struct {
	line
	zone string
}

// ordering is the form that asks for the order of planned work. What is planned goes along: place, what is worked on, how much.
var ordering = act.Maker[work]{Pattern: "/programa/{id}/orden", Words: planWords, Verb: "orden", About: workToOrder,
	Path: func(*screen.Request, work) string { return "/v1/work-orders" },
	Zone: func(w work) string { return w.zone },
	Heading: func(r *screen.Request, w work) ui.PageHeading {
		return ui.PageHeading{Back: &ui.Link{Href: "/programa/" + url.PathEscape(w.ID), Text: record.Excerpt(w.Description, 60)}, Where: record.NamesFor(r).UnitName(w.UnitID),
			Lines: []string{record.Excerpt(w.Description, 200), w.quantity()}}
	},
	Fields: []act.Field[work]{
		{Name: "type", Kind: act.Word, Vocabulary: "order_type", Values: []string{"works", "preventive", "calibration", "electrical_safety_test", "inspection", "installation"}, Required: true, Value: work.kind},
		{Name: "asset_id", Kind: act.Pick, When: func(w work) bool { return w.TypeKey != "" }, Options: things},
		{Name: "priority", Kind: act.Word, Vocabulary: "priority", Required: true, Value: func(work) string { return "medium" }},
		{Name: "scheduled_start", Kind: act.Instant, Value: func(w work) string { return w.Start + "T08:00" }},
		{Name: "scheduled_end", Kind: act.Instant, Value: func(w work) string { return w.End + "T18:00" }},
		{Name: "estimate", Kind: act.Money},
	},
	Body: func(w work, _ url.Values, body map[string]any) {
		target := map[string]any{"kind": "unit"}
		switch asset := body["asset_id"]; {
		case asset != nil:
			target = map[string]any{"kind": "asset", "asset_id": asset}
		case w.Element != "" && w.AreaID != "":
			target = map[string]any{"kind": "area_element", "area_id": w.AreaID, "element": w.Element}
		}
		delete(body, "asset_id")
		body["unit_id"], body["program_line_id"], body["target"], body["quantity"], body["measure_unit"], body["complaint"] = w.UnitID, w.ID, target, w.Quantity, w.MeasureUnit, w.Description
	},
	Named: map[string]string{"body.target.asset_id": "asset_id"},
	Next:  func(_ work, answer json.RawMessage) (string, error) { return act.Made("/ordenes/")(answer) },
}

// kind is the type of order that is mostly meant.
func (w work) kind() string {
	if w.TypeKey != "" {
		return "preventive"
	}
	return "works"
}

func workToOrder(r *screen.Request) (w work, err error) {
	if !orders(r) {
		return w, act.Nowhere()
	}
	if _, err = r.API.Get(r.Context(), lines+"/"+url.PathEscape(r.PathValue("id")), &w.line); err == nil {
		u, _ := record.NamesFor(r).Unit(w.UnitID)
		w.zone = u.TimeZone
	}
	return w, err
}

// things are the unit's things of the planned type.
func things(r *screen.Request, w work) ([]ui.Group, error) {
	all, _, err := record.All[record.Asset](r.Context(), r.API, "/v1/assets", url.Values{"unit_id": {w.UnitID}, "type_key": {w.TypeKey}, "lifecycle": {"draft", "active"}}, 400)
	g := ui.Group{}
	for _, a := range all {
		g.Options = append(g.Options, ui.Option{Value: a.ID, Label: cmp.Or(a.InventoryTag, a.SerialNumber, planWords.Say("untagged")) + strings.TrimRight(" "+strings.TrimSpace(a.Brand+" "+a.Model), " ")})
	}
	slices.SortFunc(g.Options, byLabel)
	return []ui.Group{g}, err
}
