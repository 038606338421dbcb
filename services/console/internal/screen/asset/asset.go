// Package asset shows the register of equipment: lists with filters, and one thing with its facts, its orders and its logbook.
package asset

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/order"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/report"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the screens of equipment.
func Screens() []screen.Screen {
	return append([]screen.Screen{
		{Pattern: "/equipos", Show: list},
		{Pattern: "/equipos/nuevo", Show: register, Do: add},
		{Pattern: "/equipos/{id}", Show: show},
	}, family.Screens()...)
}

const documents = "/v1/assets/"

func heading(_ *screen.Request, names *record.Names, a record.Asset) ui.PageHeading {
	h := ui.PageHeading{Title: names.TypeName(a.TypeKey)}
	u, ok := names.Unit(a.UnitID)
	if ok {
		h.Where = strings.Join(filled(u.AreaPath(a.AreaID), u.Name), " · ")
	}
	h.Badges = badges(a)
	return h
}

// badges are what is not as it should be: several facts stay several. Of a thing that serves it is said that it does.
func badges(a record.Asset) []ui.Badge {
	var out []ui.Badge
	if a.Lifecycle.Value != "active" {
		out = append(out, record.Badge("asset_lifecycle", a.Lifecycle.Value))
	}
	if a.Functioning.Value != "working" {
		out = append(out, record.Badge("functioning", a.Functioning.Value))
	}
	if a.Use.Value == "not_in_use" {
		out = append(out, record.Badge("use", a.Use.Value))
	}
	if a.Custody.Value != "at_unit" && a.Custody.Value != "" {
		out = append(out, record.Badge("custody", a.Custody.Value))
	}
	if a.Quarantine.Value == "quarantined" {
		out = append(out, record.Badge("quarantine", a.Quarantine.Value))
	}
	if len(out) == 0 && a.InService {
		out = append(out, ui.Badge{Look: "ok", Icon: ui.IconCheck, Word: words.Say("in_service")})
	}
	return out
}

func filled(parts ...string) []string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}

type view struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Orders  []openOrder
	// OrdersFailed stands where the orders could not be had.
	OrdersFailed *ui.Failure
	Conditions   []ui.Fact
	Sheet        []ui.Fact
	Buttons      []act.Button
	Report       string
	History      []ui.Moment
	Failed       *ui.Failure
	Whole        *ui.Link
}

type openOrder struct {
	Href, Title string
	Badges      []ui.Badge
	Facts       []ui.Fact
}

func show(r *screen.Request) (screen.Page, error) {
	var a record.Asset
	m, err := r.API.Get(r.Context(), documents+url.PathEscape(r.PathValue("id")), &a)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	orders, failed := openOrders(r, a)
	clock := record.ClockAt(r, zone(names, a, orders))
	v := view{Heading: heading(r, names, a), Done: family.Done(r), Buttons: family.Buttons(r, a.ID, m.Version, a)}
	if r.URL.Query().Get("hecho") == "nuevo" {
		v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: words.Say("registered_done"), Alert: true}
	}
	v.Heading.Back = &ui.Link{Href: "/equipos?" + url.Values{"unit_id": {a.UnitID}}.Encode(), Text: words.Say("back")}
	if r.Who.Is("contractor") || r.Who.Is("technician") {
		v.Heading.Back = &ui.Link{Href: "/", Text: words.Say("home")}
	}
	if report.Offered(r.Who, a.Scopes()) && a.Lifecycle.Value != "retired" {
		v.Report = "/reportar/que-pasa?" + url.Values{"asset_id": {a.ID}}.Encode()
	}
	v.Conditions, v.Sheet = conditions(r, a, clock), sheet(a, clock)
	v.orders(r, names, orders, failed)
	if err := v.history(r, a, clock); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: body(v)}, nil
}

// conditions are the facts of an asset, each with since when, why and by which order; they are never folded into one word.
func conditions(r *screen.Request, a record.Asset, clock ui.Clock) []ui.Fact {
	var out []ui.Fact
	for _, f := range []struct {
		key, vocabulary string
		fact            record.Fact
	}{{"functioning", "functioning", a.Functioning}, {"use", "use", a.Use}, {"custody", "custody", a.Custody}, {"quarantine", "quarantine", a.Quarantine}, {"lifecycle", "asset_lifecycle", a.Lifecycle}} {
		if f.fact.Value == "" {
			continue
		}
		small := []string{words.Say("since", clock.Full(f.fact.Since))}
		if f.fact.Reason != "" && record.Known("not_in_use_reason", f.fact.Reason) {
			small = append(small, record.Label("not_in_use_reason", f.fact.Reason))
		}
		switch {
		case !f.fact.Reported:
			small = append(small, words.Say("on_registration"))
		case f.fact.By != "" && f.fact.By == r.Who.Subject:
			small = append(small, words.Say("by_you"))
		case f.fact.OrderID != "":
			small = append(small, words.Say("by_order"))
		}
		out = append(out, ui.Fact{Label: words.Say(f.key), Value: record.Label(f.vocabulary, f.fact.Value), Small: strings.Join(small, " · ")})
	}
	return out
}

