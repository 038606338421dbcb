// Package home is everybody's first page: what waits for whoever signed in, newest first, with counts.
package home

import (
	"cmp"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/figure"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/stock"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the home page.
func Screens() []screen.Screen {
	return []screen.Screen{{Pattern: "/{$}", Show: show}}
}

const (
	// looked bounds what is read of one list, listed what a page shows: the names of each row have to be asked for.
	looked = 400
	listed = 20
)

// item is something that waits: of which kind, since when, and its row.
type item struct {
	kind string
	at   time.Time
	// unit is that of a page by unit; order or delivery is the document that it is, nil of anything else.
	unit     string
	order    *record.Order
	delivery *record.Delivery
	row      func(p *page) ui.Row
}

// page is what is read for one home page.
type page struct {
	*screen.Request
	names *record.Names
	items []item
	// more says that a list was longer than what is looked at, whole is where that list is read whole; failed are the services that could not be asked.
	more   bool
	whole  string
	failed []failure
	place  string
	status *record.Status
	// theatres is how many operating rooms the unit has, units what hurts in the engineer's units.
	theatres int
	units    *figure.Units
	// payers are what may pay for the orders that are shown, for those whom that concerns.
	payers map[string][]record.Payer
	// figuresFailed is why there are no figures.
	figuresFailed *api.Away
}

type failure struct {
	kind string
	away *api.Away
}

func show(r *screen.Request) (screen.Page, error) {
	p := &page{Request: r, names: record.NamesFor(r), place: overseen(r.Who)}
	err := p.ask(p.sources())
	if err != nil {
		return screen.Page{}, err
	}
	p.items = newestFirst(p.items)
	q := r.URL.Query()
	from, _ := strconv.Atoi(q.Get("desde"))
	v := p.view(q.Get("ver"), from)
	return screen.Page{Title: words.Say("title"), Body: body(v)}, nil
}

// newestFirst orders items: the newest first, and on a page by unit all of a unit's together, where its newest stands.
func newestFirst(items []item) []item {
	slices.SortStableFunc(items, func(a, b item) int { return b.at.Compare(a.at) })
	at := map[string]int{}
	for i := range items {
		if _, known := at[items[i].unit]; !known {
			at[items[i].unit] = len(at)
		}
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(at[a.unit], at[b.unit]) })
	return items
}

// answer is what reading a source gave.
type answer struct {
	items []item
	more  bool
	err   error
}

// ask reads all lists and the figures, several at once. A refusal hides a list; that a service is away fails its part of the page.
// What is equally new is in the order of the lists, not of their answers: the same page is drawn twice the same.
func (p *page) ask(asked []source) error {
	answers := make([]answer, len(asked))
	beside := []func(){p.figures, p.hurts, func() { p.where() }}
	record.Each(len(asked)+len(beside), func(i int) {
		if i >= len(asked) {
			beside[i-len(asked)]()
			return
		}
		items, more, err := asked[i].read(p)
		answers[i] = answer{items, more, err}
	})
	var broken error
	for i, a := range answers {
		p.items = append(p.items, a.items...)
		if a.more && a.err == nil {
			p.more, p.whole = true, cmp.Or(p.whole, asked[i].whole)
		}
		switch away := api.AwayOf(a.err); {
		case a.err == nil, api.ProblemOf(a.err).Hidden():
		case away != nil && slices.ContainsFunc(p.failed, func(f failure) bool { return f.kind == asked[i].service }):
		case away != nil:
			p.failed = append(p.failed, failure{asked[i].service, away})
		default:
			broken = cmp.Or(broken, a.err)
		}
	}
	return broken
}

// figures reads the figures of the place that is overseen.
func (p *page) figures() {
	if p.place == "" {
		return
	}
	s, ok, err := record.StatusOf(p.Context(), p.API, p.place)
	if away := api.AwayOf(err); away != nil {
		p.figuresFailed = away
	} else if ok && err == nil {
		p.status = &s
	}
	if kind, key, _ := strings.Cut(p.place, ":"); kind == "unit" {
		if u, ok := p.names.Unit(key); ok && u.OperatingRooms != nil {
			p.theatres = *u.OperatingRooms
		}
	}
}

// worst is how many units an engineer's home shows.
const worst = 5

// hurts reads an engineer's units.
func (p *page) hurts() {
	for _, place := range p.Who.Places("biomedical_engineer") {
		if kind, key, _ := strings.Cut(place, ":"); kind == "office" || kind == "state" {
			p.units = figure.UnitsOf(p.Request, kind, key, worst)
			return
		}
	}
}

