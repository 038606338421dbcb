package figure

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/history"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/stock"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// groupView is an office or a state: its figures and its units.
type groupView struct {
	Heading ui.PageHeading
	Figures []ui.Figure
	// Title says in which order the table is.
	Title   string
	Table   *ui.Table
	Empty   *ui.Emptiness
	Failure *ui.Failure
	More    string
	// Stock leads to the place's; "" where no list has it by itself.
	Stock string
	// Register leads to the form that registers a unit; "" where that is not offered.
	Register string
}

func group(kind string) func(*screen.Request) (screen.Page, error) {
	return func(r *screen.Request) (screen.Page, error) { return groupPage(r, kind, r.PathValue("key")) }
}

// unitsOfPlace are how many units a place has, and how many of them nobody has surveyed; beside them those that are planned or closed.
func unitsOfPlace(place string, s record.Status) []ui.Link {
	return []ui.Link{counting("line_units", "levantadas", place, both, int64(s.Units)), counting("line_not_surveyed", "levantadas", place, notCounted, int64(s.NotSurveyed)),
		counting("line_planned", "planeadas", place, counted, int64(s.Planned.Units)), counting("line_closed", "cerradas", place, counted, int64(s.Closed.Units))}
}

// listed bounds the units of a group that are shown.
const listed = 400

func groupPage(r *screen.Request, kind, key string) (screen.Page, error) {
	place := kind + ":" + key
	s, _, err := record.StatusOf(r.Context(), r.API, place)
	if err != nil {
		return screen.Page{}, err
	}
	clock := record.Reader(r)
	v := groupView{Heading: ui.PageHeading{Title: s.Name, Lines: []string{words.Say("as_of") + " " + clock.Full(r.Now)}, Counts: unitsOfPlace(place, s)}, Figures: Of(place, s), Title: sortingOf(r).title(words.Say("units_title"))}
	if r.Who.Is("planner") || r.Who.Is("auditor") || r.Who.Is("admin") || r.Who.Is("contract_administrator") {
		v.Heading.Back = &ui.Link{Href: "/nacion", Text: words.Say("nation_short")}
	}
	v.Stock = stock.Of(place)
	if r.Who.Is("admin") {
		v.Register = "/unidad/" + act.Creation
	}
	units, more, err := unitsOf(r, kind, key)
	if away := api.AwayOf(err); away != nil {
		v.Failure = record.Missing(r, words.Say("units_away"), away)
		return screen.Page{Title: s.Name, Body: groupBody(v)}, nil
	}
	if err != nil {
		return screen.Page{}, err
	}
	if more {
		v.More = words.Say("more_units", ui.Number(listed))
	}
	if len(units) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("no_units")}
		return screen.Page{Title: s.Name, Body: groupBody(v)}, nil
	}
	v.Table = placeTable{share: shares[0], id: "unidades", sort: sortingOf(r), by: r.URL}.of(unitRows(r, units), "unit", "operation")
	return screen.Page{Title: s.Name, Body: groupBody(v)}, nil
}

// Units are those of an office or a state by what hurts, the worst of them, and where the others are.
type Units struct {
	Table *ui.Table
	Href  string
	// Away is why there is no table.
	Away *api.Away
}

// UnitsOf are the worst units of a place; nil where it has none for whoever asks.
func UnitsOf(r *screen.Request, kind, key string, most int) *Units {
	out := &Units{Href: addressOf(kind + ":" + key)}
	units, _, err := unitsOf(r, kind, key)
	if out.Away = api.AwayOf(err); out.Away != nil {
		return out
	}
	if err != nil || len(units) == 0 {
		return nil
	}
	out.Table = placeTable{share: shares[0], id: "unidades", sort: sorting{by: sortable[0]}, narrow: true}.of(unitRows(r, units), "unit", "operation")
	out.Table.Rows = out.Table.Rows[:min(most, len(out.Table.Rows))]
	return out
}

func unitsOf(r *screen.Request, kind, key string) ([]record.Unit, bool, error) {
	filter := url.Values{"office": {key}}
	if kind == "state" {
		filter = url.Values{"state_code": {key}}
	}
	return record.All[record.Unit](r.Context(), r.API, "/v1/units", filter, listed)
}

