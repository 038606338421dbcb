// Package choose asks which unit something is about, where a form needs one before the rest can be asked.
package choose

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

var words = ui.Words(mx.Define("screen_choose", mx.Words{
	{"which_unit", "¿En qué unidad?", "At which unit?"},
	{"search", "Busque la unidad por su nombre, clave o municipio", "Find the unit by its name, key or municipality"},
	{"search_button", "Buscar la unidad", "Find the unit"},
	{"none", "Ninguna unidad con esas palabras", "No unit with those words"},
	{"none_text", "Revise cómo está escrito. Sólo se muestran las unidades de su alcance que no están cerradas.", "Look at the spelling. Only units in your scope that are not closed are shown."},
	{"all", "Ver todas las unidades", "See all units"},
	{"more", "Hay más de %s. Escriba parte del nombre para encontrar las demás.", "There are more than %s. Type part of the name to find the others."},
}))

const (
	// known bounds the units that are read, shown those that are drawn.
	known = 2000
	shown = 60
)

// view is the question, and what of the units meets what was typed.
type view struct {
	Heading ui.PageHeading
	Path, Q string
	// Sent is carried along in the address.
	Sent  []ui.Sent
	Rows  []ui.Row
	Empty *ui.Emptiness
	More  string
}

// Units are the units that whoever asks may see and that are not closed, by name.
func Units(r *screen.Request, filter url.Values) ([]record.Unit, error) {
	all, _, err := record.All[record.Unit](r.Context(), r.API, "/v1/units", filter, known)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(u record.Unit) bool { return u.OperationState == "closed" })
	slices.SortFunc(all, func(a, b record.Unit) int { return cmp.Compare(mx.NameKey(a.Name), mx.NameKey(b.Name)) })
	return all, nil
}

// Unit is the page that asks which unit. Each row leads to the same address with unit_id set. The list narrows as one types, and by its button
// without JavaScript.
func Unit(r *screen.Request, back ui.Link, title string) (screen.Page, error) {
	units, err := Units(r, nil)
	if err != nil {
		return screen.Page{}, err
	}
	q := r.URL.Query()
	v := view{Heading: ui.PageHeading{Back: &back, Where: title, Title: words.Say("which_unit")}, Path: r.URL.Path, Q: strings.TrimSpace(q.Get("q"))}
	q.Del("q")
	for name, values := range q {
		for _, value := range values {
			v.Sent = append(v.Sent, ui.Sent{Name: name, Value: value})
		}
	}
	for _, u := range units {
		if v.Q != "" && !record.Contains(strings.Join([]string{u.Name, u.ID, u.CLUES, u.Municipality}, " "), v.Q) {
			continue
		}
		if len(v.Rows) == shown {
			v.More = words.Say("more", ui.Number(shown))
			break
		}
		q.Set("unit_id", u.ID)
		row := ui.Row{Href: r.URL.Path + "?" + q.Encode(), Title: u.Name}
		if u.Municipality != "" {
			row.Lines = []string{u.Municipality}
		}
		v.Rows = append(v.Rows, row)
	}
	if len(v.Rows) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("none"), Text: words.Say("none_text"), Quiet: true}
		if v.Q != "" {
			v.Empty.Action = &ui.Link{Href: r.URL.Path, Text: words.Say("all")}
		}
	}
	return screen.Page{Title: title, Form: true, Body: body(v), Part: list(v)}, nil
}
