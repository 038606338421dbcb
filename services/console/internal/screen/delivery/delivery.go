// Package delivery shows deliveries: lists, one delivery, and its confirmation by the unit: everything as announced with one tap, exceptions
// line by line, the sum before it is sent.
package delivery

import (
	"net/url"
	"strconv"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the screens of deliveries.
func Screens() []screen.Screen {
	return append([]screen.Screen{
		{Pattern: "/entregas", Show: list},
		{Pattern: newPath, Show: prepare, Do: send},
		{Pattern: "/entregas/{id}", Show: show},
		{Pattern: "/entregas/{id}/control", Show: tracking, Do: track, Conflict: trackingConflict},
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
	return ui.PageHeading{Where: names.Destination(d), Title: words.Count("delivery", d.Pieces()), Badges: []ui.Badge{record.Badge("delivery_state", d.State)}}
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
	v := formView{Action: here, Wrong: wrong, Heading: ui.PageHeading{Back: &ui.Link{Href: "/", Text: words.Say("home")}, Where: names.Destination(d), Title: words.Say("confirm_title"),
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
