package home

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// source is a list in which something waits for whoever has a role.
type source struct {
	// service names what could not be asked, in words.
	service string
	// whole is where the list is read whole by those to whom it is too long for a home page; "" where no page lists it.
	whole string
	read  func(*page) (items []item, more bool, err error)
}

// waits is a row of the table of what waits for whom: of a role's documents in these states those that pass, and how the row begins.
type waits struct {
	role, kind, verb string
	states           []string
	// filter is more of the list's filter; pass looks at what no filter says.
	filter url.Values
	pass   func(p *page, o record.Order) bool
}

// inHand are the states of an order that somebody has in hand.
var inHand = []string{"assigned", "in_progress", "on_hold", "returned"}

func lacks(fact string) func(*page, record.Order) bool {
	return func(_ *page, o record.Order) bool { return slices.Contains(o.Awaiting, fact) }
}

// orders are the work orders that wait for a role.
var orders = []waits{
	{role: "requester", kind: "reportes", states: record.OpenOrders, pass: func(p *page, o record.Order) bool { return o.RequestedBy == p.Who.Subject }},
	{role: "unit_director", kind: "trabajos", verb: "accept", states: []string{"completed"}, pass: lacks("unit_conformity")},
	{role: "unit_director", kind: "trabajos", verb: "late", filter: url.Values{"late_entry": {"unconfirmed"}}},
	{role: "biomedical_engineer", kind: "trabajos", verb: "review", states: []string{"requested"}},
	{role: "biomedical_engineer", kind: "trabajos", verb: "assign", states: []string{"approved"}},
	{role: "biomedical_engineer", kind: "trabajos", verb: "verify", states: []string{"completed"}, pass: lacks("technical_verification")},
	{role: "office_administrator", kind: "trabajos", verb: "assign", states: []string{"approved"}},
	{role: "contract_administrator", kind: "trabajos", verb: "assign", states: []string{"approved"}},
	{role: "contractor", kind: "trabajos", states: inHand},
	{role: "technician", kind: "trabajos", states: inHand},
}

// deliveries are those that wait for a role.
var deliveries = []waits{
	{role: "unit_director", kind: "entregas", verb: "confirm", states: []string{"arrived"}},
	{role: "unit_director", kind: "entregas", verb: "receive", states: []string{"dispatched"}},
	{role: "office_administrator", kind: "entregas", verb: "dispatch", states: []string{"draft"}},
	{role: "contractor", kind: "entregas", verb: "dispatch", states: []string{"draft"}},
}

// sources are the lists that are read for whoever asks.
func (p *page) sources() []source {
	var out []source
	seen := map[string]bool{}
	for _, w := range orders {
		if key := w.verb + strings.Join(w.states, " "); p.Who.Is(w.role) && (w.role == "requester" || !seen[key]) {
			seen[key] = true
			out = append(out, source{"orders", w.whole(), w.orders})
		}
	}
	for _, w := range deliveries {
		if p.Who.Is(w.role) {
			out = append(out, source{"deliveries", "/entregas?" + w.query().Encode(), w.deliveries})
		}
	}
	if p.Who.Is("unit_director") {
		out = append(out, source{"deliveries", "", owed})
		out = append(out, source{"assets", "", drafts})
	}
	if p.Who.Is("admin") {
		out = append(out, source{"assets", "", doubtful})
	}
	return out
}

// byUnit says that whoever has the role goes from unit to unit: the page is one by unit.
func (w waits) byUnit() bool { return w.role == "contractor" || w.role == "technician" }

// whole is where the orders are listed whole.
func (w waits) whole() string {
	if w.role == "requester" {
		return "/reportes"
	}
	return "/ordenes?" + w.query().Encode()
}

func (w waits) query() url.Values {
	q := url.Values{}
	for name, values := range w.filter {
		q[name] = values
	}
	if len(w.states) > 0 {
		q["state"] = w.states
	}
	return q
}