// overseen is the place of the first grant that has figures: "" where none does.
func overseen(who screen.Who) string {
	for _, g := range who.Grants {
		if slices.Contains([]string{"unit", "office", "state", "nation"}, g.Kind()) && g.Role != "requester" {
			return g.Place
		}
	}
	return ""
}

// view is what the template draws.
type view struct {
	Heading ui.PageHeading
	Filters []ui.Filter
	// Groups are the rows, under the names of their units where the page is one by unit.
	Groups   []group
	Failures []ui.Failure
	Empty    *ui.Emptiness
	// Order says in which order the rows are.
	Order string
	// Part says which rows these are where there are more; Next and First lead to the others, More to where all are that were not looked at.
	Part        string
	Next, First string
	More        *ui.Link
	Figures     []ui.Figure
	// FiguresTitle is the heading of the figures; FiguresFailed stands in their place.
	FiguresTitle  string
	FiguresFailed *ui.Failure
	Report        bool
	// Stock leads to that of the office that is overseen; "" of another place.
	Stock string
	// Units are an engineer's, by what hurts; Office leads to all of them.
	Units       *ui.Table
	UnitsFailed *ui.Failure
	Office      string
}

type group struct {
	Name string
	Rows []ui.Row
}

// view is what the page shows of one kind, "" being all, from the row at an index on.
func (p *page) view(only string, from int) view {
	clock := record.Reader(p.Request)
	v := view{Heading: ui.PageHeading{Where: p.where(), Title: p.heading()}, Report: p.Who.Is("requester") || p.Who.Is("unit_director"), Filters: p.filters(only)}
	for _, f := range p.failed {
		v.Failures = append(v.Failures, ui.Failure{Title: words.Say("away_" + f.kind), Text: words.Say("away_text"), Since: clock.Hour(p.Now), Again: p.URL.RequestURI(), Reference: f.away.Reference})
	}
	shown := p.items
	if only != "" {
		shown = slices.DeleteFunc(slices.Clone(shown), func(i item) bool { return i.kind != only })
	}
	shown = v.cut(shown, only, from)
	if p.more && p.whole != "" && v.Next == "" {
		v.More = &ui.Link{Href: p.whole, Text: words.Say("whole_list")}
	}
	v.Groups = p.rows(shown)
	if len(shown) > 1 {
		v.Order = words.Say("newest_first")
		if shown[0].unit != "" {
			v.Order = words.Say("newest_first_by_unit")
		}
	}
	if len(shown) == 0 && len(p.failed) == 0 {
		v.Empty = p.empty(only)
	}
	if p.status != nil {
		v.Figures = figure.Of(p.place, *p.status)
		if p.theatres > 0 {
			v.Figures = slices.Insert(v.Figures, 1, ui.Figure{Href: "/unidad", Label: words.Say("theatres"), Value: words.Say("theatres_unknown"), Note: words.Count("theatres_note", p.theatres)})
		}
		v.FiguresTitle = words.Say("figures", p.placeName(), clock.Hour(p.Now))
	}
	if strings.HasPrefix(p.place, "office:") {
		v.Stock = stock.Of(p.place)
	}
	if p.figuresFailed != nil {
		v.FiguresFailed = &ui.Failure{Title: words.Say("away_status"), Text: words.Say("away_status_text"), Since: clock.Hour(p.Now), Again: p.URL.RequestURI(), Reference: p.figuresFailed.Reference}
	}
	if u := p.units; u != nil {
		v.Units, v.Office = u.Table, u.Href
		if u.Away != nil {
			v.UnitsFailed = record.Missing(p.Request, words.Say("away_units"), u.Away)
		}
	}
	return v
}

// cut are the items of one page, from an index on; what is cut is said, and led to.
func (v *view) cut(items []item, only string, from int) []item {
	if from <= 0 || from >= len(items) {
		from = 0
	}
	address := func(from int) string {
		q := url.Values{}
		if only != "" {
			q.Set("ver", only)
		}
		if from > 0 {
			q.Set("desde", strconv.Itoa(from))
		}
		return strings.TrimSuffix("/?"+q.Encode(), "?")
	}
	end := min(from+listed, len(items))
	if end-from < len(items) {
		v.Part = words.Say("part", ui.Number(from+1), ui.Number(end), ui.Number(len(items)))
	}
	if end < len(items) {
		v.Next = address(end)
	}
	if from > 0 {
		v.First = address(0)
	}
	return items[from:end]
}

