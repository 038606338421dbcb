package asset

import (
	"cmp"
	"net/url"
	"slices"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const pageSize = 50

// carried are the filters that the list's address may name.
var carried = []string{"unit_id", "type_key", "functioning", "lifecycle", "delivery_id", "serial_number", "inventory_tag", "discrepancy"}

type listView struct {
	Heading     ui.PageHeading
	Filters     []ui.Filter
	Hidden      []ui.Sent
	Type        ui.Picker
	Tag         ui.Field
	Open        bool
	Table       *ui.Table
	Empty       *ui.Emptiness
	Next, First string
	// Register leads to the form that registers a thing; "" where that is not offered.
	Register string
}

func list(r *screen.Request) (screen.Page, error) {
	q := r.URL.Query()
	filter := url.Values{}
	for _, name := range carried {
		for _, v := range q[name] {
			if v != "" {
				filter.Add(name, v)
			}
		}
	}
	page, err := record.List[record.Asset](r.Context(), r.API, "/v1/assets", filter, pageSize, q.Get("cursor"))
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	v := listView{Heading: ui.PageHeading{Title: words.Say("list")}, Filters: filters(filter), Open: filter.Get("type_key")+filter.Get("inventory_tag") != ""}
	if unit := filter.Get("unit_id"); unit != "" {
		v.Heading.Where = names.UnitName(unit)
		v.Heading.Back = &ui.Link{Href: "/unidad/" + url.PathEscape(unit), Text: v.Heading.Where}
	}
	v.form(names, filter)
	if registers(r) {
		v.Register = "/equipos/nuevo?" + url.Values{"unit_id": {filter.Get("unit_id")}}.Encode()
	}
	if len(page.Items) > 0 {
		v.Table = table(names, page.Items)
	} else {
		v.Empty = &ui.Emptiness{Title: words.Say("none")}
		if len(filter) > 0 {
			v.Empty = &ui.Emptiness{Title: emptyTitle(filter), Action: &ui.Link{Href: "/equipos", Text: words.Say("no_filter")}, Quiet: true}
		}
	}
	if page.Next != "" {
		v.Next = address(filter, "cursor", page.Next)
	}
	if q.Get("cursor") != "" {
		v.First = address(filter, "cursor", "")
	}
	return screen.Page{Title: words.Say("list"), Body: listBody(v)}, nil
}

// emptyTitle names the filter that left nothing.
func emptyTitle(filter url.Values) string {
	switch {
	case filter.Get("functioning") != "":
		return words.Say("none_that", record.Label("functioning", filter.Get("functioning")))
	case filter.Get("lifecycle") != "":
		return words.Say("none_that", record.Label("asset_lifecycle", filter.Get("lifecycle")))
	}
	return words.Say("none_filter")
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
		return "/equipos"
	}
	return "/equipos?" + out.Encode()
}

func filters(filter url.Values) []ui.Filter {
	none := url.Values{}
	for n, v := range filter {
		if n != "functioning" && n != "lifecycle" {
			none[n] = v
		}
	}
	out := []ui.Filter{{Href: address(none, "", ""), Text: words.Say("all"), Here: filter.Get("functioning")+filter.Get("lifecycle") == ""}}
	for _, f := range []struct{ name, value string }{{"functioning", "not_working"}, {"functioning", "limited"}, {"functioning", "unknown"}, {"lifecycle", "draft"}, {"lifecycle", "retired"}} {
		vocabulary := f.name
		if f.name == "lifecycle" {
			vocabulary = "asset_lifecycle"
		}
		out = append(out, ui.Filter{Href: address(none, f.name, f.value), Text: record.Label(vocabulary, f.value), Here: filter.Get(f.name) == f.value})
	}
	return out
}

// form is the form of further filters: type and tag.
func (v *listView) form(names *record.Names, filter url.Values) {
	for _, name := range []string{"unit_id", "functioning", "lifecycle", "discrepancy", "delivery_id"} {
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
	v.Tag = ui.Field{Name: "inventory_tag", Label: words.Say("tag"), Value: filter.Get("inventory_tag"), Max: 60}
}

func table(names *record.Names, assets []record.Asset) *ui.Table {
	t := &ui.Table{ID: "lista", Cards: true, Rows: make([][]ui.Cell, len(assets)),
		Columns: []ui.Column{{Label: words.Say("col_what")}, {Label: words.Say("col_where")}, {Label: words.Say("tag")}, {Label: words.Say("col_state")}, {Label: words.Say("col_orders"), Number: true}}}
	var units []string
	for _, a := range assets {
		units = append(units, a.UnitID)
	}
	names.Units(units)
	record.Each(len(assets), func(i int) {
		a := assets[i]
		u, _ := names.Unit(a.UnitID)
		tag := ui.Cell{Text: a.InventoryTag, Label: words.Say("tag")}
		if tag.Text == "" {
			tag = ui.Cell{Text: cmp.Or(a.SerialNumber, words.Say("no_tag")), Label: words.Say("tag")}
		}
		t.Rows[i] = []ui.Cell{{Text: names.TypeName(a.TypeKey), Href: "/equipos/" + url.PathEscape(a.ID), Small: cmp.Or(join(a.Brand, a.Model), "")},
			{Text: cmp.Or(u.Name, a.UnitID), Small: u.AreaPath(a.AreaID)}, tag, {Badges: badges(a)}, {Text: ui.Number(len(a.Orders)), Label: words.Say("col_orders")}}
	})
	return t
}

func join(parts ...string) string {
	out := ""
	for _, p := range filled(parts...) {
		if out != "" {
			out += " "
		}
		out += p
	}
	return out
}
