// Package order shows work orders: lists, one order with its steps and what may be done with it, and the requests that wait for review.
package order

import (
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the screens of orders.
func Screens() []screen.Screen {
	return append([]screen.Screen{
		{Pattern: "/ordenes", Show: list(all)},
		{Pattern: "/historial", Show: list(past)},
		{Pattern: "/por-revisar", Show: list(triage)},
		{Pattern: "/ordenes/{id}", Show: show},
	}, family.Screens()...)
}

// heading is the head of a page about one order.
func heading(_ *screen.Request, names *record.Names, o record.Order) ui.PageHeading {
	thing, area := names.Thing(o)
	where := names.UnitOf(o)
	if area != "" {
		where += " · " + area
	}
	return ui.PageHeading{Where: where, Title: thing, Badges: badges(o)}
}

func badges(o record.Order) []ui.Badge {
	return []ui.Badge{record.Badge("priority", o.Priority), record.Badge("order_state", o.State)}
}

// view is what the page of an order draws.
type view struct {
	Heading ui.PageHeading
	Done    *ui.Note
	// Deadline and Left say until when, and how much of that is left.
	Deadline, Left string
	Steps          []step
	Hold           *holdForm
	// Buttons are what else may be done; First says that the first of them is the next step.
	Buttons       []act.Button
	First         bool
	Facts         []ui.Fact
	Notes         []ui.Moment
	Asset         string
	History       []ui.Moment
	HistoryFailed *ui.Failure
	Whole         *ui.Link
	Waiting       string
	// Next is what comes next, where whoever asks has no part in it.
	Next string
}

func show(r *screen.Request) (screen.Page, error) {
	var o record.Order
	m, err := r.API.Get(r.Context(), "/v1/work-orders/"+url.PathEscape(r.PathValue("id")), &o)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	v := view{Heading: heading(r, names, o), Done: family.Done(r)}
	v.Heading.Back = back(r)
	clock := record.ClockAt(r, o.TimeZone)
	v.deadline(r, o, clock)
	buttons := family.Buttons(r, o.ID, m.Version, o)
	doer := r.Who.Is("contractor") || r.Who.Is("technician") || r.Who.Subject == o.TechnicianID
	if doer {
		v.Steps, v.Hold, v.Buttons = steps(o, clock, buttons)
	} else {
		v.Buttons, v.First = buttons, len(buttons) > 0 && slices.Contains(next, buttons[0].Verb)
	}
	v.Waiting = waiting(o)
	switch {
	case !o.Open():
		v.Next = words.Say("next_nothing")
	case len(buttons) == 0 && v.Waiting == "":
		v.Next = Next(o)
	}
	v.Facts = facts(r, names, o, clock)
	v.notes(r, o, clock)
	if _, seen := names.Asset(o.Target.AssetID); seen { // not everybody who has an order may see the asset
		v.Asset = "/equipos/" + url.PathEscape(o.Target.AssetID)
	}
	if err := v.history(r, o, clock); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: body(v)}, nil
}

// notes are what was written at the steps, the latest first.
func (v *view) notes(r *screen.Request, o record.Order, clock ui.Clock) {
	var writers []string
	for _, n := range o.Notes {
		writers = append(writers, n.By)
	}
	people := record.People(r, writers)
	for _, n := range slices.Backward(o.Notes) {
		v.Notes = append(v.Notes, ui.Moment{At: clock.Full(n.At), Machine: n.At.UTC().Format(time.RFC3339), Text: n.Text, Small: strings.Join(filled(noteOf(n), people[n.By]), " · ")})
	}
}

// noteOf says at which step a note was written.
func noteOf(n record.Note) string {
	if key := "note_" + strings.ReplaceAll(n.Action, "-", "_"); words.Has(key) {
		return words.Say(key)
	}
	return ""
}

// back leads to where whoever asks comes from.
func back(r *screen.Request) *ui.Link {
	switch {
	case r.Who.Is("contractor"), r.Who.Is("technician"):
		return &ui.Link{Href: "/", Text: words.Say("today")}
	case r.Who.Is("requester"):
		return &ui.Link{Href: "/reportes", Text: words.Say("reports")}
	case r.Who.Is("unit_director"):
		return &ui.Link{Href: "/", Text: words.Say("home")}
	}
	return &ui.Link{Href: "/ordenes", Text: words.Say("list_title")}
}

// deadline is until when the order is due, by the unit's clock; the reader's hour is told where it is another one.
func (v *view) deadline(r *screen.Request, o record.Order, clock ui.Clock) {
	if o.ScheduledEnd.IsZero() || !o.Open() {
		return
	}
	clock.Reader = nil // the reader's hour is told in words
	v.Deadline, v.Left = words.Say("deadline", clock.Near(o.ScheduledEnd)), words.Say("left", ui.Span(o.ScheduledEnd.Sub(r.Now)))
	if o.ScheduledEnd.Before(r.Now) {
		v.Left = words.Say("overdue", ui.Span(r.Now.Sub(o.ScheduledEnd)))
	}
	if record.Elsewhere(r, o.TimeZone, o.ScheduledEnd) {
		v.Left += " " + words.Say("other_clock", zoneName(o), record.Reader(r).Near(o.ScheduledEnd))
	}
}

