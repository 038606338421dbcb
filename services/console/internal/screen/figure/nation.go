package figure

import (
	"cmp"
	"net/url"
	"slices"
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

type nationView struct {
	Heading ui.PageHeading
	Choice  ui.Picker
	Sort    string
	Figure  ui.Figure
	Map     []region
	Legend  []legend
	Table   ui.Table
	Title   string
	Failure *ui.Failure
}

// region is a state on the map.
type region struct {
	Href, Class, Fill, Path, Title string
}

type legend struct{ Class, Text string }

// orders are the orders of the table; each has its heading.
var orders = []string{"cifra", "mejor", "entidad", "cuantos"}

// row is a state with its figures; known is false where they could not be had.
type row struct {
	state  mx.State
	status record.Status
	known  bool
}

// nation is the country as a map and as a table. Whoever sees a part of it only is shown that part.
func nation(r *screen.Request) (screen.Page, error) {
	whole, _, err := record.StatusOf(r.Context(), r.API, "nation")
	if api.ProblemOf(err).Hidden() {
		return ownPlace(r, err)
	}
	if err != nil {
		return screen.Page{}, err
	}
	q := r.URL.Query()
	s, order := shareOf(q.Get("cifra")), q.Get("orden")
	if !slices.Contains(orders, order) {
		order = orders[0]
	}
	rows, failed := states(r)
	sorted(rows, s, order)
	clock := record.Reader(r)
	v := nationView{Heading: ui.PageHeading{Title: words.Say("nation"), Lines: []string{words.Say("nation_line", number(int64(whole.Units)), number(int64(whole.Planned.Units)), number(int64(whole.Closed.Units)), clock.Full(r.Now))}}, Sort: order,
		Choice: ui.Picker{Name: "cifra", Label: words.Say("figure"), Value: s.key}, Title: words.Say("table_" + order)}
	g := ui.Group{}
	for _, one := range shares {
		g.Options = append(g.Options, ui.Option{Value: one.key, Label: words.Say(one.word)})
	}
	v.Choice.Groups = []ui.Group{g}
	v.Figure = s.figure("nation", whole)
	if failed != nil {
		v.Failure = record.Missing(r, words.Say("states_away"), failed)
	}
	for _, one := range rows {
		v.Map = append(v.Map, s.region(one))
	}
	v.Legend = s.legend()
	v.Table = s.table(rows, whole, order)
	return screen.Page{Title: words.Say("nation"), Body: nationBody(v)}, nil
}

// ownPlace is the page of the place whose figures whoever asks may see.
func ownPlace(r *screen.Request, err error) (screen.Page, error) {
	for _, g := range r.Who.Grants {
		switch g.Kind() {
		case "unit":
			return unit(r, g.Key())
		case "office", "state":
			return groupPage(r, g.Kind(), g.Key())
		}
	}
	return screen.Page{}, err
}

// states are the 32 with their figures, read several at once.
func states(r *screen.Request) ([]row, *api.Away) {
	all := mx.States()
	rows := make([]row, len(all))
	var mu sync.Mutex
	var failed *api.Away
	record.Each(len(all), func(i int) {
		s, _, err := record.StatusOf(r.Context(), r.API, "state:"+all[i].INEGI)
		rows[i] = row{all[i], s, err == nil}
		if away := api.AwayOf(err); away != nil {
			mu.Lock()
			failed = away
			mu.Unlock()
		}
	})
	return rows, failed
}

// sorted puts the rows in order: by name, or by the figure from its worst end; what is not known comes last.
func sorted(rows []row, s share, order string) {
	byName := func(a, b row) int { return cmp.Compare(mx.NameKey(a.state.Name), mx.NameKey(b.state.Name)) }
	slices.SortFunc(rows, func(a, b row) int {
		ap, aw, ak := s.of(a.status)
		bp, bw, bk := s.of(b.status)
		ak, bk = ak && a.known && aw > 0, bk && b.known && bw > 0
		switch {
		case order == "entidad":
			return byName(a, b)
		case ak != bk && ak:
			return -1
		case ak != bk:
			return 1
		case order == "cuantos":
			return cmp.Or(cmp.Compare(bw, aw), byName(a, b))
		case !ak:
			return byName(a, b)
		}
		c := cmp.Compare(ap*bw, bp*aw)
		if (order == "mejor") == s.more {
			c = -c
		}
		return cmp.Or(c, byName(a, b))
	})
}

// figure is the share of a place, as a figure that opens.
func (s share) figure(place string, st record.Status) ui.Figure {
	part, whole, known := s.of(st)
	f := ui.Figure{Href: link(s.key, place), Label: words.Say(s.word), Value: ui.Percent(part, whole), Note: words.Say("part_of", number(part), number(whole))}
	if !known {
		f.Value, f.Note = words.Say("not_surveyed"), words.Say("not_surveyed_note")
	}
	return f
}

func (s share) told(one row) string {
	part, whole, known := s.of(one.status)
	switch {
	case !one.known:
		return words.Say("no_answer")
	case !known || whole == 0:
		return words.Say("not_surveyed")
	}
	return ui.Percent(part, whole) + ", " + words.Say("part_of_short", number(part), number(whole))
}

func (s share) region(one row) region {
	out := region{Href: "#e" + one.state.INEGI, Class: "m0", Fill: "url(#not-surveyed)", Path: outlines[one.state.INEGI], Title: one.state.Name + ": " + s.told(one)}
	if class := s.class(one.status); class > 0 && one.known {
		out.Class, out.Fill = "m"+ui.Number(class), ""
	}
	return out
}

func (s share) legend() []legend {
	b := s.bounds
	texts := []string{words.Say("below", b[0]), words.Say("between", b[0], b[1]), words.Say("between", b[1], b[2]), words.Say("between", b[2], b[3]), words.Say("above", b[3])}
	if !s.more {
		texts = []string{words.Say("above", b[0]), words.Say("between", b[1], b[0]), words.Say("between", b[2], b[1]), words.Say("between", b[3], b[2]), words.Say("below", b[3])}
	}
	var out []legend
	for i, t := range texts {
		out = append(out, legend{"m" + ui.Number(i+1), t})
	}
	return append(out, legend{"m0", words.Say("not_surveyed")})
}

// table says in words what the map shows; it can be sorted by its headings.
func (s share) table(rows []row, whole record.Status, order string) ui.Table {
	by := func(o string) string { return "/nacion?" + url.Values{"cifra": {s.key}, "orden": {o}}.Encode() }
	t := ui.Table{ID: "tabla", Dense: true, Columns: []ui.Column{
		{Label: words.Say("state"), Href: by("entidad")},
		{Label: "%", Number: true, Href: by("cifra")},
		{Label: words.Say("how_many"), Number: true, Href: by("cuantos")},
		{Label: words.Say("orders_short"), Number: true, WideOnly: true},
		{Label: words.Say("units"), Number: true, WideOnly: true}}}
	switch order {
	case "entidad":
		t.Columns[0].Sorted = "ascending"
	case "cuantos":
		t.Columns[2].Sorted = "descending"
	case "mejor":
		t.Columns[1].Sorted, t.Columns[1].Href = "descending", by("cifra")
	default:
		t.Columns[1].Sorted, t.Columns[1].Href = "ascending", by("mejor")
	}
	if !s.more && t.Columns[1].Sorted != "" {
		t.Columns[1].Sorted = map[string]string{"ascending": "descending", "descending": "ascending"}[t.Columns[1].Sorted]
	}
	for _, one := range rows {
		t.RowIDs = append(t.RowIDs, "e"+one.state.INEGI)
		t.Rows = append(t.Rows, s.cells(one.state.Name, "/entidad/"+one.state.INEGI, one.status, one.known, s.class(one.status)))
	}
	t.Foot = s.cells(words.Say("nation_short"), "", whole, true, 0)
	return t
}

func (s share) cells(name, href string, st record.Status, known bool, class int) []ui.Cell {
	part, whole, has := s.of(st)
	cells := []ui.Cell{{Text: name, Href: href}, {Text: "—"}, {Text: words.Say("not_surveyed")}, {Text: number(st.Figures.Orders.Open)}, {Text: words.Say("part_of_short", number(int64(st.Units)-int64(st.NotSurveyed)), number(int64(st.Units)))}}
	switch {
	case !known:
		cells[2], cells[3].Text, cells[4].Text = ui.Cell{Text: words.Say("no_answer")}, "—", "—"
	case has && whole > 0:
		cells[1], cells[2] = ui.Cell{Text: ui.Percent(part, whole), Strong: true}, ui.Cell{Text: words.Say("part_of_short", number(part), number(whole))}
		if class > 0 {
			cells[1].Key = "m" + ui.Number(class)
		}
	}
	return cells
}
