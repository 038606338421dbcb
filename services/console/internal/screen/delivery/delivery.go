// Package delivery shows deliveries: lists, one delivery, and its confirmation by the unit: everything as announced with one tap, exceptions
// line by line, the sum before it is sent.
package delivery

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the screens of deliveries.
func Screens() []screen.Screen {
	return append([]screen.Screen{
		{Pattern: "/entregas", Show: list},
		{Pattern: "/entregas/{id}", Show: show},
		{Pattern: "/entregas/{id}/revisar", Show: review, Do: confirm, Conflict: conflict},
	}, family.Screens()...)
}

const documents = "/v1/deliveries/"

type (
	field  = act.Field[record.Delivery]
	action = act.Action[record.Delivery]
)

// family are the operations of a delivery beside its confirmation, which has screens of its own.
var family = act.Family[record.Delivery]{Base: "/entregas/", API: documents, Words: actionWords,
	Allowed: func(d record.Delivery) record.Allowed { return d.Allowed }, Zone: func(d record.Delivery) string { return d.TimeZone }, Heading: heading,
	State: func(d record.Delivery) string { return record.Label("delivery_state", d.State) },
	Actions: []action{
		{Op: "delivery.dispatch", Path: "dispatch", Verb: "enviar"},
		{Op: "delivery.arrive", Path: "arrive", Verb: "llegada"},
		{Op: "delivery.cancel", Path: "cancel", Verb: "cancelar", Danger: true, Fields: []field{{Name: "reason", Kind: act.Line, Max: 120, Required: true}}},
	}}

func heading(_ *screen.Request, names *record.Names, d record.Delivery) ui.PageHeading {
	return ui.PageHeading{Where: names.UnitName(d.UnitID), Title: words.Count("delivery", d.Pieces()), Badges: []ui.Badge{record.Badge("delivery_state", d.State)}}
}

// load is a delivery and its version.
func load(r *screen.Request) (d record.Delivery, version string, err error) {
	m, err := r.API.Get(r.Context(), documents+url.PathEscape(r.PathValue("id")), &d)
	return d, m.Version, err
}

func nameOf(d record.Delivery, line int) string {
	if line < 1 || line > len(d.Lines) {
		return ""
	}
	if l := d.Lines[line-1]; l.Description != "" {
		return record.Excerpt(l.Description, 60)
	}
	return words.Say("line", line)
}

// called are the names of the lines: what was written of them, or what their type is called.
func called(names *record.Names, d *record.Delivery) {
	for i, l := range d.Lines {
		if l.Description == "" {
			d.Lines[i].Description = names.TypeName(l.TypeKey)
		}
	}
}

// show is the delivery: as the form of its confirmation to whoever may confirm it, else to be read.
func show(r *screen.Request) (screen.Page, error) {
	d, version, err := load(r)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	called(names, &d)
	clock := record.ClockAt(r, d.TimeZone)
	if d.May("delivery.confirm") {
		return form(r, names, d, version, read(r.URL.Query(), d, clock), nil), nil
	}
	return reading(r, names, d, version)
}

// formView is the form of a confirmation.
type formView struct {
	Heading ui.PageHeading
	Action  string
	Wrong   []ui.Offence
	Lines   []lineView
	Sum     string
	Buttons []act.Button
}

type lineView struct {
	Name, Meta string
	Badges     []ui.Badge
	Open       bool
	Line       int
	Exceptions []exceptionView
	Sum        string
	Right      bool
}

type exceptionView struct {
	Reason   ui.Picker
	Quantity ui.Field
	Due      *ui.Field
	Remove   string
}

func form(r *screen.Request, names *record.Names, d record.Delivery, version string, all []exception, wrong []ui.Offence) screen.Page {
	clock := record.ClockAt(r, d.TimeZone)
	here := "/entregas/" + url.PathEscape(d.ID)
	v := formView{Action: here, Wrong: wrong, Heading: ui.PageHeading{Back: &ui.Link{Href: "/", Text: words.Say("home")}, Where: names.UnitName(d.UnitID), Title: words.Say("confirm_title"),
		Lines: []string{told(d, clock)}}, Sum: inWords(total(d, all)), Buttons: family.Buttons(r, d.ID, version, d)}
	for _, l := range d.Lines {
		v.Lines = append(v.Lines, lineOf(l, all, clock))
	}
	return screen.Page{Title: words.Say("confirm_title"), Form: true, Body: confirmBody(v), Part: confirmForm(v)}
}