// unitView is one unit: its figures, its areas, and the ways to what it has.
type unitView struct {
	Done    *ui.Note
	Buttons []act.Button
	Heading ui.PageHeading
	Figures []ui.Figure
	Failure *ui.Failure
	Facts   []ui.Fact
	Links   []ui.Row
	Areas   []string
	Stock   *ui.Table
	// StockFailed stands where the stock could not be had.
	StockFailed *ui.Failure
}

// ownUnit is the unit of whoever asks.
func ownUnit(r *screen.Request) (screen.Page, error) {
	for _, g := range r.Who.Grants {
		if g.Kind() == "unit" {
			return unit(r, g.Key())
		}
	}
	return screen.Page{}, &api.Problem{Status: 404}
}

func unit(r *screen.Request, key string) (screen.Page, error) {
	var u record.Unit
	m, err := r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(key), &u)
	if err != nil {
		return screen.Page{}, err
	}
	v := unitView{Done: family.Done(r), Buttons: family.Buttons(r, u.ID, m.Version, u), Heading: ui.PageHeading{Where: record.Label("unit_type", u.UnitType), Title: u.Name, Lines: filled(strings.Join(filled(u.Locality, u.Municipality), ", "))}}
	if u.OperationState != "open" {
		v.Heading.Badges = []ui.Badge{record.Badge("unit_state", u.OperationState)}
	}
	if !r.Who.Is("unit_director") && !r.Who.Is("requester") && u.Office != "" {
		v.Heading.Back = &ui.Link{Href: "/oficina/" + url.PathEscape(u.Office), Text: screen.In("office:" + u.Office)}
	}
	var wg sync.WaitGroup
	wg.Go(func() { v.figures(r, key) })
	wg.Go(func() { v.stock(r, key) })
	wg.Wait()
	v.facts(u)
	of := func(path string) string { return path + "?" + url.Values{"unit_id": {key}}.Encode() }
	v.Links = []ui.Row{{Href: of("/equipos"), Title: words.Say("to_assets")}, {Href: of("/ordenes"), Title: words.Say("to_orders")}, {Href: of("/entregas"), Title: words.Say("to_deliveries")}, {Href: stock.Of("unit:" + key), Title: words.Say("to_stock")}, {Href: history.Of("unidades", key), Title: words.Say("to_history")}}
	for _, a := range u.Areas {
		v.Areas = append(v.Areas, a.Path)
	}
	slices.SortFunc(v.Areas, func(a, b string) int { return cmp.Compare(mx.NameKey(a), mx.NameKey(b)) })
	return screen.Page{Title: u.Name, Body: unitBody(v)}, nil
}

func filled(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

func (v *unitView) figures(r *screen.Request, key string) {
	s, _, err := record.StatusOf(r.Context(), r.API, "unit:"+key)
	if away := api.AwayOf(err); away != nil {
		v.Failure = record.Missing(r, words.Say("figures_away"), away)
	} else if err == nil {
		v.Figures = Of("unit:"+key, s)
	}
}

func (v *unitView) stock(r *screen.Request, key string) {
	items, _, err := record.All[struct {
		TypeKey  string `json:"type_key"`
		Quantity int    `json:"quantity"`
	}](r.Context(), r.API, "/v1/stock", url.Values{"unit_id": {key}}, listed)
	if away := api.AwayOf(err); away != nil {
		v.StockFailed = record.Missing(r, words.Say("stock_away"), away)
		return
	}
	if err != nil || len(items) == 0 {
		return
	}
	names := record.NamesFor(r)
	t := &ui.Table{ID: "existencias", Columns: []ui.Column{{Label: words.Say("stock_what")}, {Label: words.Say("stock_quantity"), Number: true}}}
	for _, i := range items {
		t.Rows = append(t.Rows, []ui.Cell{{Text: names.TypeName(i.TypeKey)}, {Text: ui.Number(i.Quantity)}})
	}
	v.Stock = t
}

func (v *unitView) facts(u record.Unit) {
	add := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, ui.Fact{Label: words.Say(key), Value: value})
		}
	}
	add("care_level", record.Label("care_level", u.CareLevel))
	add("clues", u.CLUES)
	add("key", u.ID)
	for _, n := range []struct {
		key   string
		value *int
	}{{"beds", u.CensusBeds}, {"rooms", u.ConsultRooms}, {"theatres", u.OperatingRooms}} {
		if n.value != nil {
			add(n.key, ui.Number(*n.value))
		}
	}
	add("address", u.Address)
	add("operation", record.Label("unit_state", u.OperationState))
}
