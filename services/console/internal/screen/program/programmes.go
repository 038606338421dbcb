package program

import (
	"encoding/json"
	"net/url"
	"strconv"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// programme is a programme of a year.
type programme struct {
	ID string `json:"id"`
	record.Allowed
	Name       string `json:"name"`
	FiscalYear int    `json:"fiscal_year"`
	Lines      int    `json:"lines"`
}

// Whole says that it is the document: what a service answers else is none.
func (p *programme) Whole() bool { return p.ID != "" }

// registers says who is offered to register a programme; whether somebody may, the service says.
func registers(r *screen.Request) bool {
	return r.Who.Is("contract_administrator") || r.Who.Is("admin")
}

// programmeFields are what can be said of a programme as a whole.
var programmeFields = []act.Field[programme]{
	{Name: "name", Kind: act.Line, Max: 200, Required: true, Value: func(p programme) string { return p.Name }},
	{Name: "fiscal_year", Kind: act.Quantity, Required: true, Value: func(p programme) string {
		if p.FiscalYear == 0 {
			return ""
		}
		return strconv.Itoa(p.FiscalYear)
	}},
}

var family = act.Family[programme]{Base: "/programas/", API: "/v1/programs/", Words: planWords,
	Allowed: func(p programme) record.Allowed { return p.Allowed }, Zone: func(programme) string { return "" },
	Heading: func(_ *screen.Request, _ *record.Names, p programme) ui.PageHeading {
		return ui.PageHeading{Title: p.Name}
	},
	State:   func(p programme) string { return p.Name + ", " + strconv.Itoa(p.FiscalYear) },
	Actions: []act.Action[programme]{{Op: "program.change", Verb: "cambiar", Fields: programmeFields}},
}

var registering = act.Maker[programme]{Pattern: "/programas/nuevo", Words: planWords, Verb: "programa", Fields: programmeFields,
	About: func(r *screen.Request) (p programme, err error) {
		if !registers(r) {
			return p, act.Nowhere()
		}
		known, err := programmes(r)
		if len(known) > 0 {
			p.FiscalYear = known[0].FiscalYear + 1 // mostly it is that of the next year
		}
		return p, err
	},
	Path: func(*screen.Request, programme) string { return "/v1/programs" },
	Heading: func(*screen.Request, programme) ui.PageHeading {
		return ui.PageHeading{Back: &ui.Link{Href: "/programas", Text: words.Say("programmes")}}
	},
	Next: func(_ programme, answer json.RawMessage) (string, error) { return act.Made("/programas/")(answer) },
}

type programmesView struct {
	Heading  ui.PageHeading
	Done     *ui.Note
	Rows     []ui.Row
	Empty    *ui.Emptiness
	Register string
	Facts    []ui.Fact
	Buttons  []act.Button
	History  *record.Logbook
}

// programmeList are the programmes, the latest year first.
func programmeList(r *screen.Request) (screen.Page, error) {
	all, err := programmes(r)
	if err != nil {
		return screen.Page{}, err
	}
	v := programmesView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/programa", Text: words.Say("title")}, Title: words.Say("programmes")}}
	for _, p := range all {
		v.Rows = append(v.Rows, ui.Row{Href: "/programas/" + url.PathEscape(p.ID), Title: p.Name, Lines: []string{words.Say("programme_of", p.FiscalYear), words.Count("works", p.Lines)}})
	}
	if len(all) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("no_programmes")}
	}
	if registers(r) {
		v.Register = registering.Pattern
	}
	return screen.Page{Title: v.Heading.Title, Body: programmesBody(v)}, nil
}

func programmeShow(r *screen.Request) (screen.Page, error) {
	var p programme
	m, err := r.API.Get(r.Context(), "/v1/programs/"+url.PathEscape(r.PathValue("id")), &p)
	if err != nil {
		return screen.Page{}, err
	}
	v := programmesView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/programas", Text: words.Say("programmes")}, Title: p.Name}, Done: family.Done(r), Buttons: family.Buttons(r, p.ID, m.Version, p)}
	if r.URL.Query().Get("hecho") == "nuevo" {
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: planWords.Say("programa_done"), Alert: true}
	}
	v.Facts = []ui.Fact{{Label: planWords.Say("field_fiscal_year"), Value: strconv.Itoa(p.FiscalYear)},
		{Label: words.Say("works_planned"), Value: words.Count("works", p.Lines), Href: "/programa?" + url.Values{"program_id": {p.ID}}.Encode()}}
	l, err := record.LogbookOf(r, record.Reader(r), "/v1/programs/", p.ID, 12, words.Say("history_away"))
	if err != nil {
		return screen.Page{}, err
	}
	v.History = &l
	return screen.Page{Title: p.Name, Body: programmesBody(v)}, nil
}
