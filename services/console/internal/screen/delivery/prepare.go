package delivery

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/choose"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// prepares says who is offered to prepare a delivery, or to register one that came; whether somebody may, the service says.
func prepares(r *screen.Request) bool {
	return slices.ContainsFunc([]string{"unit_director", "office_administrator", "contract_administrator", "admin"}, r.Who.Is)
}

const newPath = "/entregas/nueva"

// toEdit is the rule with which send asks for the form again with other lines, when nothing was wrong.
const toEdit = "edit"

// prepareView is the form of a new delivery.
type prepareView struct {
	Heading  ui.PageHeading
	Fields   ui.FormFields
	Unit     string
	Wrong    []ui.Offence
	Arrived  *ui.Field
	Supplier ui.Picker
	Contract *ui.Picker
	Note     ui.Field
	Lines    []prepareLine
	Kinds    []string
	Button   string
}

// arrives says that whoever asks registers what came to his own unit, and does not prepare what is to be sent.
func arrives(r *screen.Request, unit string) bool {
	return slices.Contains(r.Who.Places("unit_director"), "unit:"+unit)
}

// unitOf is the unit of the form: the one typed, the address's, or the only one that whoever asks directs.
func unitOf(r *screen.Request) string {
	if unit := r.Value("unit_id", r.URL.Query().Get("unit_id")); unit != "" {
		return unit
	}
	if units := r.Who.Places("unit_director"); len(units) == 1 && len(r.Who.Roles()) == 1 {
		return strings.TrimPrefix(units[0], "unit:")
	}
	return ""
}

// prepare is the form of a delivery that is to be sent, or that came unannounced; the unit is asked for first.
func prepare(r *screen.Request) (screen.Page, error) {
	if !prepares(r) {
		return screen.Page{}, &api.Problem{Status: http.StatusNotFound}
	}
	back := ui.Link{Href: "/entregas", Text: words.Say("list_title")}
	unit := unitOf(r)
	if unit == "" {
		return choose.Unit(r, back, prepareWords.Say("title"))
	}
	var u record.Unit
	if _, err := r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(unit), &u); err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	if len(names.Types()) == 0 {
		if _, err := record.List[record.Type](r.Context(), r.API, "/v1/equipment-types", nil, 1, ""); err != nil {
			return screen.Page{}, err // without types there is no line
		}
	}
	v := prepareView{Heading: ui.PageHeading{Back: &back, Where: u.Name, Title: prepareWords.Say("title"), Lines: []string{prepareWords.Say("lead")}}, Fields: r.Fields(""), Unit: unit, Button: prepareWords.Say("button")}
	wrong := offencesOf(r, &v.Wrong)
	clock := record.ClockAt(r, u.TimeZone)
	if arrives(r, unit) {
		v.Heading.Title, v.Heading.Lines, v.Button = prepareWords.Say("arrived_title"), []string{prepareWords.Say("arrived_lead")}, prepareWords.Say("arrived_button")
		v.Arrived = &ui.Field{Name: "arrived_at", Label: prepareWords.Say("field_arrived_at"), Hint: prepareWords.Say("field_arrived_at_hint"), Type: "datetime-local",
			Value: r.Value("arrived_at", clock.Now.In(clock.Zone).Format("2006-01-02T15:04")), Error: wrong("arrived_at", "error_arrived_at")}
	}
	if err := v.parties(r, wrong); err != nil {
		return screen.Page{}, err
	}
	v.Note = ui.Field{Name: "delivery_note", Label: prepareWords.Say("field_delivery_note"), Hint: prepareWords.Say("field_delivery_note_hint"), Max: 60, Value: r.Value("delivery_note", ""), Error: wrong("delivery_note", "error_delivery_note")}
	v.Kinds = typeNames(names)
	v.Lines = drawLines(typedLines(r.Typed), wrong)
	if r.Problem != nil && r.Problem.Rule != toEdit && len(v.Wrong) == 0 {
		v.Wrong = []ui.Offence{act.Refused(r.Problem)}
	}
	return screen.Page{Title: v.Heading.Title, Form: true, Body: prepareBody(v), Part: prepareLines(v)}, nil
}

