package figure

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// openedView is a figure with its definition and the rows that it counts.
type openedView struct {
	Heading    ui.PageHeading
	Value      string
	Parts      []ui.Count
	Definition string
	Facts      []ui.Fact
	RowsTitle  string
	Filters    []ui.Filter
	Rows       []ui.Row
	Table      *ui.Table
	Empty      *ui.Emptiness
	More       *ui.Link
	Failure    *ui.Failure
}

// counted bounds the things of a unit that are read to show a figure's rows.
const counted = 2000

// rowsShown is how many rows a figure shows.
const rowsShown = 100

// widest is the place of the figures of somebody who names none: the nation, or the first place of theirs that has figures.
func widest(who screen.Who) string {
	place := ""
	for _, g := range who.Grants {
		switch g.Kind() {
		case "nation":
			return g.Place
		case "office", "state", "unit":
			place = cmp.Or(place, g.Place)
		}
	}
	return cmp.Or(place, "nation")
}

func opened(r *screen.Request) (screen.Page, error) {
	i := slices.IndexFunc(shares, func(s share) bool { return s.key == r.PathValue("figure") })
	if i < 0 {
		return screen.Page{}, &api.Problem{Status: 404}
	}
	s, place := shares[i], cmp.Or(r.URL.Query().Get("lugar"), widest(r.Who))
	st, ok, err := record.StatusOf(r.Context(), r.API, place)
	if !ok {
		return screen.Page{}, &api.Problem{Status: 404}
	}
	if err != nil {
		return screen.Page{}, err
	}
	name := cmp.Or(st.Name, screen.In(place))
	part, whole, known := s.of(st)
	v := openedView{Heading: ui.PageHeading{Back: &ui.Link{Href: addressOf(place), Text: name}, Where: name, Title: words.Say(s.word)}, Value: ui.Percent(part, whole),
		Definition: words.Say(s.word + "_definition")}
	if !known {
		v.Value = words.Say("not_surveyed")
	} else {
		v.Parts = []ui.Count{{N: int(part), Text: words.Say(s.word + "_part"), Small: words.Say("numerator")}, {N: int(whole), Text: words.Say(s.word + "_whole"), Small: words.Say("denominator"), Total: true}}
	}
	v.facts(r, st)
	if err := v.rows(r, s, place); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: openedBody(v)}, nil
}

// facts are n and what is not counted.
func (v *openedView) facts(r *screen.Request, st record.Status) {
	add := func(key, value string) { v.Facts = append(v.Facts, ui.Fact{Label: words.Say(key), Value: value}) }
	if a := st.Figures.Assets; a != nil {
		add("n_registered", number(a.Total))
		add("n_not_counted", words.Say("n_not_counted_value", number(a.Draft), number(a.Retired)))
		add("n_said", words.Say("n_said_value", number(a.Working), number(a.Limited), number(a.NotWorking), number(a.Unknown)))
		add("n_apart", words.Say("n_apart_value", number(a.NotInUse), number(a.Away), number(a.Quarantined)))
	}
	if st.Units > 0 {
		add("n_units", words.Say("n_units_value", number(int64(st.Units)), number(int64(st.NotSurveyed)), number(int64(st.Suspended))))
	}
	if !st.AsOf.IsZero() {
		add("as_of", record.Reader(r).Full(st.AsOf))
	}
}

// rows are what the figure counts: in a unit the things themselves, elsewhere the places that it is the sum of.
func (v *openedView) rows(r *screen.Request, s share, place string) error {
	kind, key, _ := cutPlace(place)
	switch kind {
	case "nation":
		rows, failed := states(r)
		sorted(rows, s, "cifra")
		v.RowsTitle = words.Say("rows_states")
		if failed != nil {
			v.Failure = record.Missing(r, words.Say("states_away"), failed)
		}
		t := ui.Table{ID: "renglones", Dense: true, Columns: []ui.Column{{Label: words.Say("state")}, {Label: "%", Number: true}, {Label: words.Say("how_many"), Number: true}, {Label: words.Say("orders_short"), Number: true, WideOnly: true}, {Label: words.Say("units"), Number: true, WideOnly: true}}}
		for _, one := range rows {
			t.Rows = append(t.Rows, s.cells(one.state.Name, link(s.key, "state:"+one.state.INEGI), one.status, one.known, s.class(one.status)))
		}
		v.Table = &t
		return nil
	case "unit":
		return v.things(r, s, key)
	}
	filter := url.Values{"office": {key}}
	if kind == "state" {
		filter = url.Values{"state_code": {key}}
	}
	units, _, err := record.All[record.Unit](r.Context(), r.API, "/v1/units", filter, listed)
	if err != nil {
		return err
	}
	v.RowsTitle = words.Say("rows_units")
	t := &ui.Table{ID: "renglones", Dense: true, Columns: []ui.Column{{Label: words.Say("unit")}, {Label: "%", Number: true}, {Label: words.Say("how_many"), Number: true}, {Label: words.Say("orders_short"), Number: true, WideOnly: true}, {Label: words.Say("operation"), WideOnly: true}}}
	t.Rows = make([][]ui.Cell, len(units))
	record.Each(len(units), func(i int) {
		st, _, err := record.StatusOf(r.Context(), r.API, "unit:"+units[i].ID)
		cells := s.cells(units[i].Name, link(s.key, "unit:"+units[i].ID), st, err == nil, s.class(st))
		cells[4] = ui.Cell{Text: record.Label("unit_state", units[i].OperationState)}
		t.Rows[i] = cells
	})
	v.Table = t
	return nil
}

