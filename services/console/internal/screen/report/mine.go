package report

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/order"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

type mineView struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Filters []ui.Filter
	Reports []report
	Empty   *ui.Emptiness
}

// report is one's own report: what it is about, who has it, what comes next, until when.
type report struct {
	Href, Title string
	Badges      []ui.Badge
	Facts       []ui.Fact
}

// looked bounds the orders among which one's own are looked for, shown the reports that a page shows.
const (
	looked = 1000
	shown  = 50
)

// mine are one's own reports, the latest first.
func mine(r *screen.Request) (screen.Page, error) {
	old := r.URL.Query().Get("ver") == "terminados"
	states := record.OpenOrders
	if old {
		states = []string{"accepted", "declined", "cancelled"}
	}
	all, more, err := record.AllLatest[record.Order](r.Context(), r.API, "/v1/work-orders", url.Values{"state": states}, looked)
	if err != nil {
		return screen.Page{}, err
	}
	own := slices.DeleteFunc(all, func(o record.Order) bool { return o.RequestedBy != r.Who.Subject })
	slices.SortStableFunc(own, func(a, b record.Order) int { return b.RequestedAt.Compare(a.RequestedAt) })
	v := mineView{Filters: []ui.Filter{{Href: "/reportes", Text: words.Say("open"), Here: !old}, {Href: "/reportes?ver=terminados", Text: words.Say("ended"), Here: old}}}
	title := words.Count("open", len(own))
	if old {
		title = words.Count("ended", len(own))
	}
	if more {
		title = words.Say("at_least", title)
	}
	v.Heading = ui.PageHeading{Title: title}
	if len(own) > 1 {
		v.Heading.Lines = []string{words.Say("newest_first")}
	}
	own = own[:min(len(own), shown)]
	names := record.NamesFor(r)
	names.Orders(own)
	var deciders []string
	for _, o := range own {
		for _, n := range o.Notes {
			if n.Action == endings[o.State] {
				deciders = append(deciders, n.By)
			}
		}
	}
	people := record.People(r, deciders)
	v.Reports = make([]report, len(own))
	record.Each(len(own), func(i int) { v.Reports[i] = reportOf(r, names, people, own[i]) })
	if id := r.URL.Query().Get("hecho"); id != "" {
		if i := slices.IndexFunc(own, func(o record.Order) bool { return o.ID == id }); i >= 0 {
			v.Done = &ui.Note{Look: "ok", Icon: ui.IconCheck, Title: words.Say("sent"), Alert: true,
				Lines: []string{words.Say("sent_text", v.Reports[i].Title, record.Label("priority", own[i].Priority))}}
		}
	}
	if len(own) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("none_open"), Text: words.Say("none_text"), Action: &ui.Link{Href: "/reportar", Text: words.Say("new")}}
		if old {
			v.Empty = &ui.Emptiness{Title: words.Say("none_ended"), Action: &ui.Link{Href: "/reportes", Text: words.Say("open")}, Quiet: true}
		}
	}
	return screen.Page{Title: words.Say("mine"), Body: mineBody(v)}, nil
}

func reportOf(r *screen.Request, names *record.Names, people map[string]string, o record.Order) report {
	thing, area := names.Thing(o)
	clock := record.ClockAt(r, o.TimeZone)
	out := report{Href: "/ordenes/" + url.PathEscape(o.ID), Title: thing, Badges: []ui.Badge{record.Badge("order_state", o.State), record.Badge("priority", o.Priority)}}
	add := func(key, value, small string) {
		if value != "" {
			out.Facts = append(out.Facts, ui.Fact{Label: words.Say(key), Value: value, Small: small})
		}
	}
	add("fact_text", record.Excerpt(o.Complaint, 160), area)
	add("has_it", order.HasIt(names, o), "")
	if o.Open() {
		add("next", order.Next(o), "")
		until := words.Say("no_date")
		if !o.ScheduledEnd.IsZero() {
			until = clock.Near(o.ScheduledEnd)
		}
		add("until", until, "")
	}
	if text, who := ending(people, o); text != "" {
		add("end_"+o.State, text, who)
	}
	add("asked", clock.Near(o.RequestedAt), "")
	return out
}

// endings are the steps that end an order against what was asked for, by the state that they lead to.
var endings = map[string]string{"declined": "decline", "cancelled": "cancel"}

// ending is why an order came to nothing, and who decided so; "" of all others.
func ending(people map[string]string, o record.Order) (why, who string) {
	step := endings[o.State]
	if step == "" {
		return "", ""
	}
	for _, n := range slices.Backward(o.Notes) {
		if n.Action == step {
			return cmp.Or(n.Text, words.Say("no_reason")), words.Say("decided", cmp.Or(people[n.By], words.Say("somebody")))
		}
	}
	return words.Say("no_reason"), ""
}
