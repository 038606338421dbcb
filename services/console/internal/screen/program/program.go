// Package program shows what is planned, by unit and week: each line of a programme with the order that carries it out, or that there is none yet;
// and plans work and asks for its order.
package program

import (
	"net/url"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the screens of the programme.
func Screens() []screen.Screen {
	return append([]screen.Screen{
		{Pattern: "/programa", Show: weeks},
		planForm(),
		{Pattern: "/programa/{id}", Show: show},
		ordering.Screen(),
		{Pattern: "/programas", Show: programmeList},
		registering.Screen(),
		{Pattern: "/programas/{id}", Show: programmeShow},
	}, family.Screens()...)
}

// line is a line of a programme: work planned in a unit.
type line struct {
	ID string `json:"id"`
	record.Place
	ProgramID   string    `json:"program_id"`
	AreaID      string    `json:"area_id"`
	Element     string    `json:"element"`
	TypeKey     string    `json:"equipment_type_key"`
	Description string    `json:"description"`
	Quantity    float64   `json:"quantity"`
	MeasureUnit string    `json:"measure_unit"`
	Start       string    `json:"planned_start"`
	End         string    `json:"planned_end"`
	AddedAt     time.Time `json:"added_at"`
}

// Whole says that it is the document: what a service answers else is none.
func (l *line) Whole() bool { return l.ID != "" }

const lines = "/v1/program-lines"

// quantity is how much is planned: «38.5 m²».
func (l line) quantity() string {
	return record.Measured(l.Quantity, l.MeasureUnit)
}

// period is from when to when.
func (l line) period(clock ui.Clock) string {
	if l.Start == l.End {
		return clock.Date(l.Start)
	}
	return words.Say("period", clock.Date(l.Start), clock.Date(l.End))
}

// due says that the work should have begun, where it has no order yet.
func (l line) due(clock ui.Clock) *ui.Due {
	if !clock.Past(l.Start) {
		return nil
	}
	return &ui.Due{Text: words.Say("late"), Late: true}
}

// together bounds the lines whose orders are asked for at once: they stand in the address.
const together = 50

// ordersOf are the orders that carry lines out, by line: of several the latest that was not given up.
func ordersOf(r *screen.Request, all []line) (map[string]record.Order, error) {
	out := map[string]record.Order{}
	for chunk := range slices.Chunk(all, together) {
		q := url.Values{}
		for _, l := range chunk {
			q.Add("program_line_id", l.ID)
		}
		found, _, err := record.All[record.Order](r.Context(), r.API, "/v1/work-orders", q, 4*together)
		if err != nil {
			return out, err
		}
		for _, o := range found {
			if was, known := out[o.ProgramLineID]; !known || gaveUp(was) || !gaveUp(o) && o.RequestedAt.After(was.RequestedAt) {
				out[o.ProgramLineID] = o
			}
		}
	}
	return out, nil
}

// gaveUp says that an order ended without its work.
func gaveUp(o record.Order) bool { return o.State == "declined" || o.State == "cancelled" }

type lineView struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Waits   *ui.Note
	// Ask leads to the form that asks for the order; "" where it is not offered.
	Ask     string
	Failed  *ui.Failure
	Orders  []ui.Row
	Facts   []ui.Fact
	History record.Logbook
}

// show is a line: what is planned, and its orders or what it waits for.
func show(r *screen.Request) (screen.Page, error) {
	var l line
	if _, err := r.API.Get(r.Context(), lines+"/"+url.PathEscape(r.PathValue("id")), &l); err != nil {
		return screen.Page{}, err
	}
	names, clock := record.NamesFor(r), record.Reader(r)
	u, _ := names.Unit(l.UnitID)
	v := lineView{Heading: ui.PageHeading{Back: &ui.Link{Href: "/programa?" + url.Values{"semana": {weekOf(l.Start).key()}}.Encode(), Text: words.Say("title")},
		Where: names.UnitName(l.UnitID), Title: record.Excerpt(l.Description, 120), Lines: []string{l.period(clock)}}}
	mine, _, err := record.All[record.Order](r.Context(), r.API, "/v1/work-orders", url.Values{"program_line_id": {l.ID}}, together)
	away := api.AwayOf(err)
	if away != nil {
		v.Failed = record.Missing(r, words.Say("orders_away"), away)
	} else if err != nil && !api.ProblemOf(err).Hidden() {
		return screen.Page{}, err
	}
	waiting := away == nil
	for _, o := range mine {
		thing, _ := names.Thing(o)
		v.Orders = append(v.Orders, ui.Row{Href: "/ordenes/" + url.PathEscape(o.ID), Title: thing, Badges: []ui.Badge{record.Badge("order_state", o.State)}, Lines: []string{words.Say("requested", clock.Near(o.RequestedAt))}})
		waiting = waiting && gaveUp(o)
	}
	if waiting {
		v.Waits = &ui.Note{Look: "info", Icon: ui.IconClock, Title: words.Say("waits"), Lines: []string{words.Say("waits_text")}}
		if clock.Past(l.Start) {
			v.Waits.Look, v.Waits.Icon, v.Waits.Title = "warn", ui.IconAlert, words.Say("waits_late")
		}
	}
	if waiting && orders(r) {
		v.Ask = "/programa/" + url.PathEscape(l.ID) + "/orden"
	}
	if r.URL.Query().Get("hecho") == "nuevo" {
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: planWords.Say("planear_done"), Alert: true}
	}
	v.Facts = l.facts(names, u, clock)
	if v.History, err = record.LogbookOf(r, clock, lines+"/", l.ID, 12, words.Say("history_away")); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: lineBody(v)}, nil
}

func (l line) facts(names *record.Names, u record.Unit, clock ui.Clock) (out []ui.Fact) {
	add := func(key, value string) {
		if value != "" {
			out = append(out, ui.Fact{Label: words.Say(key), Value: value})
		}
	}
	add("fact_what", l.Description)
	add("fact_element", record.Label("area_element", l.Element))
	if l.TypeKey != "" {
		add("fact_type", names.TypeName(l.TypeKey))
	}
	add("fact_area", u.AreaPath(l.AreaID))
	add("fact_quantity", l.quantity())
	add("fact_start", clock.Date(l.Start))
	add("fact_end", clock.Date(l.End))
	return out
}
