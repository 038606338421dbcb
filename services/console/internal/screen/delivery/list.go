package delivery

import (
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const pageSize = 50

// states are the filters of the list.
var states = []string{"draft", "dispatched", "arrived", "confirmed", "cancelled"}

type listView struct {
	Heading     ui.PageHeading
	Filters     []ui.Filter
	Rows        []ui.Row
	Empty       *ui.Emptiness
	Next, First string
	// Prepare leads to the form of a new delivery, which PrepareText names; "" where that is not offered.
	Prepare, PrepareText string
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
	page, err := record.Latest[record.Delivery](r.Context(), r.API, "/v1/deliveries", filter, pageSize, q.Get("cursor"))
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
	names.Deliveries(page.Items)
	v.Rows = make([]ui.Row, len(page.Items))
	record.Each(len(page.Items), func(i int) {
		d := page.Items[i]
		clock := record.ClockAt(r, d.TimeZone)
		v.Rows[i] = ui.Row{Href: "/entregas/" + url.PathEscape(d.ID), Title: words.Count("delivery", d.Pieces()), Badges: []ui.Badge{record.Badge("delivery_state", d.State)},
			Lines: []string{names.Destination(d), told(d, clock), words.Say("told_prepared", clock.Near(d.CreatedAt))}}
	})
	if len(v.Rows) > 1 {
		v.Heading.Lines = []string{words.Say("newest_first")}
	}
	if len(v.Rows) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("none")}
		if len(filter) > 0 {
			v.Empty = &ui.Emptiness{Title: words.Say("none_filter"), Action: &ui.Link{Href: "/entregas", Text: words.Say("no_filter")}, Quiet: true}
		}
	}
	if prepares(r) {
		v.Prepare, v.PrepareText = newPath, prepareWords.Say("title")
		if roles := r.Who.Roles(); len(roles) == 1 && roles[0] == "unit_director" {
			v.PrepareText = prepareWords.Say("arrived_title")
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
