package order

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// kind is a list of orders: which states it shows, and its words.
type kind struct {
	key    string
	path   string
	states []string
	// whole lists are read to their end and ordered by urgency.
	whole bool
}

var (
	all       = kind{key: "list", path: "/ordenes", states: record.OpenOrders}
	past      = kind{key: "past", path: "/historial", states: []string{"accepted", "declined", "cancelled"}}
	assigning = kind{key: "assign", path: "/por-revisar", states: []string{"approved"}, whole: true}
	triage    = kind{key: "triage", path: "/por-revisar", states: []string{"requested", "approved"}, whole: true}
)

// carried are the filters of the list that its address may name.
var carried = []string{"unit_id", "office", "priority", "type", "contractor_id", "contract_id", "asset_id", "late_entry"}

// pageSize is how many orders a page shows, wholeSize bounds a list that is read to its end.
const (
	pageSize  = 50
	wholeSize = 400
)

type listView struct {
	Heading ui.PageHeading
	Filters []ui.Filter
	Table   *ui.Table
	Empty   *ui.Emptiness
	Next    string
	First   string
}

func list(k kind) func(*screen.Request) (screen.Page, error) {
	return func(r *screen.Request) (screen.Page, error) {
		k := k
		if k.key == triage.key && !r.Who.Is("biomedical_engineer") {
			k = assigning // whoever reviews nothing is not shown what is to be reviewed
		}
		v, err := k.view(r)
		if err != nil {
			return screen.Page{}, err
		}
		return screen.Page{Title: v.Heading.Title, Body: listBody(v)}, nil
	}
}

func (k kind) view(r *screen.Request) (v listView, err error) {
	q := r.URL.Query()
	filter := url.Values{"state": k.chosen(q)}
	for _, name := range carried {
		if q.Get(name) != "" {
			filter[name] = q[name]
		}
	}
	var orders []record.Order
	var next string
	var more bool
	if k.whole {
		if orders, more, err = record.AllLatest[record.Order](r.Context(), r.API, "/v1/work-orders", filter, wholeSize); err == nil {
			slices.SortStableFunc(orders, ByUrgency)
		}
	} else {
		var page record.Page[record.Order]
		page, err = record.Latest[record.Order](r.Context(), r.API, "/v1/work-orders", filter, pageSize, q.Get("cursor"))
		orders, next = page.Items, page.Next
	}
	if err != nil {
		return v, err
	}
	v.Heading = ui.PageHeading{Where: k.where(r, q), Title: k.title(orders, next != "" || more || q.Get("cursor") != "")}
	if len(orders) > 1 {
		v.Heading.Lines = []string{words.Say(map[bool]string{true: "by_urgency", false: "newest_first"}[k.whole])}
	}
	v.Filters = k.filters(r, q)
	if len(orders) == 0 {
		v.Empty = k.empty(q)
	} else {
		v.Table = k.table(r, orders)
	}
	if next != "" {
		v.Next = k.address(q, "cursor", next)
	}
	if q.Get("cursor") != "" {
		v.First = k.address(q, "cursor", "")
	}
	return v, nil
}

