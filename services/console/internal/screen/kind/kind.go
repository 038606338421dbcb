// Package kind is the catalogue of equipment types: what kinds of things there are, and how each is kept track of.
package kind

import (
	"cmp"
	"net/url"
	"slices"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/act"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

const (
	here      = "/catalogo"
	documents = "/v1/equipment-types/"
	// looked bounds the types that are looked through, listed those that are shown, longest how much of a question is looked at.
	looked  = 2000
	listed  = 100
	longest = 80
	// shownFirst is how many entries of a history the page tells at first.
	shownFirst = 15
)

// Screens are the catalogue's. It is the nation's: it is added to by those who hold such a role there.
func Screens() []screen.Screen {
	return append([]screen.Screen{{Pattern: here, Show: list}, {Pattern: here + "/{id}", Show: show},
		family.Creates(append([]field{{Name: "key", Kind: act.Line, Max: 60, Required: true}}, facts...)...).At("nation", keepers...)}, family.Screens()...)
}

// keepers are offered to add a type.
var keepers = []string{"biomedical_engineer", "admin"}

type field = act.Field[record.Type]

// facts are what the catalogue says of a type.
var facts = []field{
	{Name: "name_es", Kind: act.Line, Max: 160, Required: true, Value: func(t record.Type) string { return t.NameES }},
	{Name: "name_en", Kind: act.Line, Max: 160, Value: func(t record.Type) string { return t.NameEN }},
	{Name: "category", Kind: act.Word, Vocabulary: "equipment_category", Required: true, Value: func(t record.Type) string { return t.Category }},
	{Name: "tracking", Kind: act.Word, Vocabulary: "tracking", Required: true, Value: func(t record.Type) string { return t.Tracking }},
	{Name: "risk_class", Kind: act.Word, Vocabulary: "risk_class", Value: func(t record.Type) string { return t.RiskClass }},
	{Name: "compendium_key", Kind: act.Line, Max: 12, Value: func(t record.Type) string { return t.CompendiumKey }},
}

// family are the operations on a type.
var family = act.Family[record.Type]{Base: here + "/", API: documents, Words: words,
	Allowed: func(t record.Type) record.Allowed { return t.Allowed }, Zone: func(record.Type) string { return "" },
	Heading: func(_ *screen.Request, _ *record.Names, t record.Type) ui.PageHeading {
		return ui.PageHeading{Where: record.Label("equipment_category", t.Category), Title: t.NameES}
	},
	State:   func(t record.Type) string { return t.NameES + ", " + record.Label("tracking", t.Tracking) },
	Actions: []act.Action[record.Type]{{Op: "equipment_type.change", Verb: "cambiar", Fields: facts}}}

type listView struct {
	Heading  ui.PageHeading
	Name     ui.Field
	Category string
	Filters  []ui.Filter
	Table    *ui.Table
	Empty    *ui.Emptiness
	More     string
	// Create leads to the form that adds a type; "" where that is not offered.
	Create string
}

func list(r *screen.Request) (screen.Page, error) {
	q := []rune(strings.TrimSpace(r.URL.Query().Get("q")))
	name, category := string(q[:min(len(q), longest)]), r.URL.Query().Get("category")
	filter := url.Values{}
	if category != "" {
		filter.Set("category", category)
	}
	all, more, err := record.All[record.Type](r.Context(), r.API, strings.TrimSuffix(documents, "/"), filter, looked)
	if err != nil {
		return screen.Page{}, err
	}
	if name != "" {
		all = slices.DeleteFunc(all, func(t record.Type) bool {
			return !record.Contains(t.NameES+" "+t.NameEN+" "+strings.ReplaceAll(t.Key, "_", " "), name)
		})
	}
	slices.SortFunc(all, func(a, b record.Type) int { return cmp.Compare(mx.NameKey(a.NameES), mx.NameKey(b.NameES)) })
	v := listView{Heading: ui.PageHeading{Title: words.Say("list"), Lines: []string{words.Count("n", len(all))}}, Category: category,
		Name: ui.Field{Name: "q", Label: words.Say("name"), Value: name, Max: longest}, Filters: categories(name, category)}
	switch {
	case len(all) > listed:
		v.More, all = words.Say("more_listed", listed), all[:listed]
	case more:
		v.More = words.Say("more_looked", ui.Number(looked))
	}
	if len(all) > 0 {
		v.Table = table(all)
	} else {
		v.Empty = &ui.Emptiness{Title: words.Say("none"), Action: &ui.Link{Href: here, Text: words.Say("no_filter")}, Quiet: true}
	}
	if r.Who.At("nation", keepers...) {
		v.Create = here + "/" + act.Creation
	}
	return screen.Page{Title: words.Say("list"), Body: listBody(v), Part: results(v)}, nil
}

// categories are the filters by category.
func categories(name, category string) []ui.Filter {
	to := func(value string) string {
		q := url.Values{}
		for key, v := range map[string]string{"q": name, "category": value} {
			if v != "" {
				q.Set(key, v)
			}
		}
		if len(q) == 0 {
			return here
		}
		return here + "?" + q.Encode()
	}
	out := []ui.Filter{{Href: to(""), Text: words.Say("all"), Here: category == ""}}
	for _, value := range record.Values("equipment_category") {
		out = append(out, ui.Filter{Href: to(value), Text: record.Label("equipment_category", value), Here: category == value})
	}
	return out
}

func table(all []record.Type) *ui.Table {
	t := &ui.Table{ID: "lista", Cards: true, Columns: []ui.Column{{Label: words.Say("type")}, {Label: words.Say("field_category")}, {Label: words.Say("field_tracking")}}}
	for _, x := range all {
		t.Rows = append(t.Rows, []ui.Cell{{Text: x.NameES, Href: here + "/" + url.PathEscape(x.ID)}, {Text: record.Label("equipment_category", x.Category), Label: words.Say("field_category")},
			{Text: record.Label("tracking", x.Tracking), Label: words.Say("field_tracking")}})
	}
	return t
}

type view struct {
	Heading ui.PageHeading
	Done    *ui.Note
	Facts   []ui.Fact
	Assets  string
	Buttons []act.Button
	Logbook record.Logbook
}

func show(r *screen.Request) (screen.Page, error) {
	var t record.Type
	m, err := r.API.Get(r.Context(), documents+url.PathEscape(r.PathValue("id")), &t)
	if err != nil {
		return screen.Page{}, err
	}
	v := view{Heading: family.Heading(r, nil, t), Done: family.Done(r), Assets: "/equipos?" + url.Values{"type_key": {t.Key}}.Encode(), Buttons: family.Buttons(r, t.ID, m.Version, t)}
	v.Heading.Back = &ui.Link{Href: here, Text: words.Say("list")}
	add := func(key, value string) {
		if value != "" {
			v.Facts = append(v.Facts, ui.Fact{Label: words.Say(key), Value: value})
		}
	}
	add("field_key", t.Key)
	add("field_name_en", t.NameEN)
	add("synonyms", strings.Join(t.Synonyms, ", "))
	add("field_tracking", record.Label("tracking", t.Tracking))
	add("field_risk_class", record.Label("risk_class", t.RiskClass))
	add("field_compendium_key", t.CompendiumKey)
	for _, c := range t.Codes {
		v.Facts = append(v.Facts, ui.Fact{Label: record.Label("code_system", c.System), Value: c.Code})
	}
	clock := record.Reader(r)
	add("created", clock.Full(t.CreatedAt))
	if v.Logbook, err = record.LogbookOf(r, clock, documents, t.ID, shownFirst, words.Say("history_away")); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: body(v)}, nil
}
