package delivery

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// readView is a delivery that is read.
type readView struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Buttons []act.Button
	Sum     []ui.Count
	Lines   []readLine
	Facts   []ui.Fact
	History []ui.Moment
	Whole   *ui.Link
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
	switch done := r.URL.Query().Get("hecho"); {
	case done == "nueva" && d.State == "draft":
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: prepareWords.Say("done"), Lines: []string{prepareWords.Say("done_text")}, Alert: true}
	case done == "control":
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: prepareWords.Say("tracking_done"), Alert: true}
	}
	if d.May("delivery.change") {
		v.Buttons = append(v.Buttons, act.Button{Verb: "control", Href: "/entregas/" + url.PathEscape(d.ID) + "/control", Text: prepareWords.Say("tracking_title")})
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
	v.Facts = facts(r, names, d, clock)
	l, err := record.LogbookOf(r, clock, documents, d.ID, shown, words.Say("history_away"))
	if err != nil {
		return screen.Page{}, err
	}
	v.History, v.Whole, v.Failed = l.Moments, l.Whole, l.Failed
	return screen.Page{Title: v.Heading.Title, Body: readBody(v)}, nil
}

// shown is how many entries of a history a page tells at first.
const shown = 12

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

func facts(r *screen.Request, names *record.Names, d record.Delivery, clock ui.Clock) []ui.Fact {
	var out []ui.Fact
	add := func(key, value string) {
		if value != "" {
			out = append(out, ui.Fact{Label: words.Say(key), Value: value})
		}
	}
	if r.Who.Is("contractor") {
		if s, ok := names.DestinationSite(d); ok {
			add("address", strings.Join(slices.DeleteFunc([]string{s.Address, s.Locality, s.Municipality}, func(s string) bool { return s == "" }), ", "))
		}
	}
	add("supplier", names.Contractor(d.SupplierID))
	add("note", d.DeliveryNote)
	if !d.Announced {
		add("origin", words.Say("unannounced"))
	}
	for _, t := range []struct {
		key string
		at  time.Time
	}{{"prepared_at", d.CreatedAt}, {"dispatched_at", d.DispatchedAt}, {"arrived_at", d.ArrivedAt}, {"confirmed_at", d.ConfirmedAt}} {
		if !t.at.IsZero() {
			add(t.key, clock.Full(t.at))
		}
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