// told says how much came when.
func told(d record.Delivery, clock ui.Clock) string {
	text := words.Count("pieces_in", d.Pieces(), words.Count("lines", len(d.Lines)))
	if !d.DispatchedAt.IsZero() {
		text += " " + words.Say("told_dispatched", clock.Near(d.DispatchedAt))
	}
	if !d.ArrivedAt.IsZero() {
		text += " " + words.Say("told_arrived", clock.Near(d.ArrivedAt))
	}
	return text
}

func lineOf(l record.Line, all []exception, clock ui.Clock) lineView {
	s := counted(l, all)
	v := lineView{Name: l.Description, Meta: words.Count("announced", l.Dispatched), Line: l.Line, Badges: outcome(s), Right: s.Accepted >= 0, Sum: sumOf(s)}
	if l.Tracking == "counted" {
		v.Meta += ", " + words.Say("counted")
	}
	for _, e := range all {
		if e.line == l.Line {
			v.Exceptions = append(v.Exceptions, exceptionOf(e, clock))
		}
	}
	v.Open = len(v.Exceptions) > 0
	return v
}

func exceptionOf(e exception, clock ui.Clock) exceptionView {
	value := e.kind
	if e.reason != "" {
		value += ":" + e.reason
	}
	v := exceptionView{Remove: strconv.Itoa(e.line) + "." + strconv.Itoa(e.n),
		Reason: ui.Picker{Name: e.name("reason"), Label: words.Say("what_happened"), Value: value, Error: e.wrong["reason"]},
		Quantity: ui.Field{Name: e.name("quantity"), Label: words.Say("how_many"), Type: "number", Mode: "numeric", Min: "1", Value: e.text,
			Error: e.wrong["quantity"]}}
	if e.kind == "" {
		v.Reason.Empty = words.Say("choose_reason")
	}
	for _, k := range reasons {
		g := ui.Group{Label: words.Say("group_" + k.kind)}
		if k.vocabulary == "" {
			g.Options = []ui.Option{{Value: k.kind, Label: words.Say("surplus")}}
		}
		for _, o := range record.Options(k.vocabulary) {
			g.Options = append(g.Options, ui.Option{Value: k.kind + ":" + o.Value, Label: o.Label})
		}
		v.Reason.Groups = append(v.Reason.Groups, g)
	}
	if e.kind == reserved {
		v.Due = &ui.Field{Name: e.name("due_on"), Label: words.Say("due_on"), Type: "date", Value: e.dueOn, Min: clock.Now.In(clock.Zone).Format("2006-01-02"), Error: e.wrong["due_on"]}
	}
	return v
}

// outcome are the badges of a line: «Bien», or what of it was not.
func outcome(s sum) []ui.Badge {
	var out []ui.Badge
	add := func(n int, look, icon, key string) {
		if n > 0 {
			out = append(out, ui.Badge{Look: look, Icon: icon, Word: words.Count(key, n)})
		}
	}
	add(s.Reserved, "warn", ui.IconHalf, "reserved")
	add(s.Rejected, "bad", ui.IconCross, "rejected")
	add(s.Missing, "idle", ui.IconDash, "missing")
	add(s.Surplus, "info", ui.IconAdd, "surplus")
	if out == nil {
		return []ui.Badge{{Look: "ok", Icon: ui.IconCheck, Word: words.Say("fine")}}
	}
	return out
}