func (w waits) orders(p *page) (items []item, more bool, err error) {
	all, more, err := record.AllLatest[record.Order](p.Context(), p.API, "/v1/work-orders", w.query(), looked)
	for _, o := range all {
		if w.pass != nil && !w.pass(p, o) {
			continue
		}
		_, at := w.last(o)
		i := item{kind: w.kind, at: at, order: &o, row: func(p *page) ui.Row { return w.order(p, o) }}
		if w.byUnit() {
			i.unit = o.UnitID
		}
		items = append(items, i)
	}
	return items, more, err
}

// order is the row of an order.
func (w waits) order(p *page, o record.Order) ui.Row {
	thing, area := p.names.Thing(o)
	clock := record.ClockAt(p.Request, o.TimeZone)
	row := ui.Row{Href: "/ordenes/" + o.ID, Icon: ui.IconWrench, Look: "info", Title: thing, Due: due(clock, o.ScheduledEnd)}
	if w.verb != "" {
		row.Title = words.Say("row_"+w.verb, lower(thing))
	}
	if o.Priority == "urgent" || o.Priority == "high" && w.verb != "accept" {
		row.Badges = append(row.Badges, record.Badge("priority", o.Priority))
	}
	where := area
	switch w.role {
	case "contractor", "technician", "requester":
		row.Badges = append(row.Badges, record.Badge("order_state", o.State))
	case "biomedical_engineer", "office_administrator", "contract_administrator":
		where = joined(" · ", p.names.UnitOf(o), area)
	}
	row.Lines = appended(row.Lines, where, record.Excerpt(o.Complaint, 90), p.since(w, o, clock))
	if p.payers != nil && w.verb == "assign" {
		fit, line := record.Fit(o, p.payers[o.ID])
		row.Badges, row.Lines = append(row.Badges, fit), appended(row.Lines, line)
	}
	return row
}

// last is what happened last that the row of an order tells, and when: by that instant the rows stand.
func (w waits) last(o record.Order) (key string, at time.Time) {
	switch {
	case w.verb == "accept" || w.verb == "verify":
		return "since_completed", o.CompletedAt
	case o.State == "on_hold" && o.Hold != nil:
		return "since_hold", o.Hold.Since
	case o.State == "requested" || w.role == "requester":
		return "since_requested", o.RequestedAt
	case o.State == "assigned":
		return "since_assigned", o.AssignedAt
	}
	return "since", o.RecordedAt
}

// since is the last line: what happened last and when.
func (p *page) since(w waits, o record.Order, clock ui.Clock) string {
	key, at := w.last(o)
	if key == "since_hold" {
		return words.Say(key, record.Label("hold_reason", o.Hold.Reason), clock.Near(at))
	}
	return words.Say(key, clock.Near(at))
}

func due(clock ui.Clock, at time.Time) *ui.Due {
	if at.IsZero() {
		return nil
	}
	if at.Before(clock.Now) {
		return &ui.Due{Text: words.Say("overdue", clock.Near(at)), Late: true}
	}
	return &ui.Due{Text: words.Say("due", clock.Near(at))}
}

func (w waits) deliveries(p *page) (items []item, more bool, err error) {
	all, more, err := record.AllLatest[record.Delivery](p.Context(), p.API, "/v1/deliveries", w.query(), looked)
	for _, d := range all {
		_, at := moved(d)
		i := item{kind: w.kind, at: at, delivery: &d, row: func(p *page) ui.Row { return w.delivery(p, d) }}
		if w.byUnit() {
			i.unit = d.UnitID
		}
		items = append(items, i)
	}
	return items, more, err
}

func (w waits) delivery(p *page, d record.Delivery) ui.Row {
	clock := record.ClockAt(p.Request, d.TimeZone)
	row := ui.Row{Href: "/entregas/" + d.ID, Icon: ui.IconBox, Look: "info", Title: words.Count("row_"+w.verb, d.Pieces())}
	if w.verb == "receive" {
		row.Icon, row.Look = ui.IconTruck, "idle"
	}
	key, at := moved(d)
	where := ""
	if w.role != "unit_director" && !w.byUnit() {
		where = p.names.Destination(d)
	}
	row.Lines = appended(row.Lines, where, p.goods(d), words.Say(key, clock.Near(at)))
	return row
}