// chosen are the states of the list: those of the address where it names some of the list's.
func (k kind) chosen(q url.Values) []string {
	var out []string
	for _, s := range q["state"] {
		if slices.Contains(k.states, s) {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return k.states
	}
	return out
}

// address is the list's with one filter set otherwise.
func (k kind) address(q url.Values, name, value string) string {
	out := url.Values{}
	for n, values := range q {
		if n != name && n != "cursor" {
			out[n] = values
		}
	}
	if value != "" {
		out.Set(name, value)
	}
	if len(out) == 0 {
		return k.path
	}
	return k.path + "?" + out.Encode()
}

func (k kind) where(r *screen.Request, q url.Values) string {
	if unit := q.Get("unit_id"); unit != "" {
		return record.NamesFor(r).UnitName(unit)
	}
	if len(r.Who.Grants) == 0 || r.Who.Is("contractor") || r.Who.Is("technician") {
		return ""
	}
	return record.NamesFor(r).In(r.Who.Grants[0].Place)
}

func (k kind) title(orders []record.Order, part bool) string {
	if part || len(orders) == 0 {
		return words.Say(k.key + "_title")
	}
	return words.Count(k.key, len(orders))
}

func (k kind) filters(r *screen.Request, q url.Values) []ui.Filter {
	var out []ui.Filter
	states := k.states
	if len(states) > 1 {
		out = append(out, ui.Filter{Href: k.address(q, "state", ""), Text: words.Say("any_state"), Here: q.Get("state") == ""})
	} else {
		states = nil
	}
	outside := r.Who.Is("contractor") || r.Who.Is("technician")
	for _, s := range states {
		if outside && (s == "requested" || s == "approved" || s == "declined") {
			continue // nobody has those in hand
		}
		out = append(out, ui.Filter{Href: k.address(q, "state", s), Text: record.Label("order_state", s), Here: q.Get("state") == s})
	}
	if k.key == "past" {
		return out
	}
	urgent := ui.Filter{Href: k.address(q, "priority", "urgent"), Text: words.Say("urgent_only"), Here: q.Get("priority") == "urgent"}
	if urgent.Here {
		urgent.Href = k.address(q, "priority", "")
	}
	return append(out, urgent)
}

func (k kind) empty(q url.Values) *ui.Emptiness {
	for name := range q {
		if name != "ver" {
			return &ui.Emptiness{Title: words.Say("empty_filter"), Action: &ui.Link{Href: k.path, Text: words.Say("no_filter")}, Quiet: true}
		}
	}
	return &ui.Emptiness{Done: true, Title: words.Say(k.key + "_empty")}
}

// UrgentFirst says in words in which order ByUrgency puts orders.
func UrgentFirst() string { return words.Say("by_urgency") }

var urgency = map[string]int{"urgent": 0, "high": 1, "medium": 2, "low": 3}

// ByUrgency puts the urgent first; among equals what is due before, and then what was asked for before. UrgentFirst says so in words.
func ByUrgency(a, b record.Order) int {
	due := func(o record.Order) int64 {
		if o.ScheduledEnd.IsZero() {
			return 1 << 62
		}
		return o.ScheduledEnd.Unix()
	}
	return cmp.Or(cmp.Compare(urgency[a.Priority], urgency[b.Priority]), cmp.Compare(due(a), due(b)), a.RequestedAt.Compare(b.RequestedAt))
}

// table is the orders as rows: cards on a phone.
func (k kind) table(r *screen.Request, orders []record.Order) *ui.Table {
	names := record.NamesFor(r)
	names.Orders(orders)
	t := &ui.Table{ID: "lista", Label: words.Say(k.key + "_title"), Cards: true, Head: 1, Rows: make([][]ui.Cell, len(orders)),
		Columns: []ui.Column{{Label: words.Say("col_priority")}, {Label: words.Say("col_what")}, {Label: words.Say("col_where")}, {Label: words.Say("col_effect")}, {Label: words.Say("col_state")}, {Label: words.Say("col_when")}}}
	record.Each(len(orders), func(i int) {
		o := orders[i]
		clock := record.ClockAt(r, o.TimeZone)
		thing, area := names.Thing(o)
		when := ui.Cell{Text: clock.Near(o.RequestedAt), Nowrap: true, Label: words.Say("col_requested")}
		if !o.ScheduledEnd.IsZero() && o.Open() {
			when = ui.Cell{Due: &ui.Due{Text: clock.Near(o.ScheduledEnd), Late: o.ScheduledEnd.Before(r.Now)}, Label: words.Say("col_due"), Small: words.Say("requested_on", clock.Near(o.RequestedAt))}
		}
		t.Rows[i] = []ui.Cell{
			{Badges: []ui.Badge{record.Badge("priority", o.Priority)}},
			{Text: thing, Href: "/ordenes/" + url.PathEscape(o.ID), Small: record.Excerpt(o.Complaint, 80)},
			{Text: names.UnitOf(o), Small: area},
			{Text: record.Label("effect", o.Effect)},
			{Badges: []ui.Badge{record.Badge("order_state", o.State)}},
			when,
		}
	})
	return t
}
