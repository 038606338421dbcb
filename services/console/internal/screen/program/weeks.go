package program

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/choose"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	// onPage are the weeks of a page; before is how many weeks earlier work may have begun that is still under way in them. Together they are as many
	// days as the service lists at once.
	onPage = 4
	before = 22
	// looked bounds the lines that are read, drawn those that a page shows.
	looked = 1000
	drawn  = 200
)

// week is a week by its Monday.
type week struct{ monday time.Time }

// weekOf is the week of a day (YYYY-MM-DD).
func weekOf(day string) week {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		t = time.Time{}
	}
	return week{t.AddDate(0, 0, -(int(t.Weekday())+6)%7)}
}

// readWeek reads "2026-W48" (ISO 8601); ok is false of what is none.
func readWeek(text string) (w week, ok bool) {
	year, number, found := strings.Cut(text, "-W")
	y, errY := strconv.Atoi(year)
	n, errN := strconv.Atoi(number)
	if !found || errY != nil || errN != nil || y < 2001 || y > 2099 || n < 1 || n > 53 {
		return w, false
	}
	w = weekOf(fmt.Sprintf("%04d-01-04", y)).plus(n - 1)
	return w, w.key() == text
}

func (w week) plus(n int) week { return week{w.monday.AddDate(0, 0, 7*n)} }

// key is the week as ISO 8601 writes it.
func (w week) key() string {
	y, n := w.monday.ISOWeek()
	return fmt.Sprintf("%04d-W%02d", y, n)
}

func (w week) first() string { return w.monday.Format(time.DateOnly) }
func (w week) last() string  { return w.monday.AddDate(0, 0, 6).Format(time.DateOnly) }

// has says whether work is planned for the week.
func (w week) has(l line) bool { return l.Start <= w.last() && l.End >= w.first() }

// stages are the filters by how far work is; of a line without an order the stage is "sin-orden".
var stages = []string{"sin-orden", "en-curso", "terminados"}

func stageOf(o record.Order, has bool) string {
	switch {
	case !has || gaveUp(o):
		return "sin-orden"
	case o.State == "accepted":
		return "terminados"
	}
	return "en-curso"
}

type weeksView struct {
	Heading ui.PageHeading
	Filters []ui.Filter
	Hidden  []ui.Sent
	Narrow  []ui.Picker
	Open    bool
	Failed  *ui.Failure
	Weeks   []weekView
	More    string
	Empty   *ui.Emptiness
	// Around leads to other weeks; AddLine to the form that plans work, "" where it is not offered.
	Around  []ui.Filter
	AddLine string
}

type weekView struct {
	Title, ID string
	Now       bool
	Table     *ui.Table
}

// board is what is read for the page.
type board struct {
	r      *screen.Request
	names  *record.Names
	clock  ui.Clock
	q      url.Values
	from   week
	lines  []line
	orders map[string]record.Order
	// known says that the orders could be read.
	known bool
}

// narrowed are the filters that the address may name, beside the week and the stage.
var narrowed = []string{"unit_id", "office", "element", "equipment_type_key", "program_id"}

