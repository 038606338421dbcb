// Package person is the administrator's directory: who is known, one person, and what an administrator says, erases and takes back.
package person

import (
	"net/url"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	here      = "/personas"
	documents = "/v1/people/"
)

// Screens are the screens of people, for those who keep the directory: others look people up where a document names them.
func Screens() []screen.Screen {
	all := append([]screen.Screen{{Pattern: here, Show: list}, {Pattern: here + "/{id}", Show: show}}, family.Screens()...)
	for i := range all {
		all[i] = all[i].For("admin")
	}
	return all
}

type field = act.Field[record.Person]

// family are the operations of an administrator on a person.
var family = act.Family[record.Person]{Base: here + "/", API: documents, Words: words,
	Allowed: func(p record.Person) record.Allowed { return p.Allowed }, Zone: func(record.Person) string { return "" },
	Heading: func(_ *screen.Request, names *record.Names, p record.Person) ui.PageHeading {
		return ui.PageHeading{Where: strings.Join(record.Filled(p.Post, names.Where(p)), " · "), Title: called(p)}
	},
	State: func(p record.Person) string {
		return strings.Join(record.Filled(called(p), p.Stated.Post, p.Stated.UnitID, p.Stated.Office), ", ")
	},
	Actions: []act.Action[record.Person]{
		{Op: "person.change", Verb: "cambiar", Fields: []field{
			{Name: "name", Kind: act.Line, Max: 200, Value: func(p record.Person) string { return p.Stated.Name }},
			{Name: "post", Kind: act.Line, Max: 200, Value: func(p record.Person) string { return p.Stated.Post }},
			{Name: "unit_id", Kind: act.Line, Max: 40, Value: func(p record.Person) string { return p.Stated.UnitID }},
			{Name: "office", Kind: act.Pick, Value: func(p record.Person) string { return p.Stated.Office }, Options: func(*screen.Request, record.Person) ([]ui.Group, error) {
				return []ui.Group{{Options: append([]ui.Option{{Label: words.Say("no_office")}}, offices()...)}}, nil
			}},
		}},
		{Op: "person.erase", Path: "erase", Verb: "eliminar", Danger: true, Confirm: true},
		{Op: "person.readmit", Path: "readmit", Verb: "readmitir", Confirm: true},
	}}

// called is how the person is called; of whom nothing is known the subject stands for the name.
func called(p record.Person) string {
	if p.Name != "" {
		return p.Name
	}
	return words.Say("nameless", p.ID)
}

func offices() (out []ui.Option) {
	for _, o := range mx.Offices() {
		out = append(out, ui.Option{Value: o.Key, Label: o.Name})
	}
	return out
}

type view struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Erased  bool
	Facts   []ui.Fact
	Grants  []ui.Fact
	Buttons []act.Button
}

func show(r *screen.Request) (screen.Page, error) {
	var p record.Person
	m, err := r.API.Get(r.Context(), documents+url.PathEscape(r.PathValue("id")), &p)
	if err != nil {
		return screen.Page{}, err
	}
	names := record.NamesFor(r)
	v := view{Heading: family.Heading(r, names, p), Done: family.Done(r), Erased: p.Erased, Buttons: family.Buttons(r, p.ID, m.Version, p)}
	v.Heading.Back = &ui.Link{Href: here, Text: words.Say("list")}
	add := func(key, value, small string) {
		if value != "" {
			v.Facts = append(v.Facts, ui.Fact{Label: words.Say(key), Value: value, Small: small, Folio: key == "subject"})
		}
	}
	said := func(stated string) string {
		if stated != "" {
			return words.Say("stated")
		}
		return words.Say("told")
	}
	if !p.Erased {
		add("field_name", p.Name, said(p.Stated.Name))
		add("field_post", p.Post, said(p.Stated.Post))
		add("where", names.Where(p), said(p.Stated.UnitID+p.Stated.Office))
		add("telephone", p.Telephone, "")
		add("language", record.Label("language", p.Language), "")
		add("seen_on", record.Reader(r).Date(p.SeenOn), "")
	}
	add("subject", p.ID, "")
	for _, g := range p.Grants {
		role, place, _ := strings.Cut(g, "@")
		v.Grants = append(v.Grants, ui.Fact{Label: record.Label("role", role), Value: names.In(place)})
	}
	return screen.Page{Title: v.Heading.Title, Body: body(v)}, nil
}
