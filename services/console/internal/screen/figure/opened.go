package figure

import (
	"cmp"
	"net/url"
	"slices"
	"time"

	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// openedView is a figure with its definition and the rows that it counts.
type openedView struct {
	Heading    ui.PageHeading
	Value      string
	Parts      []ui.Count
	Definition string
	Facts      []ui.Fact
	RowsTitle  string
	// Order says in which order the rows are.
	Order   string
	Filters []ui.Filter
	Rows    []ui.Row
	Table   *ui.Table
	Empty   *ui.Emptiness
	// More says that not all places are shown; Next and First lead to the other rows.
	More, Next, First string
	Failure           *ui.Failure
}

// widest is the place of the figures of somebody who names none: the nation, or the first place of theirs that has figures.
func widest(who screen.Who) string {
	place := ""
	for _, g := range who.Grants {
		switch g.Kind() {
		case "nation":
			return g.Place
		case "office", "state", "unit":
			place = cmp.Or(place, g.Place)
		}
	}
	return cmp.Or(place, "nation")
}

func opened(r *screen.Request) (screen.Page, error) {
	all := slices.Concat(shares, plain)
	i := slices.IndexFunc(all, func(s share) bool { return s.key == r.PathValue("figure") })
	if i < 0 {
		return screen.Page{}, &api.Problem{Status: 404}
	}
	s, place := all[i], cmp.Or(r.URL.Query().Get("lugar"), widest(r.Who))
	st, ok, err := record.StatusOf(r.Context(), r.API, place)
	if !ok {
		return screen.Page{}, &api.Problem{Status: 404}
	}
	if err != nil {
		return screen.Page{}, err
	}
	name := cmp.Or(st.Name, screen.In(place))
	if place == "nation" { // whose name is also that of a state
		name = screen.In(place)
	}
	part, whole, known := s.of(st)
	v := openedView{Heading: ui.PageHeading{Back: &ui.Link{Href: addressOf(place), Text: name}, Where: name, Title: words.Say(s.word)}, Value: ui.Percent(part, whole),
		Definition: words.Say(s.word + "_definition")}
	switch {
	case !known:
		v.Value = words.Say("not_surveyed")
	case s.plain:
		v.Value = number(part)
	default:
		v.Parts = []ui.Count{{N: int(part), Text: words.Say(s.word + "_part"), Small: words.Say("numerator")}, {N: int(whole), Text: words.Say(s.word + "_whole"), Small: words.Say("denominator"), Total: true}}
	}
	v.facts(r, s, place, st)
	if err := v.list(r, s, place, st); err != nil {
		return screen.Page{}, err
	}
	return screen.Page{Title: v.Heading.Title, Body: openedBody(v)}, nil
}

// facts are n and what is not counted. Each number opens.
func (v *openedView) facts(r *screen.Request, s share, place string, st record.Status) {
	add := func(key string, counts ...ui.Link) {
		v.Facts = append(v.Facts, ui.Fact{Label: words.Say(key), Counts: counts})
	}
	to := func(key, figure, choice string, n int64) ui.Link { return counting(key, figure, place, choice, n) }
	if a := st.Figures.Assets; a != nil && !s.plain && s.key != "urgentes" {
		add("n_registered", to("n_all", "por-completar", both, a.Total))
		add("n_not_counted", to("n_draft", "por-completar", counted, a.Draft), to("n_retired", "dados-de-baja", counted, a.Retired))
		add("n_said", to("n_working", "funcionan", counted, a.Working), to("n_limited", "con-limitaciones", counted, a.Limited), to("n_not_working", "no-funciona", counted, a.NotWorking), to("n_unknown", "se-desconoce", counted, a.Unknown))
		add("n_apart", to("n_not_in_use", "sin-uso", counted, a.NotInUse), to("n_away", "fuera-de-su-unidad", counted, a.Away), to("n_quarantined", "en-cuarentena", counted, a.Quarantined))
	}
	if st.Units > 0 {
		add("n_units", to("n_units_all", "levantadas", both, int64(st.Units)), to("n_not_surveyed", "levantadas", notCounted, int64(st.NotSurveyed)), to("n_suspended", "suspendidas", counted, int64(st.Suspended)))
	}
	if !st.AsOf.IsZero() {
		v.Facts = append(v.Facts, ui.Fact{Label: words.Say("as_of"), Value: record.Reader(r).Full(st.AsOf)})
	}
}

// list is what the figure counts: in a unit the rows themselves, elsewhere the places that it is the sum of, and the rows of all of them for whoever
// chooses them.
func (v *openedView) list(r *screen.Request, s share, place string, st record.Status) error {
	kind, _, _ := cutPlace(place)
	choice := r.URL.Query().Get("ver")
	part, whole, _ := s.of(st)
	evidence := kind == "unit" && s.key == "levantadas" // what was ever registered, whatever became of it
	offered := []string{counted, notCounted, both}
	switch {
	case evidence:
		offered = nil
	case s.plain:
		offered = offered[:1]
	}
	if !slices.Contains(offered, choice) {
		choice = ""
	}
	if kind == "unit" && choice == "" {
		choice = counted
		if s.more && whole > part {
			choice = notCounted
		}
	}
	address := func(choice string, at position) string {
		q := url.Values{"lugar": {place}}
		for name, value := range map[string]string{"ver": choice, "unidades": at.units, "cursor": at.documents} {
			if value != "" {
				q.Set(name, value)
			}
		}
		return r.URL.Path + "?" + q.Encode()
	}
	if kind != "unit" {
		v.Filters = append(v.Filters, ui.Filter{Href: address("", position{}), Text: words.Say(map[bool]string{true: "by_state", false: "by_unit"}[kind == "nation"]), Here: choice == ""})
	}
	for _, f := range offered {
		n := map[string]int64{counted: part, notCounted: whole - part, both: whole}[f]
		v.Filters = append(v.Filters, ui.Filter{Href: address(f, position{}), Text: words.Say("rows_"+f, number(n)), Here: f == choice})
	}
	if choice == "" {
		return v.places(r, s, place)
	}
	v.RowsTitle = words.Say("rows_title_" + choice)
	if evidence {
		v.RowsTitle = words.Say("rows_registered")
	}
	q := r.URL.Query()
	from := position{q.Get("unidades"), q.Get("cursor")}
	rows, order, next, err := s.read(r, place, choice, from)
	if err != nil {
		return err
	}
	v.Rows, v.Order = rows, order
	if next != nil {
		v.Next = address(choice, *next)
	}
	if from != (position{}) {
		v.First = address(choice, position{})
	}
	if len(rows) == 0 && next == nil {
		v.Empty = &ui.Emptiness{Title: words.Say("rows_none")}
	}
	return nil
}

// places are those that the figure is the sum of.
func (v *openedView) places(r *screen.Request, s share, place string) error {
	kind, key, _ := cutPlace(place)
	t := placeTable{share: s, id: "renglones", sort: sortingOf(r), by: r.URL}
	if kind == "nation" {
		v.RowsTitle = t.sort.title(words.Say("rows_states"))
		rows, failed := states(r)
		for i := range rows {
			rows[i].href = link(s.key, rows[i].place)
		}
		if failed != nil {
			v.Failure = record.Missing(r, words.Say("states_away"), failed)
		}
		v.Table = t.of(rows, "state", "units")
		return nil
	}
	units, more, err := unitsOf(r, kind, key)
	if err != nil {
		return err
	}
	v.RowsTitle = t.sort.title(words.Say("rows_units"))
	if more {
		v.More = words.Say("more_units", ui.Number(listed))
	}
	rows := unitRows(r, units)
	for i := range rows {
		rows[i].href = link(s.key, rows[i].place)
	}
	v.Table = t.of(rows, "unit", "operation")
	return nil
}

// thing is an asset as a row: what keeps it out of service, where, since when; and that instant.
func thing(names *record.Names, u record.Unit, a record.Asset, clock ui.Clock) (row ui.Row, since time.Time) {
	row = ui.Row{Href: "/equipos/" + url.PathEscape(a.ID), Title: names.TypeName(a.TypeKey)}
	why := a.Functioning
	switch {
	case a.Lifecycle.Value != "active":
		row.Badges, why = []ui.Badge{record.Badge("asset_lifecycle", a.Lifecycle.Value)}, a.Lifecycle
	case a.Quarantine.Value == "quarantined":
		row.Badges, why = []ui.Badge{record.Badge("quarantine", a.Quarantine.Value)}, a.Quarantine
	case a.Functioning.Value != "working":
		row.Badges = []ui.Badge{record.Badge("functioning", a.Functioning.Value)}
	case a.Custody.Value != "at_unit":
		row.Badges, why = []ui.Badge{record.Badge("custody", a.Custody.Value)}, a.Custody
	case a.Use.Value != "in_use":
		row.Badges, why = []ui.Badge{record.Badge("use", a.Use.Value)}, a.Use
	}
	row.Lines = filled(u.AreaPath(a.AreaID), words.Say("since", clock.NearDay(why.Since.In(clock.Zone))))
	return row, why.Since
}
