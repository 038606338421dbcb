package person

import (
	"cmp"
	"net/url"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	pageSize = 50
	// looked bounds the people whose names are looked through, found those that are shown of them.
	looked = 2000
	found  = 50
	// longest is how much of a name is looked for.
	longest = 80
)

// byName is the filter by name: the directory finds by role and place, the console looks through the names.
const byName = "nombre"

type listView struct {
	Heading      ui.PageHeading
	Role, Office ui.Picker
	Unit, Name   ui.Field
	Open         bool
	Table        *ui.Table
	Empty        *ui.Emptiness
	// More says that not everybody was looked at.
	More        string
	Next, First string
}

func list(r *screen.Request) (screen.Page, error) {
	q, filter := r.URL.Query(), url.Values{}
	for _, name := range []string{"role", "office", "unit_id"} {
		if v := strings.TrimSpace(q.Get(name)); v != "" {
			filter.Set(name, v)
		}
	}
	name := []rune(strings.TrimSpace(q.Get(byName)))
	v := listView{Heading: ui.PageHeading{Title: words.Say("list"), Lines: []string{words.Say("list_lead")}}, Open: len(filter)+len(name) > 0}
	v.form(filter, string(name[:min(len(name), longest)]))
	people, err := v.read(r, filter)
	if err != nil {
		return screen.Page{}, err
	}
	if len(people) > 0 {
		v.Table = table(r, people)
	} else {
		v.Empty = &ui.Emptiness{Title: words.Say("none"), Text: words.Say("none_text")}
		if v.Open {
			v.Empty = &ui.Emptiness{Title: words.Say("none_filter"), Action: &ui.Link{Href: here, Text: words.Say("no_filter")}, Quiet: true}
		}
	}
	return screen.Page{Title: words.Say("list"), Body: listBody(v)}, nil
}

// read are the people of the page.
func (v *listView) read(r *screen.Request, filter url.Values) ([]record.Person, error) {
	if v.Name.Value == "" {
		page, err := record.List[record.Person](r.Context(), r.API, "/v1/people", filter, pageSize, r.URL.Query().Get("cursor"))
		if page.Next != "" {
			v.Next = address(filter, page.Next)
		}
		if r.URL.Query().Get("cursor") != "" {
			v.First = address(filter, "")
		}
		return page.Items, err
	}
	all, more, err := record.All[record.Person](r.Context(), r.API, "/v1/people", filter, looked)
	var out []record.Person
	for _, p := range all {
		if !record.Contains(p.Name+" "+p.Post, v.Name.Value) {
			continue
		}
		if len(out) == found {
			v.More = words.Say("more_found", found)
			return out, err
		}
		out = append(out, p)
	}
	if more {
		v.More = words.Say("more_people", ui.Number(looked))
	}
	return out, err
}

func address(filter url.Values, cursor string) string {
	out := url.Values{}
	for name, values := range filter {
		out[name] = values
	}
	if cursor != "" {
		out.Set("cursor", cursor)
	}
	if len(out) == 0 {
		return here
	}
	return here + "?" + out.Encode()
}

func (v *listView) form(filter url.Values, name string) {
	v.Role = ui.Picker{Name: "role", Label: words.Say("role"), Empty: words.Say("any_role"), Value: filter.Get("role"), Groups: []ui.Group{{Options: record.Options("role")}}}
	v.Office = ui.Picker{Name: "office", Label: words.Say("field_office"), Empty: words.Say("any_office"), Value: filter.Get("office"), Groups: []ui.Group{{Options: offices()}}}
	v.Unit = ui.Field{Name: "unit_id", Label: words.Say("field_unit_id"), Value: filter.Get("unit_id"), Max: 40}
	v.Name = ui.Field{Name: byName, Label: words.Say("name_or_post"), Value: name, Max: longest}
}

func table(r *screen.Request, people []record.Person) *ui.Table {
	names := record.NamesFor(r)
	t := &ui.Table{ID: "lista", Cards: true, Rows: make([][]ui.Cell, len(people)),
		Columns: []ui.Column{{Label: words.Say("person")}, {Label: words.Say("role")}, {Label: words.Say("where")}, {Label: words.Say("seen_on")}}}
	record.Each(len(people), func(i int) {
		p := people[i]
		t.Rows[i] = []ui.Cell{{Text: called(p), Small: p.Post, Href: here + "/" + url.PathEscape(p.ID)}, {Text: strings.Join(roles(p), ", "), Label: words.Say("role")},
			{Text: cmp.Or(names.Where(p), words.Say("nowhere")), Label: words.Say("where")}, {Text: record.Reader(r).Date(p.SeenOn), Label: words.Say("seen_on"), Nowrap: true}}
	})
	return t
}

// roles are the person's, each once.
func roles(p record.Person) []string {
	var out []string
	seen := map[string]bool{}
	for _, g := range p.Grants {
		role, _, _ := strings.Cut(g, "@")
		if !seen[role] {
			seen[role] = true
			out = append(out, record.Label("role", role))
		}
	}
	return out
}
