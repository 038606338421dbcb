package figure

import (
	"sync"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/console/internal/api"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

type nationView struct {
	Heading ui.PageHeading
	Choice  ui.Picker
	Sort    string
	Figure  ui.Figure
	Map     []region
	Legend  []legend
	Table   ui.Table
	Title   string
	Failure *ui.Failure
}

// region is a state on the map.
type region struct {
	Href, Class, Fill, Path, Title string
}

type legend struct{ Class, Text string }

// nation is the country as a map and as a table. Whoever sees a part of it only is shown that part.
func nation(r *screen.Request) (screen.Page, error) {
	whole, _, err := record.StatusOf(r.Context(), r.API, "nation")
	if api.ProblemOf(err).Hidden() {
		return ownPlace(r, err)
	}
	if err != nil {
		return screen.Page{}, err
	}
	s, order := shareOf(r.URL.Query().Get("cifra")), sortingOf(r)
	rows, failed := states(r)
	clock := record.Reader(r)
	v := nationView{Heading: ui.PageHeading{Title: words.Say("nation"), Lines: []string{words.Say("as_of") + " " + clock.Full(r.Now)}, Counts: unitsOfPlace("nation", whole)}, Sort: order.String(),
		Choice: ui.Picker{Name: "cifra", Label: words.Say("figure"), Value: s.key}, Title: order.title(words.Say("by_state"))}
	g := ui.Group{}
	for _, one := range shares {
		g.Options = append(g.Options, ui.Option{Value: one.key, Label: words.Say(one.word)})
	}
	v.Choice.Groups = []ui.Group{g}
	v.Figure = s.figure("nation", whole)
	if failed != nil {
		v.Failure = record.Missing(r, words.Say("states_away"), failed)
	}
	v.Legend = s.legend()
	t := placeTable{share: s, id: "tabla", sort: order, by: r.URL}.of(rows, "state", "units")
	t.Foot = s.cells(row{place: "nation", name: words.Say("nation_short"), status: whole, known: true}, "units")
	v.Table = *t
	for _, one := range rows {
		v.Map = append(v.Map, s.region(one))
	}
	return screen.Page{Title: words.Say("nation"), Body: nationBody(v)}, nil
}

// ownPlace is the page of the place whose figures whoever asks may see.
func ownPlace(r *screen.Request, err error) (screen.Page, error) {
	for _, g := range r.Who.Grants {
		switch g.Kind() {
		case "unit":
			return unit(r, g.Key())
		case "office", "state":
			return groupPage(r, g.Kind(), g.Key())
		}
	}
	return screen.Page{}, err
}

// states are the 32 with their figures, read several at once.
func states(r *screen.Request) ([]row, *api.Away) {
	all := mx.States()
	rows := make([]row, len(all))
	var mu sync.Mutex
	var failed *api.Away
	record.Each(len(all), func(i int) {
		s, _, err := record.StatusOf(r.Context(), r.API, "state:"+all[i].INEGI)
		rows[i] = row{place: "state:" + all[i].INEGI, key: all[i].INEGI, name: all[i].Name, href: addressOf("state:" + all[i].INEGI), status: s, known: err == nil}
		if away := api.AwayOf(err); away != nil {
			mu.Lock()
			failed = away
			mu.Unlock()
		}
	})
	return rows, failed
}

// figure is the share of a place, as a figure that opens.
func (s share) figure(place string, st record.Status) ui.Figure {
	part, whole, known := s.of(st)
	f := ui.Figure{Href: link(s.key, place), Label: words.Say(s.word), Value: ui.Percent(part, whole), Note: words.Say("definition_and_rows"),
		Counts: []ui.Link{s.telling("_part", place, counted, part), s.telling("_whole", place, both, whole)}}
	if !known {
		f.Value, f.Note, f.Counts = words.Say("not_surveyed"), words.Say("not_surveyed_note"), nil
	}
	return f
}

// telling is the part or the whole of a share, as a number that opens.
func (s share) telling(which, place, choice string, n int64) ui.Link {
	return ui.Link{Href: link(s.key, place) + "&ver=" + choice, Text: words.Say("counted_as", words.Say(s.word+which), number(n))}
}

func (s share) told(one row) string {
	part, whole, known := s.of(one.status)
	switch {
	case !one.known:
		return words.Say("no_answer")
	case one.status.Units == 0:
		return words.Say("without_units")
	case !known || whole == 0:
		return words.Say("not_surveyed")
	}
	return ui.Percent(part, whole) + ", " + words.Say("part_of_short", number(part), number(whole))
}

func (s share) region(one row) region {
	out := region{Href: "#e" + one.key, Class: "m0", Fill: "url(#not-surveyed)", Path: outlines[one.key], Title: one.name + ": " + s.told(one)}
	if class := s.class(one.status); class > 0 && one.known {
		out.Class, out.Fill = "m"+ui.Number(class), ""
	}
	return out
}

func (s share) legend() []legend {
	b := s.bounds
	texts := []string{words.Say("below", b[0]), words.Say("between", b[0], b[1]), words.Say("between", b[1], b[2]), words.Say("between", b[2], b[3]), words.Say("above", b[3])}
	if !s.more {
		texts = []string{words.Say("above", b[0]), words.Say("between", b[1], b[0]), words.Say("between", b[2], b[1]), words.Say("between", b[3], b[2]), words.Say("below", b[3])}
	}
	var out []legend
	for i, t := range texts {
		out = append(out, legend{"m" + ui.Number(i+1), t})
	}
	return append(out, legend{"m0", words.Say("not_surveyed")})
}
