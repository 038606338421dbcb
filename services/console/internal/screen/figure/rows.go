package figure

import (
	"maps"
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// choices are which rows of a figure are looked at: those that it counts, those of its whole that it does not, all of its whole.
const (
	counted    = "dentro"
	notCounted = "fuera"
	both       = "todos"
)

// A page of rows has at least rowsShown where there are as many, at most twice that; to find them a page asks at most maxAsked times: where what
// is looked for is rare it has fewer, and leads on.
const (
	rowsShown  = 50
	maxAsked   = 12
	unitsAsked = 50
)

// source is where the rows of a figure are, in the words of the API: those of units.
type source func(x *reading, units []record.Unit, choice, cursor string) (rows []ui.Row, next string, err error)

// reading is one page's reading of rows.
type reading struct {
	*screen.Request
	names *record.Names
	// several says that the rows are of several units, whose names they tell.
	several bool
}

// position is how far rows were read: the page of the place's units, and of the documents of those units, each by the cursor of the API.
type position struct{ units, documents string }

// read reads the rows of a place from a position on; next is nil behind the last.
func (s share) read(r *screen.Request, place, choice string, at position) (rows []ui.Row, next *position, err error) {
	kind, _, _ := cutPlace(place)
	x := &reading{r, record.NamesFor(r), kind != "unit"}
	var units record.Page[record.Unit]
	for asked, read := 0, "none"; len(rows) < rowsShown && asked < maxAsked; asked++ {
		if read != at.units {
			if units, err = unitsCounted(r, place, at.units); err != nil {
				return rows, nil, err
			}
			read = at.units
		}
		var more []ui.Row
		cursor := ""
		if len(units.Items) > 0 {
			if more, cursor, err = s.rows(x, units.Items, choice, at.documents); err != nil {
				return rows, nil, err
			}
		}
		rows = append(rows, more...)
		switch {
		case cursor != "":
			at.documents = cursor
		case units.Next != "":
			at = position{units: units.Next}
		default:
			return rows, nil, nil
		}
	}
	return rows, &at, nil
}

// unitsCounted is a page of the units whose figures are a place's: a unit's own, else those of the institution's own medical units that are
// neither planned nor closed.
func unitsCounted(r *screen.Request, place, cursor string) (record.Page[record.Unit], error) {
	kind, key, _ := cutPlace(place)
	if kind == "unit" {
		page := record.Page[record.Unit]{Items: make([]record.Unit, 1)}
		_, err := r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(key), &page.Items[0])
		return page, err
	}
	filter := url.Values{"kind": {"medical_unit"}}
	switch kind {
	case "office":
		filter.Set("office", key)
	case "state":
		filter.Set("state_code", key)
	}
	page, err := record.List[record.Unit](r.Context(), r.API, "/v1/units", filter, unitsAsked, cursor)
	page.Items = slices.DeleteFunc(page.Items, func(u record.Unit) bool {
		return !u.Own || u.OperationState == "planned" || u.OperationState == "closed"
	})
	return page, err
}

// listOf is a source that is a list of the API: whole is the filter of the figure's whole, part what is asked for besides of what it counts. counts
// says which of a whole it does, row draws one; both are given the document's unit.
func listOf[T any](path string, whole, part url.Values, unitOf func(T) string, counts func(T, record.Unit) bool, draw func(x *reading, of map[string]record.Unit, all []T) []ui.Row) source {
	return func(x *reading, units []record.Unit, choice, cursor string) ([]ui.Row, string, error) {
		filter, of := maps.Clone(whole), map[string]record.Unit{}
		if choice == counted {
			maps.Copy(filter, part)
		}
		for _, u := range units {
			filter["unit_id"] = append(filter["unit_id"], u.ID)
			of[u.ID] = u
		}
		page, err := record.List[T](x.Context(), x.API, path, filter, rowsShown, cursor)
		if err != nil {
			return nil, "", err
		}
		if choice != both {
			page.Items = slices.DeleteFunc(page.Items, func(d T) bool { return counts(d, of[unitOf(d)]) != (choice == counted) })
		}
		return draw(x, of, page.Items), page.Next, nil
	}
}