// offencesOf says what was wrong with a field, in the words of key, and collects it for the summary. field is as the form calls it.
func offencesOf(r *screen.Request, all *[]ui.Offence) func(field, key string, args ...any) string {
	return func(field, key string, args ...any) string {
		o := r.Problem.At(field)
		if o == nil || r.Problem.Rule == toEdit {
			return ""
		}
		text := prepareWords.Say(key, args...)
		if len(o.Expected) > 0 && o.Message == severalTypes {
			text = prepareWords.Say("error_type_several", strings.Join(o.Expected, ", "))
		}
		*all = append(*all, act.Wrong(r, field, text))
		return text
	}
}

// parties are the supplier and the contract.
func (v *prepareView) parties(r *screen.Request, wrong func(field, key string, args ...any) string) error {
	companies, _, err := record.All[record.Contractor](r.Context(), r.API, "/v1/contractors", nil, 400)
	if err != nil {
		return err
	}
	g := ui.Group{}
	for _, c := range companies {
		if c.Active == nil || *c.Active {
			g.Options = append(g.Options, ui.Option{Value: c.ID, Label: c.Name})
		}
	}
	byLabel := func(a, b ui.Option) int { return cmp.Compare(mx.NameKey(a.Label), mx.NameKey(b.Label)) }
	slices.SortFunc(g.Options, byLabel)
	v.Supplier = ui.Picker{Name: "supplier_id", Label: prepareWords.Say("field_supplier_id"), Empty: prepareWords.Say("no_supplier"), Value: r.Value("supplier_id", ""), Groups: []ui.Group{g}, Error: wrong("supplier_id", "error_supplier_id")}
	contracts, _, err := record.All[struct {
		ID     string `json:"id"`
		Number string `json:"number"`
		Name   string `json:"name"`
	}](r.Context(), r.API, "/v1/contracts", nil, 400)
	if err != nil && !api.ProblemOf(err).Hidden() {
		return err
	}
	if len(contracts) > 0 {
		g := ui.Group{}
		for _, c := range contracts {
			g.Options = append(g.Options, ui.Option{Value: c.ID, Label: c.Number + " · " + c.Name})
		}
		slices.SortFunc(g.Options, byLabel)
		v.Contract = &ui.Picker{Name: "contract_id", Label: prepareWords.Say("field_contract_id"), Empty: prepareWords.Say("no_contract"), Value: r.Value("contract_id", ""), Groups: []ui.Group{g}, Error: wrong("contract_id", "error_contract_id")}
	}
	return nil
}

// send sends the new delivery, or shows the form again with a line more or less.
func send(r *screen.Request) (string, error) {
	if !prepares(r) {
		return "", &api.Problem{Status: http.StatusNotFound}
	}
	if r.PostFormValue("mas")+r.PostFormValue("quitar") != "" {
		return "", &api.Problem{Status: http.StatusOK, Rule: toEdit}
	}
	unit := r.PostFormValue("unit_id")
	var u record.Unit
	if _, err := r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(unit), &u); err != nil {
		return "", err
	}
	body := map[string]any{"unit_id": unit}
	for _, name := range []string{"supplier_id", "contract_id", "delivery_note"} {
		if value := strings.TrimSpace(r.PostFormValue(name)); value != "" {
			body[name] = value
		}
	}
	var wrong []api.Offence
	if arrives(r, unit) {
		at, err := time.ParseInLocation("2006-01-02T15:04", r.PostFormValue("arrived_at"), record.ClockAt(r, u.TimeZone).Zone)
		if err != nil || at.After(r.Now) {
			wrong = append(wrong, api.Offence{Location: "body.arrived_at"})
		}
		body["arrived_at"] = at.UTC().Format(time.RFC3339)
	}
	sent, at, more := linesOf(r, record.NamesFor(r))
	body["lines"] = sent
	if wrong = append(wrong, more...); len(wrong) > 0 {
		return "", &api.Problem{Status: http.StatusUnprocessableEntity, Rule: "validation-failed", Errors: wrong}
	}
	var d record.Delivery
	if _, err := r.API.Send(r.Context(), http.MethodPost, strings.TrimSuffix(documents, "/"), api.Write{Key: r.Key, Body: body}, &d); err != nil {
		return "", placed(err, at)
	}
	return "/entregas/" + url.PathEscape(d.ID) + "?hecho=nueva", nil
}