// moved is what happened last to a delivery, and when: by that instant the rows stand.
func moved(d record.Delivery) (key string, at time.Time) {
	switch d.State {
	case "arrived":
		return "since_arrived", d.ArrivedAt
	case "dispatched":
		return "since_dispatched", d.DispatchedAt
	}
	return "since_prepared", d.CreatedAt
}

// goods are the first two kinds of what a delivery brings, and how many more there are.
func (p *page) goods(d record.Delivery) string {
	var parts []string
	for i, l := range d.Lines {
		if i == 2 && len(d.Lines) > 3 {
			return strings.Join(parts, ", ") + " " + words.Count("more_lines", len(d.Lines)-2)
		}
		parts = append(parts, ui.Number(l.Dispatched)+" × "+lower(p.lineName(l)))
	}
	return strings.Join(parts, ", ")
}

// drafts is one row of the unit's things that lack what tells them apart.
func drafts(p *page) ([]item, bool, error) {
	var items []item
	for _, place := range p.Who.Places("unit_director") {
		unit := strings.TrimPrefix(place, "unit:")
		all, more, err := record.All[record.Asset](p.Context(), p.API, "/v1/assets", url.Values{"unit_id": {unit}, "lifecycle": {"draft"}}, looked)
		if err != nil {
			return items, false, err
		}
		if len(all) == 0 {
			continue
		}
		row := ui.Row{Href: "/equipos?" + url.Values{"unit_id": {unit}, "lifecycle": {"draft"}}.Encode(), Icon: ui.IconTag, Look: "idle",
			Title: words.Count("row_drafts", len(all)), Lines: []string{words.Say("drafts_lack")}}
		if more {
			row.Title = words.Say("row_drafts_more", ui.Number(len(all)))
		}
		at := time.Time{}
		for _, a := range all {
			at = latest(at, a.RegisteredAt)
		}
		row.Lines = append(row.Lines, words.Say("drafts_latest", record.Reader(p.Request).Near(at)))
		items = append(items, item{kind: "equipos", at: at, row: func(*page) ui.Row { return row }})
	}
	return items, false, nil
}

// doubtful are the units that a person should look at.
func doubtful(p *page) ([]item, bool, error) {
	all, more, err := record.All[struct {
		record.Unit
		RegisteredAt  time.Time `json:"registered_at"`
		Discrepancies []string  `json:"discrepancies"`
	}](p.Context(), p.API, "/v1/units", url.Values{"discrepancy": {"key_taken", "area_names", "place_disagrees"}}, looked)
	var items []item
	for _, u := range all {
		var why []string
		for _, d := range u.Discrepancies {
			why = append(why, record.Label("discrepancy", d))
		}
		row := ui.Row{Href: "/unidad/" + url.PathEscape(u.ID), Icon: ui.IconUnit, Look: "warn", Title: words.Say("row_unit", u.Name), Lines: appended(nil, strings.Join(why, ", "), words.Say("since_registered", record.Reader(p.Request).Near(u.RegisteredAt)))}
		items = append(items, item{kind: "unidades", at: u.RegisteredAt, row: func(*page) ui.Row { return row }})
	}
	return items, more, err
}

func latest(all ...time.Time) (at time.Time) {
	for _, t := range all {
		if t.After(at) {
			at = t
		}
	}
	return at
}

// lower is a name within a sentence: its first letter small, unless the word is one of capitals (UPS, ECG).
func lower(s string) string {
	r := []rune(s)
	if len(r) > 1 && strings.ToUpper(string(r[1])) == string(r[1]) {
		return s
	}
	if len(r) == 0 {
		return s
	}
	return strings.ToLower(string(r[0])) + string(r[1:])
}

func appended(lines []string, more ...string) []string {
	for _, m := range more {
		if m != "" {
			lines = append(lines, m)
		}
	}
	return lines
}

func joined(by string, parts ...string) string { return strings.Join(appended(nil, parts...), by) }