// assets is a source of assets.
func assets(whole, part url.Values, counts func(record.Asset, record.Unit) bool) source {
	return listOf("/v1/assets", whole, part, func(a record.Asset) string { return a.UnitID }, counts, func(x *reading, of map[string]record.Unit, all []record.Asset) []ui.Row {
		rows := make([]ui.Row, len(all))
		for i, a := range all {
			u := of[a.UnitID]
			rows[i] = thing(x.names, u, a, record.ClockAt(x.Request, u.TimeZone))
			x.tellUnit(&rows[i], u)
		}
		return rows
	})
}

// tellUnit begins a row's lines with its unit where the rows are of several.
func (x *reading) tellUnit(row *ui.Row, u record.Unit) {
	if x.several {
		row.Lines = append([]string{u.Name}, row.Lines...)
	}
}

// ofOrders is a source of orders.
func ofOrders(whole, part url.Values, counts func(record.Order, record.Unit) bool) source {
	return listOf("/v1/work-orders", whole, part, func(o record.Order) string { return o.UnitID }, counts, func(x *reading, of map[string]record.Unit, all []record.Order) []ui.Row {
		x.names.Orders(all)
		rows := make([]ui.Row, len(all))
		for i, o := range all {
			what, area := x.names.Thing(o)
			rows[i] = ui.Row{Href: "/ordenes/" + url.PathEscape(o.ID), Title: what, Badges: []ui.Badge{record.Badge("priority", o.Priority), record.Badge("order_state", o.State)},
				Lines: record.Filled(area, record.Excerpt(o.Complaint, 80), words.Say("requested", record.ClockAt(x.Request, o.TimeZone).Near(o.RequestedAt)))}
			x.tellUnit(&rows[i], of[o.UnitID])
		}
		return rows
	})
}

var (
	present = url.Values{"lifecycle": {"active", "draft"}}
	active  = url.Values{"lifecycle": {"active"}}
	open    = url.Values{"state": record.OpenOrders}
)

// The rows of the figures, by the rules by which the figures count (services/status): held together by TestAFigureIsTheNumberOfItsRows.
var (
	inService = assets(active, url.Values{"functioning": {"working", "limited"}}, func(a record.Asset, u record.Unit) bool {
		return a.InService && !slices.Contains([]string{"planned", "suspended", "closed"}, u.OperationState)
	})
	notWorking = assets(present, url.Values{"functioning": {"not_working"}}, func(a record.Asset, _ record.Unit) bool { return a.Functioning.Value == "not_working" })
	drafts     = assets(present, url.Values{"lifecycle": {"draft"}}, func(a record.Asset, _ record.Unit) bool { return a.Lifecycle.Value == "draft" })
	urgent     = ofOrders(open, url.Values{"priority": {"urgent"}}, func(o record.Order, _ record.Unit) bool { return o.Priority == "urgent" })
	openOrders = ofOrders(open, nil, func(record.Order, record.Unit) bool { return true })
	onTheirWay = listOf("/v1/deliveries", url.Values{"state": {"dispatched"}}, nil, func(d record.Delivery) string { return d.UnitID }, func(record.Delivery, record.Unit) bool { return true },
		func(x *reading, of map[string]record.Unit, all []record.Delivery) []ui.Row {
			rows := make([]ui.Row, len(all))
			for i, d := range all {
				rows[i] = ui.Row{Href: "/entregas/" + url.PathEscape(d.ID), Title: words.Count("pieces", d.Pieces()), Lines: []string{words.Say("dispatched", record.ClockAt(x.Request, d.TimeZone).Near(d.DispatchedAt))}}
				x.tellUnit(&rows[i], of[d.UnitID])
			}
			return rows
		})
)

// surveyed are the units of a place themselves; of a unit by itself what was ever registered there, which is why it counts as surveyed.
func surveyed(x *reading, units []record.Unit, choice, cursor string) (rows []ui.Row, next string, err error) {
	if !x.several {
		return assets(url.Values{}, nil, func(record.Asset, record.Unit) bool { return true })(x, units, both, cursor)
	}
	status := record.StatusOfUnits(x.Context(), x.API, units)
	for _, u := range units {
		if seen := status[u.ID].Figures.Assets != nil; choice == both || seen == (choice == counted) {
			row := ui.Row{Href: "/unidad/" + url.PathEscape(u.ID), Title: u.Name, Lines: []string{record.Label("unit_state", u.OperationState)}}
			if !seen {
				row.Badges = []ui.Badge{{Look: "idle", Icon: ui.IconDash, Word: words.Say("not_surveyed")}}
			}
			rows = append(rows, row)
		}
	}
	return rows, "", nil
}
