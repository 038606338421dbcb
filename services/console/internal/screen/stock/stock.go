// Package stock shows what is kept by quantity: of an office, a state or a unit, which kinds there are, where and how many of each.
package stock

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/history"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	here     = "/existencias"
	pageSize = 50
)

// Screens are the screens of stock.
func Screens() []screen.Screen { return []screen.Screen{{Pattern: here, Show: list}} }

// item is a line of a unit's stock sheet.
type item struct {
	ID string `json:"id"`
	record.Place
	TypeKey   string    `json:"type_key"`
	Quantity  int       `json:"quantity"`
	UpdatedAt time.Time `json:"updated_at"`
}

// Whole says that it is the document: what a service answers else is none.
func (i *item) Whole() bool { return i.ID != "" }

type view struct {
	Heading     ui.PageHeading
	Open        bool
	Hidden      []ui.Sent
	Type        ui.Picker
	Table       *ui.Table
	Empty       *ui.Emptiness
	Next, First string
}

// placeOf is the place whose stock an address asks for, as in a grant: its office, else its unit, else the first place of whoever asks that has
// figures; and the address of that place.
func placeOf(r *screen.Request) (place, address string) {
	q := r.URL.Query()
	switch {
	case q.Get("unit_id") != "":
		return "unit:" + q.Get("unit_id"), "/unidad/" + url.PathEscape(q.Get("unit_id"))
	case q.Get("office") != "":
		return "office:" + q.Get("office"), "/oficina/" + url.PathEscape(q.Get("office"))
	}
	for _, g := range r.Who.Grants {
		switch g.Kind() {
		case "nation":
			return g.Place, "/nacion"
		case "state": // the API narrows a list to it
			return g.Place, "/entidad/" + url.PathEscape(g.Key())
		case "office":
			return g.Place, "/oficina/" + url.PathEscape(g.Key())
		case "unit":
			return g.Place, "/unidad/" + url.PathEscape(g.Key())
		}
	}
	return "", ""
}

func list(r *screen.Request) (screen.Page, error) {
	place, above := placeOf(r)
	name, err := called(r, place)
	if err != nil {
		return screen.Page{}, err
	}
	q, filter := r.URL.Query(), url.Values{}
	for _, by := range []string{"unit_id", "office", "type_key"} {
		if q.Get(by) != "" {
			filter.Set(by, q.Get(by))
		}
	}
	asked := url.Values{}
	for by, values := range filter {
		asked[by] = values
	}
	if kind, key := cut(place); kind == "office" || kind == "unit" {
		asked.Set(map[string]string{"office": "office", "unit": "unit_id"}[kind], key)
	}
	page, err := record.List[item](r.Context(), r.API, "/v1/stock", asked, pageSize, q.Get("cursor"))
	if err != nil {
		return screen.Page{}, err
	}
	v := view{Heading: ui.PageHeading{Back: &ui.Link{Href: above, Text: name}, Title: words.Say("title")}, Open: filter.Get("type_key") != ""}
	names := record.NamesFor(r)
	v.form(names, filter)
	paged := page.Next != "" || q.Get("cursor") != ""
	if len(page.Items) > 0 {
		v.Table = table(r, names, page.Items)
	} else {
		v.Empty = &ui.Emptiness{Title: words.Say("none"), Text: words.Say("none_text")}
		if v.Open {
			v.Empty = &ui.Emptiness{Title: words.Say("none_filter"), Action: &ui.Link{Href: address(filter, "type_key", ""), Text: words.Say("no_filter")}, Quiet: true}
		}
	}
	if len(page.Items) > 1 {
		v.Heading.Lines = []string{words.Say(map[bool]string{true: "order_page", false: "order"}[paged])}
	}
	if page.Next != "" {
		v.Next = address(filter, "cursor", page.Next)
	}
	if q.Get("cursor") != "" {
		v.First = address(filter, "cursor", "")
	}
	return screen.Page{Title: words.Say("title"), Body: body(v)}, nil
}

// called is the name of a place that whoever asks may see; of another there is none. A list narrows in silence, so that it is asked for first.
func called(r *screen.Request, place string) (string, error) {
	if kind, key := cut(place); kind == "unit" { // which more people see than its figures
		var u record.Unit
		_, err := r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(key), &u)
		return u.Name, err
	}
	s, ok, err := record.StatusOf(r.Context(), r.API, place)
	switch {
	case !ok:
		return "", &api.Problem{Status: http.StatusNotFound}
	case place == "nation": // whose name is also that of a state
		return screen.In(place), err
	}
	return cmp.Or(s.Name, screen.In(place)), err
}

func cut(place string) (kind, key string) {
	g := screen.Grant{Place: place}
	return g.Kind(), g.Key()
}

// Of is where the stock of a place is listed; "" of a place that the list has no filter for.
func Of(place string) string {
	switch kind, key := cut(place); kind {
	case "office":
		return here + "?" + url.Values{"office": {key}}.Encode()
	case "unit":
		return here + "?" + url.Values{"unit_id": {key}}.Encode()
	}
	return ""
}

func address(filter url.Values, name, value string) string {
	out := url.Values{}
	for n, values := range filter {
		if n != name {
			out[n] = values
		}
	}
	if value != "" {
		out.Set(name, value)
	}
	if len(out) == 0 {
		return here
	}
	return here + "?" + out.Encode()
}

// form is the form of the filter by type.
func (v *view) form(names *record.Names, filter url.Values) {
	for _, name := range []string{"unit_id", "office"} {
		if filter.Get(name) != "" {
			v.Hidden = append(v.Hidden, ui.Sent{Name: name, Value: filter.Get(name)})
		}
	}
	g := ui.Group{}
	for key, t := range names.Types() {
		g.Options = append(g.Options, ui.Option{Value: key, Label: t.NameES})
	}
	slices.SortFunc(g.Options, func(a, b ui.Option) int { return cmp.Compare(mx.NameKey(a.Label), mx.NameKey(b.Label)) })
	v.Type = ui.Picker{Name: "type_key", Label: words.Say("type"), Empty: words.Say("any_type"), Value: filter.Get("type_key"), Groups: []ui.Group{g}}
}

// table is the lines by what they are of, and of one kind by their units.
func table(r *screen.Request, names *record.Names, items []item) *ui.Table {
	var units []string
	for _, i := range items {
		units = append(units, i.UnitID)
	}
	names.Units(units)
	slices.SortStableFunc(items, func(a, b item) int {
		return cmp.Or(cmp.Compare(mx.NameKey(names.TypeName(a.TypeKey)), mx.NameKey(names.TypeName(b.TypeKey))), cmp.Compare(mx.NameKey(names.UnitName(a.UnitID)), mx.NameKey(names.UnitName(b.UnitID))))
	})
	t := &ui.Table{ID: "lista", Label: words.Say("title"), Cards: true, Columns: []ui.Column{{Label: words.Say("what")}, {Label: words.Say("unit")}, {Label: words.Say("quantity"), Number: true}, {Label: words.Say("changed")}}}
	for _, i := range items {
		t.Rows = append(t.Rows, []ui.Cell{{Text: names.TypeName(i.TypeKey), Href: history.Of("existencias", i.ID)}, {Text: names.UnitName(i.UnitID)}, {Text: ui.Number(i.Quantity), Label: words.Say("quantity"), Strong: true},
			{Text: record.ClockAt(r, i.TimeZone).Near(i.UpdatedAt), Label: words.Say("changed"), Nowrap: true}})
	}
	return t
}