func weeks(r *screen.Request) (screen.Page, error) {
	b := &board{r: r, names: record.NamesFor(r), clock: record.Reader(r), q: r.URL.Query()}
	now := weekOf(b.clock.Now.In(b.clock.Zone).Format(time.DateOnly))
	var ok bool
	if b.from, ok = readWeek(b.q.Get("semana")); !ok {
		b.from = now
	}
	filter := url.Values{"from": {b.from.plus(-before).first()}, "to": {b.from.plus(onPage - 1).last()}}
	for _, name := range narrowed {
		if b.q.Get(name) != "" {
			filter[name] = b.q[name]
		}
	}
	if kind, value, found := strings.Cut(b.q.Get("que"), ":"); found && (kind == "element" && record.Known("area_element", value) || kind == "equipment_type_key") {
		filter.Set(kind, value)
	}
	all, more, err := record.All[line](r.Context(), r.API, lines, filter, looked)
	if err != nil {
		return screen.Page{}, err
	}
	b.lines = slices.DeleteFunc(all, func(l line) bool { return l.End < b.from.first() })
	v := weeksView{Heading: ui.PageHeading{Where: b.where(), Title: words.Say("title")}}
	b.orders, err = ordersOf(r, b.lines)
	if away := api.AwayOf(err); away != nil {
		v.Failed = record.Missing(r, words.Say("orders_away"), away)
	} else if err != nil {
		return screen.Page{}, err
	}
	b.known = err == nil
	v.Heading.Lines = []string{words.Say("from_to", b.clock.Date(b.from.first()), b.clock.Date(b.from.plus(onPage-1).last()))}
	if err := b.narrow(&v); err != nil {
		return screen.Page{}, err
	}
	b.draw(&v, now)
	if more {
		v.More = words.Say("more_lines", ui.Number(looked))
	}
	v.Around = []ui.Filter{{Href: b.address("semana", b.from.plus(-onPage).key()), Text: words.Say("earlier")}, {Href: b.address("semana", ""), Text: words.Say("now"), Here: b.from == now},
		{Href: b.address("semana", b.from.plus(onPage).key()), Text: words.Say("later")}}
	if plans(r) {
		v.AddLine = planPath
		if unit := b.q.Get("unit_id"); unit != "" {
			v.AddLine += "?" + url.Values{"unit_id": {unit}}.Encode()
		}
	}
	return screen.Page{Title: words.Say("title"), Body: weeksBody(v)}, nil
}

// address is the page's with one filter set otherwise.
func (b *board) address(name, value string) string {
	out := url.Values{}
	for n, values := range b.q {
		if n != name && values[0] != "" {
			out[n] = values
		}
	}
	if value != "" {
		out.Set(name, value)
	}
	if len(out) == 0 {
		return "/programa"
	}
	return "/programa?" + out.Encode()
}

func (b *board) where() string {
	if unit := b.q.Get("unit_id"); unit != "" {
		return b.names.UnitName(unit)
	}
	if office := b.q.Get("office"); office != "" {
		return screen.In("office:" + office)
	}
	if len(b.r.Who.Grants) == 0 {
		return ""
	}
	return b.names.In(b.r.Who.Grants[0].Place)
}

// narrow are the filters: how far the work is, with counts, and the unit and what is worked on.
func (b *board) narrow(v *weeksView) error {
	counts := map[string]int{}
	for _, l := range b.lines {
		o, has := b.orders[l.ID]
		counts[stageOf(o, has)]++
	}
	chosen := b.q.Get("ver")
	v.Filters = append(v.Filters, ui.Filter{Href: b.address("ver", ""), Text: words.Say("stage_all", ui.Number(len(b.lines))), Here: !slices.Contains(stages, chosen)})
	for _, s := range stages {
		if b.known {
			v.Filters = append(v.Filters, ui.Filter{Href: b.address("ver", s), Text: words.Say("stage_"+strings.ReplaceAll(s, "-", "_"), ui.Number(counts[s])), Here: chosen == s})
		}
	}
	if b.known && slices.Contains(stages, chosen) {
		b.lines = slices.DeleteFunc(b.lines, func(l line) bool {
			o, has := b.orders[l.ID]
			return stageOf(o, has) != chosen
		})
	}
	for _, name := range []string{"semana", "ver", "program_id"} {
		if b.q.Get(name) != "" {
			v.Hidden = append(v.Hidden, ui.Sent{Name: name, Value: b.q.Get(name)})
		}
	}
	office := b.q.Get("office")
	if wide := slices.ContainsFunc(b.r.Who.Grants, func(g screen.Grant) bool { return g.Kind() == "nation" || g.Kind() == "region" || g.Kind() == "state" }); wide {
		p := ui.Picker{Name: "office", Label: words.Say("office"), Empty: words.Say("any_office"), Value: office}
		g := ui.Group{}
		for _, o := range mx.Offices() {
			g.Options = append(g.Options, ui.Option{Value: o.Key, Label: o.Name})
		}
		p.Groups = []ui.Group{g}
		v.Narrow = append(v.Narrow, p)
		if office == "" {
			v.Narrow = append(v.Narrow, b.what())
			v.Open = b.q.Get("que") != ""
			return nil
		}
	}
	filter := url.Values{}
	if office != "" {
		filter.Set("office", office)
	}
	units, err := choose.Units(b.r, filter)
	if err != nil && api.AwayOf(err) == nil && !api.ProblemOf(err).Hidden() {
		return err
	}
	if len(units) > 1 {
		p := ui.Picker{Name: "unit_id", Label: words.Say("unit"), Empty: words.Say("any_unit"), Value: b.q.Get("unit_id"), Groups: []ui.Group{{}}}
		for _, u := range units {
			p.Groups[0].Options = append(p.Groups[0].Options, ui.Option{Value: u.ID, Label: u.Name})
		}
		v.Narrow = append(v.Narrow, p)
	}
	v.Narrow = append(v.Narrow, b.what())
	v.Open = b.q.Get("unit_id")+office+b.q.Get("que") != ""
	return nil
}