// told asks at once for the names of what items show, and for what may pay for their orders.
func (p *page) told(items []item) {
	var orders []record.Order
	var deliveries []record.Delivery
	for _, i := range items {
		switch {
		case i.order != nil:
			orders = append(orders, *i.order)
		case i.delivery != nil:
			deliveries = append(deliveries, *i.delivery)
		}
	}
	asked := []func(){func() { p.names.Orders(orders) }, func() { p.names.Deliveries(deliveries) }}
	if p.Who.Is("contract_administrator") || p.Who.Is("office_administrator") {
		approved := slices.DeleteFunc(slices.Clone(orders), func(o record.Order) bool { return o.State != "approved" })
		asked = append(asked, func() { p.payers = record.PayersOf(p.Request, approved) })
	}
	record.Each(len(asked), func(i int) { asked[i]() })
}

// rows draws items, several at once, as names have to be asked for.
func (p *page) rows(items []item) []group {
	p.told(items)
	rows := make([]ui.Row, len(items))
	record.Each(len(items), func(i int) { rows[i] = items[i].row(p) })
	var groups []group
	at := map[string]int{}
	for i, row := range rows {
		unit := items[i].unit
		n, known := at[unit]
		if !known {
			n, at[unit] = len(groups), len(groups)
			groups = append(groups, group{Name: p.unitName(items[i])})
		}
		groups[n].Rows = append(groups[n].Rows, row)
	}
	return groups
}

// unitName is the name of an item's unit on a page by unit; "" on any other page.
func (p *page) unitName(i item) string {
	if i.unit == "" {
		return ""
	}
	if i.order == nil {
		return p.names.Destination(*i.delivery)
	}
	return p.names.UnitOf(*i.order)
}

// where is the place of the first grant, a unit by its name.
func (p *page) where() string {
	if len(p.Who.Grants) == 0 {
		return ""
	}
	return p.names.In(p.Who.Grants[0].Place)
}

func (p *page) placeName() string {
	if strings.HasPrefix(p.place, "unit:") {
		return words.Say("my_unit")
	}
	return screen.In(p.place)
}

// heading is the answer to what one came for.
func (p *page) heading() string {
	n, kind := len(p.items), "waiting"
	switch {
	case (p.Who.Is("contractor") || p.Who.Is("technician")) && !slices.ContainsFunc(p.items, func(i item) bool { return i.kind != "trabajos" }):
		kind = "today"
	case len(p.Who.Roles()) == 1 && p.Who.Is("requester"):
		kind = "reports"
	}
	switch {
	case n == 0 && len(p.failed) == 0:
		return words.Say(kind + "_none")
	case n == 0:
		return words.Say("unknown")
	case len(p.failed) > 0 || p.more:
		return words.Say("at_least", words.Count(kind, n))
	}
	return upper(words.Count(kind, n))
}

func upper(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// kinds are the filters, in their order.
var kinds = []string{"trabajos", "entregas", "reservas", "reportes", "equipos", "unidades"}

func (p *page) filters(only string) []ui.Filter {
	counts := map[string]int{}
	for _, i := range p.items {
		counts[i.kind]++
	}
	if len(counts) < 2 {
		return nil
	}
	out := []ui.Filter{{Href: "/", Text: words.Say("filter_all", ui.Number(len(p.items))), Here: only == ""}}
	for _, k := range kinds {
		if counts[k] > 0 {
			out = append(out, ui.Filter{Href: "/?" + url.Values{"ver": {k}}.Encode(), Text: words.Say("filter_"+k, ui.Number(counts[k])), Here: only == k})
		}
	}
	return out
}

func (p *page) empty(only string) *ui.Emptiness {
	if only != "" && len(p.items) > 0 {
		return &ui.Emptiness{Title: words.Say("empty_filter"), Text: words.Count("waiting", len(p.items)) + ".", Action: &ui.Link{Href: "/", Text: words.Say("no_filter")}, Quiet: true}
	}
	e := &ui.Emptiness{Done: true, Title: words.Say("empty"), Text: words.Say("empty_text")}
	if p.Who.Is("requester") || p.Who.Is("unit_director") {
		e.Action = &ui.Link{Href: "/reportar", Text: words.Say("report")}
	}
	return e
}
