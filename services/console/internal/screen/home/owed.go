package home

import (
	"net/url"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// A reservation waits on a home page from so many days before it is due until so many after it. That what was owed came is not recorded yet: longer, the
// page would fill with what nobody can end; its delivery goes on showing it.
const (
	owedBefore = 7
	owedAfter  = 30
)

// owed are the reservations of the unit's deliveries that are about to be due, or overdue.
func owed(p *page) (items []item, more bool, err error) {
	all, more, err := record.AllLatest[record.Delivery](p.Context(), p.API, "/v1/deliveries", url.Values{"state": {"confirmed"}}, looked)
	for _, d := range all {
		clock := record.ClockAt(p.Request, d.TimeZone)
		day := func(days int) string { return p.Now.In(clock.Zone).AddDate(0, 0, days).Format(time.DateOnly) }
		for _, l := range d.Lines {
			for _, r := range l.Reservations {
				if day(-owedAfter) <= r.DueOn && r.DueOn <= day(owedBefore) {
					items = append(items, item{kind: "reservas", at: d.ConfirmedAt, row: func(p *page) ui.Row { return p.owedRow(d, l, r, clock) }})
				}
			}
		}
	}
	return items, more, err
}

func (p *page) owedRow(d record.Delivery, l record.Line, r record.Reservation, clock ui.Clock) ui.Row {
	what := words.Say("owed_what", ui.Number(r.Quantity), lower(p.lineName(l)), lower(record.Label("line_reason_reservation", r.Reason)))
	row := ui.Row{Href: "/entregas/" + url.PathEscape(d.ID), Icon: ui.IconClock, Look: "warn", Title: words.Say("row_owed", what),
		Lines: []string{words.Say("since_confirmed", clock.Near(d.ConfirmedAt))}, Due: &ui.Due{Text: words.Say("due", clock.NearDate(r.DueOn))}}
	if clock.Past(r.DueOn) {
		row.Title, row.Look, row.Due = words.Say("row_overdue", what), "bad", &ui.Due{Text: words.Say("overdue", clock.NearDate(r.DueOn)), Late: true}
	}
	return row
}

// lineName is what a line of a delivery brings.
func (p *page) lineName(l record.Line) string {
	if l.Description != "" {
		return record.Excerpt(l.Description, 40)
	}
	return p.names.TypeName(l.TypeKey)
}
