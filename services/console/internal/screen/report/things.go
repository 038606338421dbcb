// Package report is how somebody says that something fails: which thing, what happens and what stops, and sending it; and what became of it.
package report

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

// Screens are the screens of reports, for those who report: to others the addresses do not exist.
func Screens() []screen.Screen {
	all := []screen.Screen{
		{Pattern: "/reportar", Show: things},
		{Pattern: "/reportar/que-pasa", Show: what, Do: send},
		{Pattern: "/reportes", Show: mine},
	}
	for i := range all {
		all[i] = all[i].For(reporters...)
	}
	return all
}

// reporters are the roles that report, as work_order.request has them (a test holds it against the answers of the service).
var reporters = []string{"requester", "unit_director", "biomedical_engineer", "office_administrator"}

// Offered says whether somebody may report what is at one of these places: nobody is led through a form that he cannot send.
func Offered(who screen.Who, places []string) bool { return who.Reaches(places, reporters...) }

// within refuses the form about a unit to whoever reports elsewhere only.
func within(r *screen.Request, u record.Unit) error {
	if !Offered(r.Who, u.Scopes()) {
		return act.Nowhere()
	}
	return nil
}

// listed bounds the things that the first step shows at once.
const listed = 200

type thingsView struct {
	Heading ui.PageHeading
	Q, Unit string
	Groups  []group
	Empty   *ui.Emptiness
	More    string
	// Others are what is no thing of the register.
	Others []ui.Row
	Units  []ui.Row
}

type group struct {
	Name string
	Rows []ui.Row
}

// unitOf is the unit that the report is about: the address's, or else the only one of whoever asks.
func unitOf(r *screen.Request) string {
	if unit := r.URL.Query().Get("unit_id"); unit != "" {
		return unit
	}
	var units []string
	for _, g := range r.Who.Grants {
		if g.Kind() == "unit" && !slices.Contains(units, g.Key()) {
			units = append(units, g.Key())
		}
	}
	if len(units) == 1 {
		return units[0]
	}
	return ""
}

// things is the first step: which thing. As one types, htmx asks for the list alone; without it the button sends the same question.
func things(r *screen.Request) (screen.Page, error) {
	unit := unitOf(r)
	if unit == "" {
		return units(r)
	}
	names := record.NamesFor(r)
	u, ok := names.Unit(unit)
	if !ok {
		var err error
		if _, err = r.API.Get(r.Context(), "/v1/units/"+url.PathEscape(unit), &u); err != nil {
			return screen.Page{}, err
		}
	}
	if err := within(r, u); err != nil {
		return screen.Page{}, err
	}
	v := thingsView{Heading: ui.PageHeading{Where: u.Name, Title: words.Say("which")}, Q: strings.TrimSpace(r.URL.Query().Get("q")), Unit: unit}
	assets, more, err := find(r, names, u, v.Q)
	if err != nil {
		return screen.Page{}, err
	}
	v.Groups = grouped(names, u, assets)
	if more {
		v.More = words.Say("more_things", ui.Number(listed))
	}
	if len(assets) == 0 {
		v.Empty = &ui.Emptiness{Title: words.Say("no_things")}
		if v.Q != "" {
			v.Empty = &ui.Emptiness{Title: words.Say("no_match", record.Excerpt(v.Q, 60)), Text: words.Say("no_match_text"), Action: &ui.Link{Href: "/reportar?" + url.Values{"unit_id": {unit}}.Encode(), Text: words.Say("all_things")}, Quiet: true}
		}
	}
	to := func(q url.Values) string { q.Set("unit_id", unit); return "/reportar/que-pasa?" + q.Encode() }
	v.Others = []ui.Row{{Href: to(url.Values{"kind": {"area_element"}}), Title: words.Say("building"), Lines: []string{words.Say("building_text")}},
		{Href: to(url.Values{"kind": {"unit"}}), Title: words.Say("not_listed"), Lines: []string{words.Say("not_listed_text")}}}
	return screen.Page{Title: words.Say("title_1"), Form: true, Body: thingsBody(v), Part: thingsList(v)}, nil
}

