// Package search finds what exists by what people know of it: a tag, a serial number, a delivery note, the number of a contract, the name of a
// unit or of a kind of equipment.
package search

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the search.
func Screens() []screen.Screen { return []screen.Screen{{Pattern: "/buscar", Show: show}} }

type view struct {
	Heading  ui.PageHeading
	Q        string
	Groups   []found
	Empty    *ui.Emptiness
	Failures []ui.Failure
}

// found are the hits of one kind.
type found struct {
	Name string
	Rows []ui.Row
}

const (
	// longest is how much of a question is looked at, most how many hits of a kind are shown.
	longest = 80
	most    = 20
	// units bounds the units whose names are looked through.
	units = 2000
)

func show(r *screen.Request) (screen.Page, error) {
	q := []rune(strings.TrimSpace(r.URL.Query().Get("q")))
	v := view{Heading: ui.PageHeading{Title: words.Say("title")}, Q: string(q[:min(len(q), longest)])}
	if mx.Key(v.Q) != "" {
		if err := v.find(r); err != nil {
			return screen.Page{}, err
		}
	}
	return screen.Page{Title: words.Say("title"), Body: body(v), Part: results(v)}, nil
}

// find asks for all kinds, several at once. What somebody may not see is not found; what cannot be asked is said.
func (v *view) find(r *screen.Request) error {
	names := record.NamesFor(r)
	kinds := []func() (found, error){
		func() (found, error) { return assets(r, names, "inventory_tag", v.Q) },
		func() (found, error) { return assets(r, names, "serial_number", v.Q) },
		func() (found, error) { return places(r, v.Q) },
		func() (found, error) { return types(names, v.Q), nil },
		func() (found, error) { return orders(r, names, v.Q) },
		func() (found, error) { return deliveries(r, names, v.Q) },
		func() (found, error) { return contracts(r, v.Q) },
	}
	all, errs := make([]found, len(kinds)), make([]error, len(kinds))
	record.Each(len(kinds), func(i int) { all[i], errs[i] = kinds[i]() })
	for i, f := range all {
		switch away := api.AwayOf(errs[i]); {
		case away != nil:
			v.Failures = append(v.Failures, *record.Missing(r, words.Say("away", f.Name), away))
		case api.ProblemOf(errs[i]).Hidden():
		case errs[i] != nil:
			return errs[i]
		case len(f.Rows) > 0:
			v.Groups = append(v.Groups, f)
		}
	}
	if len(v.Groups)+len(v.Failures) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("none", record.Excerpt(v.Q, 60)), Text: words.Say("none_text")}
	}
	return nil
}

func assets(r *screen.Request, names *record.Names, by, q string) (found, error) {
	f := found{Name: words.Say(by)}
	page, err := record.List[record.Asset](r.Context(), r.API, "/v1/assets", url.Values{by: {q}}, most, "")
	for _, a := range page.Items {
		u, _ := names.Unit(a.UnitID)
		row := ui.Row{Href: "/equipos/" + url.PathEscape(a.ID), Title: names.TypeName(a.TypeKey), Lines: []string{strings.Join(filled(a.InventoryTag, a.SerialNumber, u.Name), " · ")}}
		if a.Functioning.Value != "working" {
			row.Badges = []ui.Badge{record.Badge("functioning", a.Functioning.Value)}
		}
		f.Rows = append(f.Rows, row)
	}
	return f, err
}

func filled(parts ...string) []string {
	return slices.DeleteFunc(parts, func(s string) bool { return s == "" })
}

func places(r *screen.Request, q string) (found, error) {
	f := found{Name: words.Say("units")}
	all, _, err := record.All[record.Unit](r.Context(), r.API, "/v1/units", nil, units)
	slices.SortFunc(all, func(a, b record.Unit) int { return cmp.Compare(mx.NameKey(a.Name), mx.NameKey(b.Name)) })
	for _, u := range all {
		if len(f.Rows) < most && (record.Contains(u.Name+" "+u.Municipality, q) || mx.Key(u.ID) == mx.Key(q) || mx.Key(u.CLUES) == mx.Key(q)) {
			f.Rows = append(f.Rows, ui.Row{Href: "/unidad/" + url.PathEscape(u.ID), Title: u.Name, Lines: []string{strings.Join(filled(u.Locality, u.Municipality, u.ID), " · ")}})
		}
	}
	return f, err
}

func types(names *record.Names, q string) found {
	f := found{Name: words.Say("types")}
	for key, t := range names.Types() {
		if record.Contains(t.NameES, q) {
			f.Rows = append(f.Rows, ui.Row{Href: "/equipos?" + url.Values{"type_key": {key}}.Encode(), Title: t.NameES, Lines: []string{record.Label("equipment_category", t.Category)}})
		}
	}
	slices.SortFunc(f.Rows, func(a, b ui.Row) int { return cmp.Compare(mx.NameKey(a.Title), mx.NameKey(b.Title)) })
	f.Rows = f.Rows[:min(len(f.Rows), most)]
	return f
}

func orders(r *screen.Request, names *record.Names, q string) (found, error) {
	f := found{Name: words.Say("orders")}
	page, err := record.List[record.Order](r.Context(), r.API, "/v1/work-orders", url.Values{"folio": {strings.ToUpper(q)}}, most, "")
	names.Orders(page.Items)
	for _, o := range page.Items {
		thing, area := names.Thing(o)
		f.Rows = append(f.Rows, ui.Row{Href: "/ordenes/" + url.PathEscape(o.ID), Title: thing, Badges: []ui.Badge{record.Badge("order_state", o.State)}, Lines: []string{strings.Join(filled(o.Folio, area), " · ")}})
	}
	return f, err
}

func deliveries(r *screen.Request, names *record.Names, q string) (found, error) {
	f := found{Name: words.Say("deliveries")}
	page, err := record.List[record.Delivery](r.Context(), r.API, "/v1/deliveries", url.Values{"delivery_note": {q}}, most, "")
	for _, d := range page.Items {
		f.Rows = append(f.Rows, ui.Row{Href: "/entregas/" + url.PathEscape(d.ID), Title: words.Say("note", d.DeliveryNote), Badges: []ui.Badge{record.Badge("delivery_state", d.State)}, Lines: []string{names.Destination(d)}})
	}
	return f, err
}

func contracts(r *screen.Request, q string) (found, error) {
	f := found{Name: words.Say("contracts")}
	page, err := record.List[struct {
		ID     string `json:"id"`
		Number string `json:"number"`
		Name   string `json:"name"`
	}](r.Context(), r.API, "/v1/contracts", url.Values{"number": {q}}, most, "")
	for _, c := range page.Items {
		f.Rows = append(f.Rows, ui.Row{Href: "/contratos/" + url.PathEscape(c.ID), Title: c.Name, Lines: []string{c.Number}})
	}
	return f, err
}