// things are the assets or orders that a unit's figure counts.
func (v *openedView) things(r *screen.Request, s share, unit string) error {
	if s.key == "urgentes" {
		v.RowsTitle = words.Say("rows_things")
		v.More = &ui.Link{Href: "/ordenes?" + url.Values{"unit_id": {unit}, "priority": {"urgent"}}.Encode(), Text: words.Say("see_orders")}
		return nil
	}
	filter := url.Values{"unit_id": {unit}, "lifecycle": {"active"}}
	inside := func(a record.Asset) bool { return a.InService }
	switch s.key {
	case "no-funciona":
		filter["lifecycle"] = []string{"active", "draft"}
		inside = func(a record.Asset) bool { return a.Functioning.Value == "not_working" }
	case "por-completar":
		filter["lifecycle"] = []string{"active", "draft"}
		inside = func(a record.Asset) bool { return a.Lifecycle.Value == "draft" }
	case "levantadas":
		filter.Del("lifecycle") // whatever was ever registered
		inside = func(record.Asset) bool { return true }
	}
	all, _, err := record.All[record.Asset](r.Context(), r.API, "/v1/assets", filter, counted)
	if err != nil {
		return err
	}
	var in, out []record.Asset
	for _, a := range all {
		if inside(a) {
			in = append(in, a)
		} else {
			out = append(out, a)
		}
	}
	choice := r.URL.Query().Get("ver")
	shown := map[string][]record.Asset{"dentro": in, "fuera": out, "todos": all}
	if shown[choice] == nil {
		choice = "dentro"
		if s.more && len(out) > 0 {
			choice = "fuera"
		}
	}
	v.RowsTitle = words.Say("rows_things")
	for _, f := range []string{"dentro", "fuera", "todos"} {
		v.Filters = append(v.Filters, ui.Filter{Href: r.URL.Path + "?" + url.Values{"lugar": {"unit:" + unit}, "ver": {f}}.Encode(), Text: words.Say("rows_"+f, number(int64(len(shown[f])))), Here: f == choice})
	}
	rows := shown[choice]
	if len(rows) > rowsShown {
		v.More = &ui.Link{Href: "/equipos?" + filter.Encode(), Text: words.Say("see_all")}
		rows = rows[:rowsShown]
	}
	if len(rows) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("rows_none")}
	}
	names := record.NamesFor(r)
	u, _ := names.Unit(unit)
	clock := record.ClockAt(r, u.TimeZone)
	for _, a := range rows {
		v.Rows = append(v.Rows, thing(names, u, a, clock))
	}
	return nil
}

// thing is an asset as a row: what keeps it out of service, where, since when.
func thing(names *record.Names, u record.Unit, a record.Asset, clock ui.Clock) ui.Row {
	row := ui.Row{Href: "/equipos/" + url.PathEscape(a.ID), Title: names.TypeName(a.TypeKey)}
	why := a.Functioning
	switch {
	case a.Lifecycle.Value != "active":
		row.Badges, why = []ui.Badge{record.Badge("asset_lifecycle", a.Lifecycle.Value)}, a.Lifecycle
	case a.Quarantine.Value == "quarantined":
		row.Badges, why = []ui.Badge{record.Badge("quarantine", a.Quarantine.Value)}, a.Quarantine
	case a.Functioning.Value != "working":
		row.Badges = []ui.Badge{record.Badge("functioning", a.Functioning.Value)}
	case a.Custody.Value != "at_unit":
		row.Badges, why = []ui.Badge{record.Badge("custody", a.Custody.Value)}, a.Custody
	case a.Use.Value != "in_use":
		row.Badges, why = []ui.Badge{record.Badge("use", a.Use.Value)}, a.Use
	}
	row.Lines = filled(u.AreaPath(a.AreaID), words.Say("since", clock.NearDay(why.Since.In(clock.Zone))))
	return row
}
