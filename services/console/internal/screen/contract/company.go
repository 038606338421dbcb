package contract

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// company is a contractor: who maintains, builds or supplies.
type company struct {
	ID string `json:"id"`
	record.Allowed
	Name   string   `json:"name"`
	RFC    string   `json:"rfc"`
	Kinds  []string `json:"kinds"`
	Active *bool    `json:"active"`
}

// Whole says that it is the document: what a service answers else is none.
func (c *company) Whole() bool { return c.ID != "" }

// active says whether orders may be given to it.
func (c company) active() string {
	if c.Active == nil || *c.Active {
		return "si"
	}
	return "no"
}

// kind is what it is called for, of several the first.
func (c company) kind() string {
	if len(c.Kinds) == 0 {
		return ""
	}
	return c.Kinds[0]
}

var kinds = []string{"maintenance", "calibration", "works", "supply"}

// companyFields are what the register says of a company.
var companyFields = []act.Field[company]{
	{Name: "name", Kind: act.Line, Max: 200, Required: true, Words: "company", Value: func(c company) string { return c.Name }},
	{Name: "rfc", Kind: act.Line, Max: 40, Value: func(c company) string { return c.RFC }},
	{Name: "giro", Kind: act.Pick, Listed: true, Value: company.kind, Options: func(*screen.Request, company) ([]ui.Group, error) {
		g := ui.Group{}
		for _, k := range kinds {
			g.Options = append(g.Options, ui.Option{Value: k, Label: actionWords.Say("giro_" + k)})
		}
		return []ui.Group{g}, nil
	}},
	{Name: "activa", Kind: act.Pick, Listed: true, Value: company.active, Options: func(*screen.Request, company) ([]ui.Group, error) {
		return []ui.Group{{Options: []ui.Option{{Value: "si", Label: actionWords.Say("activa_si")}, {Value: "no", Label: actionWords.Say("activa_no")}}}}, nil
	}},
}

// companyBody says what the form's own fields mean. Of several kinds the others stay.
func companyBody(c company, sent url.Values, body map[string]any) {
	if k := sent.Get("giro"); slices.Contains(kinds, k) && k != c.kind() {
		body["kinds"] = append([]string{k}, slices.DeleteFunc(slices.Clone(c.Kinds), func(has string) bool { return has == k })...)
	}
	if a := sent.Get("activa"); a != "" && a != c.active() {
		body["active"] = a == "si"
	}
	delete(body, "giro")
	delete(body, "activa")
}

var companyFamily = act.Family[company]{Base: "/contratistas/", API: "/v1/contractors/", Words: actionWords,
	Allowed: func(c company) record.Allowed { return c.Allowed }, Zone: func(company) string { return "" },
	Heading: func(_ *screen.Request, _ *record.Names, c company) ui.PageHeading {
		return ui.PageHeading{Title: c.Name}
	},
	State:   func(c company) string { return actionWords.Say("activa_" + c.active()) },
	Actions: []act.Action[company]{{Op: "contractor.change", Verb: "datos", Fields: companyFields, Body: companyBody}},
}

var companyRegistering = act.Maker[company]{Pattern: "/contratistas/nueva", Words: actionWords, Verb: "empresa", Fields: companyFields[:3], Body: companyBody,
	About: func(r *screen.Request) (c company, err error) {
		if !administers(r) {
			return c, act.Nowhere()
		}
		_, err = record.List[company](r.Context(), r.API, "/v1/contractors", nil, 1, "") // nobody fills in a form for a register that does not answer
		return c, err
	},
	Path: func(*screen.Request, company) string { return "/v1/contractors" },
	Heading: func(*screen.Request, company) ui.PageHeading {
		return ui.PageHeading{Back: &ui.Link{Href: "/contratistas", Text: words.Say("companies")}}
	},
	Next: func(_ company, answer json.RawMessage) (string, error) { return act.Made("/contratistas/")(answer) },
}

func companyList(r *screen.Request) (screen.Page, error) {
	all, _, err := record.All[company](r.Context(), r.API, "/v1/contractors", nil, listed)
	if err != nil {
		return screen.Page{}, err
	}
	slices.SortFunc(all, func(a, b company) int { return cmp.Compare(mx.NameKey(a.Name), mx.NameKey(b.Name)) })
	v := listView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/contratos", Text: words.Say("list")}, Title: words.Say("companies")}}
	for _, c := range all {
		row := ui.Row{Href: "/contratistas/" + url.PathEscape(c.ID), Title: c.Name, Lines: filled(strings.Join(filled(c.RFC, c.kindsInWords()), " · "))}
		if c.active() == "no" {
			row.Badges = []ui.Badge{{Look: "idle", Icon: ui.IconDash, Word: actionWords.Say("activa_no")}}
		}
		v.Rows = append(v.Rows, row)
	}
	if len(all) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("no_companies")}
	}
	if administers(r) {
		v.Links = []ui.Link{{Href: companyRegistering.Pattern, Text: actionWords.Say("empresa_title")}}
	}
	return screen.Page{Title: v.Heading.Title, Body: listBody(v)}, nil
}

func (c company) kindsInWords() string {
	var out []string
	for _, k := range c.Kinds {
		if slices.Contains(kinds, k) {
			k = actionWords.Say("giro_" + k)
		}
		out = append(out, k)
	}
	return strings.Join(out, ", ")
}

func companyShow(r *screen.Request) (screen.Page, error) {
	var c company
	m, err := r.API.Get(r.Context(), "/v1/contractors/"+url.PathEscape(r.PathValue("id")), &c)
	if err != nil {
		return screen.Page{}, err
	}
	v := recordView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/contratistas", Text: words.Say("companies")}, Title: c.Name}, Done: companyFamily.Done(r), Buttons: companyFamily.Buttons(r, c.ID, m.Version, c)}
	if r.URL.Query().Get("hecho") == "nuevo" {
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: actionWords.Say("empresa_done"), Alert: true}
	}
	for _, f := range []ui.Fact{{Label: actionWords.Say("field_rfc"), Value: c.RFC}, {Label: actionWords.Say("field_giro"), Value: c.kindsInWords()}, {Label: words.Say("orders"), Value: actionWords.Say("activa_" + c.active())}} {
		if f.Value != "" {
			v.Facts = append(v.Facts, f)
		}
	}
	if v.History, err = record.LogbookOf(r, record.Reader(r), "/v1/contractors/", c.ID, 12, words.Say("history_away")); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: c.Name, Body: recordBody(v)}, nil
}