func sheet(a record.Asset, clock ui.Clock) []ui.Fact {
	var out []ui.Fact
	add := func(key, value, small string) {
		if value == "" {
			value = words.Say("no_data")
		}
		out = append(out, ui.Fact{Label: words.Say(key), Value: value, Small: small})
	}
	add("tracking", record.Label("tracking", a.Tracking), "")
	add("model", strings.TrimSpace(a.Brand+" "+a.Model), "")
	add("tag", a.InventoryTag, "")
	add("serial", a.SerialNumber, "")
	add("paid_by", record.Label("funding_kind", a.Funding.Kind), "")
	if a.Cost != nil {
		add("cost", ui.Money(a.Cost.AmountCents), "")
	}
	for _, f := range [][2]string{{"acquired_on", clock.Date(a.AcquiredOn)}, {"installed_on", clock.Date(a.InstalledOn)}, {"warranty_until", clock.Date(a.WarrantyUntil)},
		{"custodian_post", a.CustodianPost}, {"sanitary_registration", a.Sanitary}} {
		if f[1] != "" {
			out = append(out, ui.Fact{Label: record.Label("asset_column", f[0]), Value: f[1]})
		}
	}
	for _, x := range a.Reservations {
		late := clock.Past(x.DueOn)
		out = append(out, ui.Fact{Label: words.Say("owed"), Value: record.Label("line_reason_reservation", x.Reason), Due: &ui.Due{Text: words.Say("owed_by", clock.NearDate(x.DueOn)), Late: late}})
	}
	for _, d := range a.Discrepancies {
		add("look_at", record.Label("discrepancy", d), "")
	}
	add("registered", clock.Full(a.RegisteredAt), "")
	return out
}

// zone is the time zone of the asset's unit; who may not read the unit knows it from the orders.
func zone(names *record.Names, a record.Asset, orders []record.Order) string {
	u, _ := names.Unit(a.UnitID)
	for _, o := range orders {
		u.TimeZone = cmp.Or(u.TimeZone, o.TimeZone)
	}
	return u.TimeZone
}

// openOrders are the open orders on the thing that whoever asks may read.
func openOrders(r *screen.Request, a record.Asset) (all []record.Order, failed *api.Away) {
	all, away := make([]record.Order, len(a.Orders)), make([]*api.Away, len(a.Orders))
	record.Each(len(a.Orders), func(i int) {
		_, err := r.API.Get(r.Context(), "/v1/work-orders/"+url.PathEscape(a.Orders[i].ID), &all[i])
		away[i] = api.AwayOf(err)
	})
	for _, a := range away {
		failed = cmp.Or(failed, a)
	}
	return slices.DeleteFunc(all, func(o record.Order) bool { return o.ID == "" }), failed
}

// orders are told of each who has it and what comes next.
func (v *view) orders(r *screen.Request, names *record.Names, orders []record.Order, failed *api.Away) {
	all := make([]openOrder, len(orders))
	record.Each(len(orders), func(i int) {
		o := orders[i]
		title := record.Excerpt(o.Complaint, 90)
		if title == "" {
			title = record.Label("order_type", o.Type)
		}
		out := openOrder{Href: "/ordenes/" + url.PathEscape(o.ID), Title: record.Label("order_type", o.Type) + ": " + title, Badges: []ui.Badge{record.Badge("priority", o.Priority), record.Badge("order_state", o.State)}}
		out.Facts = []ui.Fact{{Label: words.Say("has_it"), Value: order.HasIt(names, o)}, {Label: words.Say("next"), Value: order.Next(o)}}
		if !o.ScheduledEnd.IsZero() {
			out.Facts = append(out.Facts, ui.Fact{Label: words.Say("until"), Due: &ui.Due{Text: record.ClockAt(r, o.TimeZone).Near(o.ScheduledEnd), Late: o.ScheduledEnd.Before(r.Now)}})
		}
		out.Facts = append(out.Facts, ui.Fact{Label: words.Say("folio"), Value: o.Folio, Folio: true})
		all[i] = out
	})
	v.Orders = all
	if failed != nil {
		v.OrdersFailed = record.Missing(r, words.Say("orders_away"), failed)
	}
}

// shown is how many entries of a history a page tells at first.
const shown = 15

func (v *view) history(r *screen.Request, a record.Asset, clock ui.Clock) error {
	l, err := record.LogbookOf(r, clock, documents, a.ID, shown, words.Say("history_away"))
	v.History, v.Whole, v.Failed = l.Moments, l.Whole, l.Failed
	return err
}