// what is the choice of what is worked on.
func (b *board) what() ui.Picker {
	return ui.Picker{Name: "que", Label: words.Say("what"), Empty: words.Say("any_what"), Value: b.q.Get("que"), Groups: whats(typeOptions(b.names))}
}

// draw makes the weeks, in each the lines by unit.
func (b *board) draw(v *weeksView, now week) {
	ids := make([]string, len(b.lines))
	for i, l := range b.lines {
		ids[i] = l.UnitID
	}
	b.names.Units(ids)
	places := make([]record.Unit, len(b.lines))
	record.Each(len(b.lines), func(i int) {
		u, ok := b.names.Unit(b.lines[i].UnitID)
		if !ok {
			u = record.Unit{Name: b.lines[i].UnitID}
		}
		places[i] = u
	})
	order := make([]int, len(b.lines))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(mx.NameKey(places[i].Name), mx.NameKey(places[j].Name)), cmp.Compare(b.lines[i].Start, b.lines[j].Start), cmp.Compare(b.lines[i].ID, b.lines[j].ID))
	})
	n := 0
	for k := range onPage {
		w := b.from.plus(k)
		var rows [][]ui.Cell
		for _, i := range order {
			if !w.has(b.lines[i]) {
				continue
			}
			if n++; n > drawn {
				v.More = words.Say("more_drawn", ui.Number(drawn))
				continue
			}
			rows = append(rows, b.row(b.lines[i], places[i]))
		}
		_, number := w.monday.ISOWeek()
		out := weekView{ID: "semana-" + w.key(), Now: w == now, Title: words.Say("week", number, b.clock.Date(w.first()), b.clock.Date(w.last()))}
		if len(rows) > 0 {
			out.Table = &ui.Table{ID: out.ID, Cards: true, Head: 1, Rows: rows, Columns: []ui.Column{{Label: words.Say("unit")}, {Label: words.Say("work")}, {Label: words.Say("when")}, {Label: words.Say("state")}}}
		}
		v.Weeks = append(v.Weeks, out)
	}
	if n == 0 {
		v.Empty = b.empty()
		v.Weeks = nil
	}
}

func (b *board) empty() *ui.Emptiness {
	for _, name := range append([]string{"ver", "que"}, narrowed...) {
		if b.q.Get(name) != "" {
			at := "/programa"
			if b.q.Get("semana") != "" {
				at += "?" + url.Values{"semana": {b.from.key()}}.Encode()
			}
			return &ui.Emptiness{Title: words.Say("none_filter"), Action: &ui.Link{Href: at, Text: words.Say("no_filter")}, Quiet: true}
		}
	}
	return &ui.Emptiness{Title: words.Say("none"), Text: words.Say("none_text")}
}

// row is a line: its unit, the work, when, and its order's state or that it waits for one.
func (b *board) row(l line, u record.Unit) []ui.Cell {
	o, has := b.orders[l.ID]
	work := ui.Cell{Text: record.Excerpt(l.Description, 80), Href: "/programa/" + url.PathEscape(l.ID), Small: l.quantity()}
	state := ui.Cell{Badges: []ui.Badge{{Look: "idle", Icon: ui.IconDash, Word: words.Say("no_order")}}, Due: l.due(b.clock)}
	switch {
	case !b.known:
		state = ui.Cell{Text: words.Say("not_known")}
	case has && !gaveUp(o):
		work.Href = "/ordenes/" + url.PathEscape(o.ID)
		state = ui.Cell{Badges: []ui.Badge{record.Badge("order_state", o.State)}}
	}
	return []ui.Cell{{Text: u.Name, Small: u.AreaPath(l.AreaID)}, work, {Text: l.period(b.clock)}, state}
}