// units is asked of whoever reports for several: in which one.
func units(r *screen.Request) (screen.Page, error) {
	all, _, err := record.All[record.Unit](r.Context(), r.API, "/v1/units", nil, 400)
	if err != nil {
		return screen.Page{}, err
	}
	v := thingsView{Heading: ui.PageHeading{Title: words.Say("which_unit")}}
	slices.SortFunc(all, func(a, b record.Unit) int { return cmp.Compare(mx.NameKey(a.Name), mx.NameKey(b.Name)) })
	for _, u := range all {
		if u.OperationState != "closed" && within(r, u) == nil {
			v.Units = append(v.Units, ui.Row{Href: "/reportar?" + url.Values{"unit_id": {u.ID}}.Encode(), Title: u.Name, Lines: []string{u.Municipality}})
		}
	}
	return screen.Page{Title: words.Say("title_1"), Form: true, Body: unitsBody(v)}, nil
}

// find are the unit's things: all of them, or those whose type, tag, serial number or area is what somebody typed.
func find(r *screen.Request, names *record.Names, u record.Unit, q string) (found []record.Asset, more bool, err error) {
	here := url.Values{"unit_id": {u.ID}, "lifecycle": {"draft", "active"}}
	if q == "" {
		return record.All[record.Asset](r.Context(), r.API, "/v1/assets", here, listed)
	}
	ask := func(name string, values ...string) {
		if err != nil || len(values) == 0 {
			return
		}
		filter := url.Values{name: values}
		for n, v := range here {
			filter[n] = v
		}
		var some []record.Asset
		var rest bool
		some, rest, err = record.All[record.Asset](r.Context(), r.API, "/v1/assets", filter, listed)
		more = more || rest
		for _, a := range some {
			if !slices.ContainsFunc(found, func(o record.Asset) bool { return o.ID == a.ID }) {
				found = append(found, a)
			}
		}
	}
	ask("type_key", matching(names, q)...)
	if mx.Key(q) != "" {
		ask("inventory_tag", q)
		ask("serial_number", q)
	}
	if err != nil {
		return nil, false, err
	}
	all, _, err := record.All[record.Asset](r.Context(), r.API, "/v1/assets", here, listed)
	for _, a := range all {
		if record.Contains(u.AreaPath(a.AreaID), q) && !slices.ContainsFunc(found, func(o record.Asset) bool { return o.ID == a.ID }) {
			found = append(found, a)
		}
	}
	return found, more, err
}

// maxTypes bounds the types that are asked for at once.
const maxTypes = 40

// matching are the keys of the types whose name has all the words that somebody typed.
func matching(names *record.Names, q string) []string {
	var keys []string
	for key, t := range names.Types() {
		if record.Contains(t.NameES, q) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys[:min(len(keys), maxTypes)]
}

// grouped are the things by area, in the order of the areas' names.
func grouped(names *record.Names, u record.Unit, assets []record.Asset) []group {
	byArea := map[string][]ui.Row{}
	for _, a := range assets {
		area := u.AreaPath(a.AreaID)
		row := ui.Row{Href: "/reportar/que-pasa?" + url.Values{"asset_id": {a.ID}}.Encode(), Title: names.TypeName(a.TypeKey), Lines: []string{tagOf(a)}}
		if a.Functioning.Value == "not_working" || a.Functioning.Value == "limited" {
			row.Badges = []ui.Badge{record.Badge("functioning", a.Functioning.Value)}
		}
		byArea[area] = append(byArea[area], row)
	}
	var out []group
	for area, rows := range byArea {
		slices.SortFunc(rows, func(a, b ui.Row) int {
			return cmp.Or(cmp.Compare(mx.NameKey(a.Title), mx.NameKey(b.Title)), cmp.Compare(a.Lines[0], b.Lines[0]))
		})
		out = append(out, group{cmp.Or(area, words.Say("no_area")), rows})
	}
	slices.SortFunc(out, func(a, b group) int { return cmp.Compare(mx.NameKey(a.Name), mx.NameKey(b.Name)) })
	return out
}

// tagOf is what tells a thing from others of its type.
func tagOf(a record.Asset) string {
	switch {
	case a.InventoryTag != "":
		return a.InventoryTag
	case a.SerialNumber != "":
		return words.Say("serial", a.SerialNumber)
	}
	return words.Say("no_tag")
}
