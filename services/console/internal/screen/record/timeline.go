package record

import (
	"cmp"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// remembered bounds the entries of a history that a page reads.
const remembered = 1000

// Logbook is what happened to a document, the latest first.
type Logbook struct {
	Moments []ui.Moment
	// Whole leads to all of it where the page tells the latest only; Failed stands in its place where it could not be had.
	Whole  *ui.Link
	Failed *ui.Failure
}

// LogbookOf reads the logbook of a document ("/v1/assets/", id): the latest entries, at most so many, or all where the address asks for them.
// away is what a page says where the service does not answer.
func LogbookOf(r *screen.Request, clock ui.Clock, path, id string, most int, away string) (l Logbook, err error) {
	events, _, err := All[Event](r.Context(), r.API, path+url.PathEscape(id)+"/history", nil, remembered)
	if failed := api.AwayOf(err); failed != nil {
		l.Failed = Missing(r, away, failed)
		return l, nil
	}
	if err != nil {
		return l, err
	}
	orders := ordersOf(r, path, id, events)
	slices.Reverse(events)
	if len(events) > most && r.URL.Query().Get("historia") != "toda" {
		l.Whole = &ui.Link{Href: r.URL.Path + "?historia=toda", Text: words.Count("whole_history", len(events))}
		events = events[:most]
	}
	l.Moments = timeline(r, clock, events, orders, plannedIn(r, path, id, events))
	return l, nil
}

// orders are what a thing's timeline tells of the orders on it: their folios by their ids, as far as whoever asks may read them, and by the ids of
// events which of them told of an order for the first time.
type orders struct {
	folios map[string]string
	opened map[string]bool
}

// ordersOf reads them, in one request, where events, the earliest first, tell of orders. A page does without what could not be had.
func ordersOf(r *screen.Request, path, id string, events []Event) orders {
	out, known := orders{map[string]string{}, map[string]bool{}}, map[string]bool{}
	for _, e := range events {
		var s said
		_ = json.Unmarshal(e.Change, &s)
		if e.Kind() == "asset_orders_changed" && !known[s.OrderID] {
			known[s.OrderID], out.opened[e.ID] = true, true
		}
	}
	if len(known) == 0 || path != "/v1/assets/" {
		return out
	}
	all, _, _ := All[Order](r.Context(), r.API, "/v1/work-orders", url.Values{"asset_id": {id}}, remembered)
	for _, o := range all {
		out.folios[o.ID] = o.Folio
	}
	return out
}

// said is of a change what a timeline tells.
type said struct {
	OccurredAt          time.Time `json:"occurred_at"`
	Reason              string    `json:"reason"`
	From, To            string
	Restoration         string    `json:"restoration"`
	Result              string    `json:"result"`
	Priority            string    `json:"priority"`
	ReportedFunctioning string    `json:"reported_functioning"`
	Committed           *mx.Money `json:"committed"`
	Estimate            *mx.Money `json:"estimate"`
	Amount              *mx.Money `json:"amount"`
	Overtaken           bool      `json:"overtaken"`
	OrderID             string    `json:"order_id"`
	LineID              string    `json:"line_id"`
	Open                *bool     `json:"open"`
	Name                string    `json:"name"`
}

// facts are the vocabularies of the facts that an event changes.
var facts = map[string]string{"asset_functioning_changed": "functioning", "asset_use_changed": "use", "asset_custody_changed": "custody",
	"asset_quarantine_changed": "quarantine", "asset_activated": "asset_lifecycle", "asset_retired": "asset_lifecycle"}

// reasons are the vocabularies of why something was done.
var reasons = map[string]string{"work_order_held": "hold_reason", "asset_use_changed": "not_in_use_reason", "asset_retired": "retirement_reason", "asset_voided": "void_reason"}

// happened is what an event tells in a word: of an order on a thing whether it was opened, went on or was closed.
func (s said) happened(e Event, of orders) string {
	kind := e.Kind()
	switch {
	case kind != "asset_orders_changed" || s.Open == nil:
		return Label("history_event", kind)
	case !*s.Open:
		return words.Say("order_closed")
	case of.opened[e.ID]:
		return words.Say("order_opened")
	}
	return words.Say("order_went_on")
}

// Kind is an event's name as a key: "mx.bitacora.work_order.held.v1" → "work_order_held".
func (e Event) Kind() string {
	name := strings.TrimPrefix(e.Type, "mx.bitacora.")
	if i := strings.LastIndex(name, ".v"); i > 0 {
		name = name[:i]
	}
	return strings.ReplaceAll(name, ".", "_")
}

// timeline tells events by a place's clock, to whoever asks: what, by which order, when, and when it was written where that was later.
func timeline(r *screen.Request, clock ui.Clock, events []Event, of orders, planned map[string]plannedWork) []ui.Moment {
	var out []ui.Moment
	var actors []string
	for _, e := range events {
		actors = append(actors, e.Actor)
	}
	people := People(r, actors)
	for _, e := range events {
		var s said
		_ = json.Unmarshal(e.Change, &s) // what is not there is not told
		kind, at := e.Kind(), e.At
		if !s.OccurredAt.IsZero() {
			at = s.OccurredAt
		}
		m := ui.Moment{At: clock.Full(at), Machine: at.UTC().Format(time.RFC3339), Text: s.happened(e, of)}
		if folio := of.folios[s.OrderID]; folio != "" {
			m.Link = &ui.Link{Href: "/ordenes/" + url.PathEscape(s.OrderID), Text: folio}
		}
		small := s.details(kind)
		if w, known := planned[s.LineID]; known {
			m.Link = &ui.Link{Href: "/programa/" + url.PathEscape(s.LineID), Text: cmp.Or(w.what, words.Say("planned_work"))}
			small = append(small, w.where...)
		}
		if e.Actor != "" && e.Actor == r.Who.Subject {
			small = append(small, words.Say("you"))
		} else if who := people[e.Actor]; who != "" {
			small = append(small, who)
		}
		if e.At.Sub(at) > 5*time.Minute {
			small = append(small, writtenLater(clock, at, e.At))
		}
		if s.Overtaken {
			small = append(small, words.Say("overtaken"))
		}
		m.Small = strings.Join(small, " · ")
		out = append(out, m)
	}
	return out
}

// writtenLater says when it was written: of what is years back nobody counts hours, and the day on which it was written says more.
func writtenLater(clock ui.Clock, happened, written time.Time) string {
	if late := written.Sub(happened); late < 48*time.Hour {
		return words.Say("written_later", clock.Hour(happened), ui.Span(late))
	}
	return words.Say("written_on", clock.Full(written))
}

// details are the words of what changed.
func (s said) details(kind string) (out []string) {
	if kind == "unit_area_added" && s.Name != "" {
		out = append(out, Excerpt(s.Name, 80))
	}
	if vocabulary := facts[kind]; vocabulary != "" && s.To != "" {
		out = append(out, Label(vocabulary, s.To))
	}
	for _, d := range []struct{ vocabulary, value string }{{reasons[kind], s.Reason}, {"restoration", s.Restoration}, {"priority", s.Priority}, {"functioning", s.ReportedFunctioning}, {"verification", s.Result}} {
		if d.value != "" && Known(d.vocabulary, d.value) {
			out = append(out, Label(d.vocabulary, d.value))
		}
	}
	for _, m := range []*mx.Money{s.Committed, s.Estimate, s.Amount} {
		if m != nil && m.AmountCents != 0 {
			out = append(out, ui.Money(m.AmountCents))
		}
	}
	return out
}
