package figure

import (
	"cmp"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
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

// source is where the rows of a figure are, in the words of the API, and in which order they come.
type source struct {
	read func(x *reading, place, choice string, at position) (rows []entry, next *position, err error)
	// order is the key of the words for it; it begins those of a page by unit (_unit) and of several pages (_page).
	order string
}

// entry is a row with what it stands by: the name of its unit, and since when is so what it tells.
type entry struct {
	ui.Row
	unit string
	at   time.Time
}

// reading is one page's reading of rows.
type reading struct {
	*screen.Request
	names *record.Names
	// several says that the rows are of several units, whose names they tell.
	several bool
}

// position is how far rows were read: the page of the place's units, and of the documents of those units, each by the cursor of the API.
type position struct{ units, documents string }

// read reads the rows of a place from a position on, and says in which order they are; next is nil behind the last.
func (s share) read(r *screen.Request, place, choice string, at position) (rows []ui.Row, order string, next *position, err error) {
	kind, _, _ := cutPlace(place)
	x := &reading{r, record.NamesFor(r), kind != "unit"}
	entries, next, err := s.rows.read(x, place, choice, at)
	for _, e := range entries {
		if x.several {
			e.Lines = record.Filled(append([]string{e.unit}, e.Lines...)...)
		}
		rows = append(rows, e.Row)
	}
	if len(rows) > 1 {
		order = s.rows.said(x.several, next != nil || at != position{})
	}
	return rows, order, next, err
}

// byUnits is a source that is read unit by unit, fifty units at a time: rows are those of units. Each page is in an order of its own.
func byUnits(order string, rows func(x *reading, units []record.Unit, choice, cursor string) (rows []entry, next string, err error)) source {
	return source{order: order, read: func(x *reading, place, choice string, at position) (all []entry, next *position, err error) {
		var units record.Page[record.Unit]
		for asked, read := 0, "none"; len(all) < rowsShown && asked < maxAsked; asked++ {
			if read != at.units {
				if units, err = unitsCounted(x.Request, place, at.units); err != nil {
					return all, nil, err
				}
				read = at.units
			}
			var more []entry
			cursor := ""
			if len(units.Items) > 0 {
				if more, cursor, err = rows(x, units.Items, choice, at.documents); err != nil {
					return all, nil, err
				}
			}
			all = append(all, more...)
			switch {
			case cursor != "":
				at.documents = cursor
			case units.Next != "":
				at = position{units: units.Next}
			default:
				return sorted(all), nil, nil
			}
		}
		return sorted(all), &at, nil
	}}
}

// sorted puts rows by the names of their units, or by their own, and those of a unit the latest first.
func sorted(rows []entry) []entry {
	slices.SortStableFunc(rows, func(a, b entry) int {
		return cmp.Or(cmp.Compare(mx.NameKey(cmp.Or(a.unit, a.Title)), mx.NameKey(cmp.Or(b.unit, b.Title))), b.at.Compare(a.at))
	})
	return rows
}

// said is the order in words: of rows of several units or of one, on one of several pages or on the only one.
func (s source) said(several, paged bool) string {
	switch {
	case s.order == byTime:
		return words.Say(byTime)
	case several && paged:
		return words.Say(s.order + "_units_page")
	case several:
		return words.Say(s.order + "_units")
	case paged:
		return words.Say(s.order + "_page")
	}
	return words.Say(s.order)
}

// The orders of rows.
const (
	byTime  = "rows_newest"
	bySince = "rows_since"
	byName  = "rows_name"
)

// countsIn says whether the figures of a place count a unit: a unit's own do, else those of the institution's own medical units that are neither
// planned nor closed.
func countsIn(place string, u record.Unit) bool {
	kind, key, _ := cutPlace(place)
	switch kind {
	case "unit":
		return u.ID == key
	case "office":
		return u.Office == key && counts(u)
	case "state":
		return u.State == key && counts(u)
	}
	return counts(u)
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
	page.Items = slices.DeleteFunc(page.Items, func(u record.Unit) bool { return !countsIn(place, u) })
	return page, err
}

// medical says whether a unit is one of the institution's own medical units, apart says whether it is planned or closed.
func medical(u record.Unit) bool { return u.Own && u.Kind == "medical_unit" }
func apart(u record.Unit) bool   { return u.OperationState == "planned" || u.OperationState == "closed" }
func counts(u record.Unit) bool  { return medical(u) && !apart(u) }

// assets is a source of assets: whole is the filter of the figure's whole, part what is asked for besides of what it counts. in says which of a whole
// it does, given the asset's unit.
func assets(whole, part url.Values, in func(record.Asset, record.Unit) bool) source {
	return byUnits(bySince, func(x *reading, units []record.Unit, choice, cursor string) ([]entry, string, error) {
		filter, of := maps.Clone(whole), map[string]record.Unit{}
		if choice == counted {
			maps.Copy(filter, part)
		}
		for _, u := range units {
			filter["unit_id"] = append(filter["unit_id"], u.ID)
			of[u.ID] = u
		}
		page, err := record.List[record.Asset](x.Context(), x.API, "/v1/assets", filter, rowsShown, cursor)
		if err != nil {
			return nil, "", err
		}
		var rows []entry
		for _, a := range page.Items {
			if u := of[a.UnitID]; choice == both || in(a, u) == (choice == counted) {
				row, since := thing(x.names, u, a, record.ClockAt(x.Request, u.TimeZone))
				rows = append(rows, entry{row, u.Name, since})
			}
		}
		return rows, page.Next, nil
	})
}

// happening is a source of what happens, the latest first in the whole place: whole and part as of assets. of is a document's place, draw draws a page.
func happening[T any](path string, whole, part url.Values, of func(T) record.Place, in func(T) bool, draw func(x *reading, all []T) []entry) source {
	return source{order: byTime, read: func(x *reading, place, choice string, at position) (rows []entry, next *position, err error) {
		if at.units != "" {
			return nil, nil, &api.Problem{Status: http.StatusNotFound} // no page of these is addressed so
		}
		filter := maps.Clone(whole)
		if choice == counted {
			maps.Copy(filter, part)
		}
		kind, key, _ := cutPlace(place)
		if kind == "unit" {
			filter.Set("unit_id", key)
		}
		for range maxAsked {
			page, err := record.Latest[T](x.Context(), x.API, path, filter, rowsShown, at.documents)
			if err != nil {
				return rows, nil, err
			}
			var units []string
			for _, d := range page.Items {
				units = append(units, of(d).UnitID)
			}
			x.names.Units(units)
			page.Items = slices.DeleteFunc(page.Items, func(d T) bool {
				u, known := x.names.Unit(of(d).UnitID)
				return !known || !countsIn(place, u) || choice != both && in(d) != (choice == counted)
			})
			rows, at.documents = append(rows, draw(x, page.Items)...), page.Next
			if page.Next == "" {
				return rows, nil, nil
			}
			if len(rows) >= rowsShown {
				break
			}
		}
		return rows, &at, nil
	}}
}

// ofOrders is a source of orders.
func ofOrders(whole, part url.Values, in func(record.Order) bool) source {
	return happening("/v1/work-orders", whole, part, func(o record.Order) record.Place { return o.Place }, in, func(x *reading, all []record.Order) []entry {
		x.names.Orders(all)
		rows := make([]entry, len(all))
		for i, o := range all {
			what, area := x.names.Thing(o)
			rows[i] = entry{ui.Row{Href: "/ordenes/" + url.PathEscape(o.ID), Title: what, Badges: []ui.Badge{record.Badge("priority", o.Priority), record.Badge("order_state", o.State)},
				Lines: record.Filled(area, record.Excerpt(o.Complaint, 80), words.Say("requested", record.ClockAt(x.Request, o.TimeZone).Near(o.RequestedAt)))}, x.names.UnitName(o.UnitID), o.RequestedAt}
		}
		return rows
	})
}

// ofDeliveries is a source of the deliveries in a state.
func ofDeliveries(state string) source {
	return happening("/v1/deliveries", url.Values{"state": {state}}, nil, func(d record.Delivery) record.Place { return d.Place }, func(record.Delivery) bool { return true }, func(x *reading, all []record.Delivery) []entry {
		rows := make([]entry, len(all))
		for i, d := range all {
			clock := record.ClockAt(x.Request, d.TimeZone)
			lines := []string{words.Say("prepared", clock.Near(d.CreatedAt))}
			if !d.DispatchedAt.IsZero() {
				lines = append(lines, words.Say("dispatched", clock.Near(d.DispatchedAt)))
			}
			rows[i] = entry{ui.Row{Href: "/entregas/" + url.PathEscape(d.ID), Title: words.Count("pieces", d.Pieces()), Lines: lines}, x.names.UnitName(d.UnitID), d.CreatedAt}
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
	urgent     = ofOrders(open, url.Values{"priority": {"urgent"}}, func(o record.Order) bool { return o.Priority == "urgent" })
	openOrders = ofOrders(open, nil, every[record.Order])
	completed  = ofOrders(url.Values{"state": {"completed"}}, nil, every[record.Order])
)

func every[T any](T) bool { return true }

// having is a source of the assets that are there, or retired, with one of these values of a fact.
func having(whole url.Values, fact string, values ...string) source {
	return assets(whole, url.Values{fact: values}, func(record.Asset, record.Unit) bool { return true })
}

// away are the assets that are not at their unit: in transit, on loan, in a workshop, and whatever else the service has words for.
var away = source{order: bySince, read: func(x *reading, place, choice string, at position) ([]entry, *position, error) {
	values := slices.DeleteFunc(record.Values("custody"), func(v string) bool { return v == "at_unit" })
	return assets(present, url.Values{"custody": values}, func(a record.Asset, _ record.Unit) bool { return a.Custody.Value != "at_unit" }).read(x, place, choice, at)
}}

// ofUnits is a source of the units in a state of operation.
func ofUnits(state string) source {
	return source{order: byName, read: func(x *reading, place, _ string, at position) (rows []entry, next *position, err error) {
		kind, key, _ := cutPlace(place)
		filter := url.Values{"kind": {"medical_unit"}, "operation_state": {state}}
		switch kind {
		case "unit":
			filter.Set("ids", key)
		case "office":
			filter.Set("office", key)
		case "state":
			filter.Set("state_code", key)
		}
		page, err := record.List[record.Unit](x.Context(), x.API, "/v1/units", filter, rowsShown, at.documents)
		for _, u := range page.Items {
			if medical(u) && u.OperationState == state {
				rows = append(rows, unitEntry(u, true))
			}
		}
		if page.Next != "" {
			next = &position{documents: page.Next}
		}
		return sorted(rows), next, err
	}}
}

// surveyed are the units of a place themselves; of a unit by itself what was ever registered there, which is why it counts as surveyed.
var surveyed = source{order: byName, read: func(x *reading, place, choice string, at position) ([]entry, *position, error) {
	if !x.several {
		return assets(url.Values{}, nil, func(record.Asset, record.Unit) bool { return true }).read(x, place, both, at)
	}
	return byUnits(byName, func(x *reading, units []record.Unit, choice, _ string) (rows []entry, next string, err error) {
		status := record.StatusOfUnits(x.Context(), x.API, units)
		for _, u := range units {
			if seen := status[u.ID].Figures.Assets != nil; choice == both || seen == (choice == counted) {
				rows = append(rows, unitEntry(u, seen))
			}
		}
		return rows, "", nil
	}).read(x, place, choice, at)
}}

// unitEntry is a unit as a row.
func unitEntry(u record.Unit, seen bool) entry {
	row := ui.Row{Href: "/unidad/" + url.PathEscape(u.ID), Title: u.Name, Lines: []string{record.Label("unit_state", u.OperationState)}}
	if !seen {
		row.Badges = []ui.Badge{{Look: "idle", Icon: ui.IconDash, Word: words.Say("not_surveyed")}}
	}
	return entry{Row: row}
}