// sumOf shows that a line adds up: «5 se aceptan + 1 se rechaza = 6».
func sumOf(s sum) string {
	text := ""
	for _, p := range []struct {
		n   int
		key string
	}{{s.Accepted, "sum_accepted"}, {s.Reserved, "sum_reserved"}, {s.Rejected, "sum_rejected"}, {s.Missing, "sum_missing"}} {
		if p.n == 0 {
			continue
		}
		if text != "" {
			text += " + "
		}
		text += words.Count(p.key, p.n)
	}
	text += " = " + ui.Number(s.Announced)
	if s.Surplus > 0 {
		text += " + " + words.Count("sum_surplus", s.Surplus)
	}
	return text
}

// inWords is the sum of the delivery in the bar that confirms.
func inWords(s sum) string {
	text := words.Count("pieces", s.whole()) + ": " + words.Say("bar_fine", ui.Number(s.Accepted))
	for _, p := range []struct {
		n   int
		key string
	}{{s.Reserved, "reserved"}, {s.Rejected, "rejected"}, {s.Missing, "missing"}, {s.Surplus, "surplus"}} {
		if p.n > 0 {
			text += ", " + words.Count(p.key, p.n)
		}
	}
	return text
}

// readView is a delivery that is read.
type readView struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Buttons []act.Button
	Sum     []ui.Count
	Lines   []readLine
	Facts   []ui.Fact
	History []ui.Moment
	Failed  *ui.Failure
}

type readLine struct {
	Name, Meta string
	Badges     []ui.Badge
	Why        []string
}

func reading(r *screen.Request, names *record.Names, d record.Delivery, version string) (screen.Page, error) {
	clock := record.ClockAt(r, d.TimeZone)
	v := readView{Heading: heading(r, names, d), Done: family.Done(r), Buttons: family.Buttons(r, d.ID, version, d)}
	v.Heading.Back = &ui.Link{Href: "/entregas", Text: words.Say("list_title")}
	if r.URL.Query().Get("hecho") == "confirmada" && d.State == "confirmed" {
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: words.Say("confirmed_done"), Lines: []string{words.Say("confirmed_done_text")}, Action: &ui.Link{Href: "/", Text: words.Say("go_home")}, Alert: true}
	}
	whole := sum{}
	for _, l := range d.Lines {
		line := readLine{Name: l.Description, Meta: words.Count("announced", l.Dispatched)}
		if d.State == "confirmed" {
			s := sum{l.Dispatched, l.Accepted, l.Reserved, l.Rejected, l.Missing, l.Surplus}
			whole, line.Badges, line.Why = whole.plus(s), outcome(s), whyOf(l, clock)
		}
		v.Lines = append(v.Lines, line)
	}
	if d.State == "confirmed" {
		v.Sum = fraction(whole)
	}
	v.Facts = facts(names, d, clock)
	events, _, err := record.History(r, documents, d.ID)
	if away := api.AwayOf(err); away != nil {
		v.Failed = &ui.Failure{Title: words.Say("history_away"), Text: words.Say("rest_works"), Since: clock.Hour(r.Now), Again: r.URL.RequestURI(), Reference: away.Reference}
	} else if err != nil {
		return screen.Page{}, err
	}
	v.History = record.Timeline(r, clock, events)
	return screen.Page{Title: v.Heading.Title, Body: readBody(v)}, nil
}

// whyOf are the reasons of a line's exceptions.
func whyOf(l record.Line, clock ui.Clock) []string {
	var out []string
	for _, x := range l.Reservations {
		out = append(out, words.Say("why_reserved", ui.Number(x.Quantity), record.Label("line_reason_reservation", x.Reason), clock.Date(x.DueOn)))
	}
	for _, x := range l.Rejections {
		out = append(out, words.Say("why", ui.Number(x.Quantity), record.Label("line_reason_rejected", x.Reason)))
	}
	for _, x := range l.Shortages {
		out = append(out, words.Say("why", ui.Number(x.Quantity), record.Label("line_reason_missing", x.Reason)))
	}
	return out
}

