package figure

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// row is a place with its figures; known is false where they could not be had.
type row struct {
	// place is the place as in a grant, key its part of addresses, href where its name leads to.
	place, key, name, href string
	status                 record.Status
	known                  bool
	// operation is a unit's state.
	operation string
}

// unitRows are units with their figures.
func unitRows(r *screen.Request, units []record.Unit) []row {
	of := record.StatusOfUnits(r.Context(), r.API, units)
	rows := make([]row, len(units))
	for i, u := range units {
		rows[i] = row{place: "unit:" + u.ID, key: u.ID, name: u.Name, href: addressOf("unit:" + u.ID), status: of[u.ID], known: of[u.ID].ID != "", operation: u.OperationState}
	}
	return rows
}

// sorting is by which column a table of places is sorted: "entidad" (its name), "cifra", "cuantos", "ordenes", "unidades", "operacion". Each has a
// direction in which it is looked at first; back is the other one.
type sorting struct {
	by   string
	back bool
}

// sortable are the columns that a table of places can be sorted by.
var sortable = []string{"cifra", "entidad", "cuantos", "ordenes", "unidades", "operacion"}

// sortingOf is the sorting that the address names ("orden=ordenes", "orden=-ordenes"), or the figure from its worst end on.
func sortingOf(r *screen.Request) sorting {
	asked := r.URL.Query().Get("orden")
	if asked == "mejor" { // as an earlier release called it
		asked = "-cifra"
	}
	by, back := strings.CutPrefix(asked, "-")
	if !slices.Contains(sortable, by) {
		return sorting{by: sortable[0]}
	}
	return sorting{by, back}
}

func (o sorting) String() string {
	if o.back {
		return "-" + o.by
	}
	return o.by
}

// title is the heading of a table of places that says in which order it is.
func (o sorting) title(of string) string {
	if o.back {
		return words.Say("ordered", of, words.Say("order_"+o.by+"_back"))
	}
	return words.Say("ordered", of, words.Say("order_"+o.by))
}

// sort puts rows in order; what is not known comes last in both directions, and equals stand by their names.
func (o sorting) sort(rows []row, s share) {
	// of is what a row is sorted by: numbers whose quotient it is, or a text; known says whether it has one.
	type value struct {
		part, whole int64
		text        string
		known       bool
	}
	of := func(r row) value {
		part, whole, has := s.of(r.status)
		switch o.by {
		case "entidad":
			return value{whole: 1, text: mx.NameKey(r.name), known: true}
		case "operacion":
			return value{whole: 1, text: record.Label("unit_state", r.operation), known: r.operation != ""}
		case "ordenes":
			return value{part: -r.status.Figures.Orders.Open, whole: 1, known: r.known}
		case "unidades":
			return value{part: int64(r.status.NotSurveyed) - int64(r.status.Units), whole: 1, known: r.known}
		case "cuantos":
			return value{part: -part, whole: 1, known: r.known && has && whole > 0}
		}
		if !s.more || s.plain { // the most is the worst
			part = -part
		}
		if s.plain {
			whole = 1
		}
		return value{part: part, whole: whole, known: r.known && has && whole > 0}
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		x, y := of(a), of(b)
		byName := cmp.Compare(mx.NameKey(a.name), mx.NameKey(b.name))
		switch {
		case x.known != y.known && x.known:
			return -1
		case x.known != y.known:
			return 1
		case !x.known:
			return byName
		}
		c := cmp.Or(cmp.Compare(x.part*y.whole, y.part*x.whole), cmp.Compare(x.text, y.text))
		if o.back {
			c = -c
		}
		return cmp.Or(c, byName)
	})
}

// placeTable is a table of places by a figure.
type placeTable struct {
	share share
	id    string
	sort  sorting
	// by is the address of the page, whose headings lead to its other orders; nil where it has one.
	by *url.URL
	// narrow tables stand beside something else: of a unit's operation they say only that it is not open, below its name.
	narrow bool
}