// zoneName is whose clock the order's place keeps: its state's.
func zoneName(o record.Order) string {
	if s, ok := mx.StateByINEGI(o.Place.State); ok {
		return s.Name
	}
	return strings.ReplaceAll(o.TimeZone, "_", " ")
}

// waiting says what completed work still lacks.
func waiting(o record.Order) string {
	var parts []string
	for _, fact := range o.Awaiting {
		parts = append(parts, strings.ToLower(record.Label("acceptance", fact)))
	}
	if len(parts) == 0 {
		return ""
	}
	return words.Say("awaiting", strings.Join(parts, ", "))
}

func facts(r *screen.Request, names *record.Names, o record.Order, clock ui.Clock) []ui.Fact {
	var out []ui.Fact
	add := func(key, value, small string) {
		if value != "" {
			out = append(out, ui.Fact{Label: words.Say(key), Value: value, Small: small})
		}
	}
	add("complaint", o.Complaint, "")
	if o.Effect != "" {
		why := ""
		if o.Triage != nil {
			why = o.Triage.Reason
		}
		add("effect", record.Label("effect", o.Effect), why)
	}
	if o.ReportedFunctioning != "" {
		b := record.Badge("functioning", o.ReportedFunctioning)
		out = append(out, ui.Fact{Label: words.Say("reported"), Badge: &b})
	}
	add("type", record.Label("order_type", o.Type), "")
	add("has_it", HasIt(names, o), "")
	if o.Open() {
		add("next", Next(o), "")
	}
	add("requested", clock.Full(o.RequestedAt), mine(r, o.RequestedBy))
	if a, ok := names.Asset(o.Target.AssetID); ok {
		add("model", strings.TrimSpace(a.Brand+" "+a.Model), "")
		add("serial", a.SerialNumber, "")
		add("tag", a.InventoryTag, "")
	}
	if o.Quantity > 0 {
		done := ""
		if o.QuantityDone > 0 {
			done = words.Say("quantity_done", ui.Decimal(o.QuantityDone))
		}
		add("quantity", record.Measured(o.Quantity, o.MeasureUnit), done)
	}
	if o.Estimate != nil {
		add("estimate", ui.Money(o.Estimate.AmountCents), words.Say("without_vat"))
	}
	if o.Committed != nil {
		add("committed", ui.Money(o.Committed.AmountCents), words.Say("without_vat"))
	}
	if o.Cost != nil {
		add("cost", ui.Money(o.Cost.AmountCents), words.Say("without_vat"))
	}
	if s, ok := names.Site(o.ID); ok {
		place := strings.Join(filled(s.Address, s.Locality, s.Municipality), ", ")
		add("address", place, "")
	}
	return append(out, ui.Fact{Label: words.Say("folio"), Value: o.Folio, Folio: true})
}

func filled(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

func mine(r *screen.Request, subject string) string {
	if subject == r.Who.Subject {
		return words.Say("by_you")
	}
	return ""
}

// HasIt is who has the order now: a post or a company, never a person's name.
func HasIt(names *record.Names, o record.Order) string {
	switch {
	case !o.Open():
		return ""
	case o.State == "requested", o.State == "approved":
		return words.Say("has_engineer")
	case o.State == "completed" && slices.Contains(o.Awaiting, "unit_conformity"):
		return words.Say("has_unit")
	case o.State == "completed":
		return words.Say("has_engineer")
	case o.ContractorID != "":
		if name := names.Contractor(o.ContractorID); name != "" {
			return name
		}
		return words.Say("has_contractor")
	}
	return words.Say("has_technician")
}

// Next is the next step of an order that is open.
func Next(o record.Order) string {
	switch {
	case o.State == "in_progress" && o.Type == "corrective" && o.RestoredAt.IsZero():
		return words.Say("next_restore")
	case o.State == "completed" && !slices.Contains(o.Awaiting, "unit_conformity") && len(o.Awaiting) > 0:
		return record.Label("acceptance", o.Awaiting[0])
	}
	if key := "next_" + o.State; words.Has(key) {
		return words.Say(key)
	}
	return record.Label("order_state", o.State)
}

// shown is how many entries of a history a page tells at first.
const shown = 12

func (v *view) history(r *screen.Request, o record.Order, clock ui.Clock) error {
	l, err := record.LogbookOf(r, clock, "/v1/work-orders/", o.ID, shown, words.Say("history_away"))
	v.History, v.Whole, v.HistoryFailed = l.Moments, l.Whole, l.Failed
	return err
}