func facts(names *record.Names, d record.Delivery, clock ui.Clock) []ui.Fact {
	var out []ui.Fact
	add := func(key, value string) {
		if value != "" {
			out = append(out, ui.Fact{Label: words.Say(key), Value: value})
		}
	}
	add("supplier", names.Contractor(d.SupplierID))
	add("note", d.DeliveryNote)
	if !d.Announced {
		add("origin", words.Say("unannounced"))
	}
	for _, t := range []struct {
		key string
		at  string
	}{{"prepared_at", clock.Full(d.CreatedAt)}} {
		add(t.key, t.at)
	}
	if !d.DispatchedAt.IsZero() {
		add("dispatched_at", clock.Full(d.DispatchedAt))
	}
	if !d.ArrivedAt.IsZero() {
		add("arrived_at", clock.Full(d.ArrivedAt))
	}
	if !d.ConfirmedAt.IsZero() {
		add("confirmed_at", clock.Full(d.ConfirmedAt))
	}
	add("cancel_reason", d.CancelReason)
	return out
}

// fraction are the parts of a delivery, which add up.
func fraction(s sum) []ui.Count {
	out := []ui.Count{{N: s.Accepted, Text: words.Say("fraction_accepted")}, {N: s.Reserved, Text: words.Say("fraction_reserved")},
		{N: s.Rejected, Text: words.Say("fraction_rejected")}, {N: s.Missing, Text: words.Say("fraction_missing")}}
	whole := ui.Count{N: s.whole(), Text: words.Say("fraction_whole"), Total: true}
	if s.Surplus > 0 {
		whole.Small = words.Count("fraction_surplus", s.Surplus)
	}
	return append(out, whole)
}

const pageSize = 50

// states are the filters of the list.
var states = []string{"draft", "dispatched", "arrived", "confirmed", "cancelled"}

type listView struct {
	Heading     ui.PageHeading
	Filters     []ui.Filter
	Rows        []ui.Row
	Empty       *ui.Emptiness
	Next, First string
}

func list(r *screen.Request) (screen.Page, error) {
	q := r.URL.Query()
	filter, carried := url.Values{}, url.Values{}
	for _, name := range []string{"unit_id", "supplier_id", "contract_id"} {
		if q.Get(name) != "" {
			filter[name], carried[name] = q[name], q[name]
		}
	}
	state := q.Get("state")
	if slices.Contains(states, state) {
		filter.Set("state", state)
	}
	page, err := record.List[record.Delivery](r.Context(), r.API, "/v1/deliveries", filter, pageSize, q.Get("cursor"))
	if err != nil {
		return screen.Page{}, err
	}
	address := func(name, value string) string {
		out := url.Values{}
		for n, values := range carried {
			out[n] = values
		}
		if name != "state" && state != "" {
			out.Set("state", state)
		}
		if value != "" {
			out.Set(name, value)
		}
		if len(out) == 0 {
			return "/entregas"
		}
		return "/entregas?" + out.Encode()
	}
	names := record.NamesFor(r)
	v := listView{Heading: ui.PageHeading{Title: words.Say("list_title")}}
	v.Filters = append(v.Filters, ui.Filter{Href: address("state", ""), Text: words.Say("any"), Here: filter.Get("state") == ""})
	for _, s := range states {
		v.Filters = append(v.Filters, ui.Filter{Href: address("state", s), Text: record.Label("delivery_state", s), Here: state == s})
	}
	v.Rows = make([]ui.Row, len(page.Items))
	record.Each(len(page.Items), func(i int) {
		d := page.Items[i]
		v.Rows[i] = ui.Row{Href: "/entregas/" + url.PathEscape(d.ID), Title: words.Count("delivery", d.Pieces()), Badges: []ui.Badge{record.Badge("delivery_state", d.State)},
			Lines: []string{names.UnitName(d.UnitID), told(d, record.ClockAt(r, d.TimeZone))}}
	})
	if len(v.Rows) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("none")}
		if len(filter) > 0 {
			v.Empty = &ui.Emptiness{Title: words.Say("none_filter"), Action: &ui.Link{Href: "/entregas", Text: words.Say("no_filter")}, Quiet: true}
		}
	}
	if page.Next != "" {
		v.Next = address("cursor", page.Next)
	}
	if q.Get("cursor") != "" {
		v.First = address("cursor", "")
	}
	return screen.Page{Title: words.Say("list_title"), Body: listBody(v)}, nil
}