// column is a column: its word, by what it is sorted, and whether small numbers are at the top at first.
type column struct {
	word, by  string
	ascending bool
	number    bool
	wide      bool
}

// of is the table of rows in their order: name names the first column, last is "units" (surveyed of how many) or "operation".
func (t placeTable) of(rows []row, name, last string) *ui.Table {
	t.sort.sort(rows, t.share)
	columns := []column{{word: name, by: "entidad", ascending: true}, {word: "%", by: "cifra", ascending: t.share.more, number: true}, {word: "how_many", by: "cuantos", number: true}, {word: "orders_short", by: "ordenes", number: true, wide: true},
		{word: last, by: map[string]string{"units": "unidades", "operation": "operacion"}[last], ascending: last == "operation", number: last == "units", wide: true}}
	if t.share.plain {
		columns = slices.Concat(columns[:1], []column{{word: t.share.word, by: "cifra", number: true}}, columns[4:])
	}
	if t.narrow {
		columns = columns[:len(columns)-1]
	}
	out := &ui.Table{ID: t.id, Dense: true}
	for _, c := range columns {
		out.Columns = append(out.Columns, t.heading(c))
	}
	for _, r := range rows {
		out.RowIDs = append(out.RowIDs, "e"+r.key)
		cells := t.share.cells(r, last)
		if t.narrow {
			if r.operation != "open" {
				cells[0].Small = cells[len(cells)-1].Text
			}
			cells = cells[:len(cells)-1]
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// heading is the heading of a column. It leads to the table sorted by it, and where it is, to the other direction.
func (t placeTable) heading(c column) ui.Column {
	label := c.word
	if label != "%" {
		label = words.Say(label)
	}
	out := ui.Column{Label: label, Number: c.number, WideOnly: c.wide}
	if t.by == nil {
		return out
	}
	here := t.sort.by == c.by
	q := t.by.Query()
	q.Set("orden", sorting{c.by, here && !t.sort.back}.String())
	out.Href = t.by.Path + "?" + q.Encode() + "#" + t.id
	if here {
		out.Sorted = map[bool]string{true: "ascending", false: "descending"}[c.ascending != t.sort.back]
	}
	return out
}

// cells are a place's cells. Each number opens: to its definition and to what it counts.
func (s share) cells(r row, last string) []ui.Cell {
	part, whole, has := s.of(r.status)
	surveyed := ui.Cell{Text: words.Say("part_of_short", number(int64(r.status.Units)-int64(r.status.NotSurveyed)), number(int64(r.status.Units))), Href: link("levantadas", r.place)}
	cells := []ui.Cell{{Text: r.name, Href: r.href}, {Text: "—"}, {Text: words.Say("not_surveyed")}, {Text: number(r.status.Figures.Orders.Open), Href: link("ordenes", r.place)}, surveyed}
	switch class := s.class(r.status); {
	case !r.known:
		cells[2], cells[3], cells[4] = ui.Cell{Text: words.Say("no_answer")}, ui.Cell{Text: "—"}, ui.Cell{Text: "—"}
	case strings.HasPrefix(r.place, "state:") && r.status.Units == 0:
		cells[2], cells[4] = ui.Cell{Text: words.Say("without_units")}, ui.Cell{Text: "—"}
		if s.plain {
			cells[1].Text = number(part)
		}
	case s.plain:
		cells[1] = ui.Cell{Text: number(part), Strong: true, Href: link(s.key, r.place)}
	case has && whole > 0:
		cells[1], cells[2] = ui.Cell{Text: ui.Percent(part, whole), Strong: true}, ui.Cell{Text: words.Say("part_of_short", number(part), number(whole)), Href: link(s.key, r.place)}
		if class > 0 && r.place != "nation" {
			cells[1].Key = "m" + ui.Number(class)
		}
	}
	if last == "operation" {
		cells[4] = ui.Cell{Text: record.Label("unit_state", r.operation), Nowrap: true}
	}
	if s.plain {
		cells = slices.Concat(cells[:2], cells[4:])
	}
	return cells
}
