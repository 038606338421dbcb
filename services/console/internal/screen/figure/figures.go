// Package figure shows figures: what places have, what of it serves, and how each number opens to its definition and the rows that it counts.
package figure

import (
	"net/url"
	"strings"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen"
	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
	"github.com/bitacora-salud/bitacora/services/console/internal/ui"
)

// Screens are the screens of figures.
func Screens() []screen.Screen {
	return append([]screen.Screen{
		{Pattern: "/nacion", Show: nation},
		{Pattern: "/entidad/{key}", Show: group("state")},
		{Pattern: "/oficina/{key}", Show: group("office")},
		{Pattern: "/unidad", Show: ownUnit},
		{Pattern: "/unidad/{id}", Show: func(r *screen.Request) (screen.Page, error) { return unit(r, r.PathValue("id")) }},
		{Pattern: "/cifra/{figure}", Show: opened},
		family.Creates(registered...).For("admin"),
	}, family.Screens()...)
}

// share is a figure that is a part of a whole, and how it is coloured on the map.
type share struct {
	// key is the figure's in addresses, and begins the keys of its words: <key>, <key>_definition, <key>_part, <key>_whole.
	key, word string
	of        func(record.Status) (part, whole int64, known bool)
	// bounds are the shares in percent between the five classes, from the worst on; more says that more is better.
	bounds [4]int64
	more   bool
	// plain is a number by itself: it is no part of anything, and the map does not show it.
	plain bool
	// rows are what it counts.
	rows source
}

// ofAssets is a share of the assets; it is not known where nobody has registered any.
func ofAssets(of func(a record.Assets) (part, whole int64)) func(record.Status) (int64, int64, bool) {
	return func(s record.Status) (int64, int64, bool) {
		if s.Figures.Assets == nil {
			return 0, 0, false
		}
		part, whole := of(*s.Figures.Assets)
		return part, whole, true
	}
}

// shares are the figures of the map, in their order.
var shares = []share{
	{key: "en-servicio", word: "in_service", bounds: [4]int64{75, 80, 85, 90}, more: true, rows: inService,
		of: ofAssets(func(a record.Assets) (int64, int64) { return a.InService, a.Active })},
	{key: "no-funciona", word: "not_working", bounds: [4]int64{20, 15, 10, 5}, rows: notWorking,
		of: ofAssets(func(a record.Assets) (int64, int64) { return a.NotWorking, a.Total })},
	{key: "por-completar", word: "draft", bounds: [4]int64{20, 15, 10, 5}, rows: drafts,
		of: ofAssets(func(a record.Assets) (int64, int64) { return a.Draft, a.Total })},
	{key: "urgentes", word: "urgent", bounds: [4]int64{40, 30, 20, 10}, rows: urgent, of: func(s record.Status) (int64, int64, bool) {
		return s.Figures.Orders.OpenUrgent, s.Figures.Orders.Open, true
	}},
	{key: "levantadas", word: "surveyed", bounds: [4]int64{75, 80, 85, 90}, more: true, rows: surveyed, of: func(s record.Status) (int64, int64, bool) {
		if s.UnitType != "" { // a unit by itself
			return 1 - int64(s.NotSurveyed), 1, s.OperationState == "open" || s.OperationState == "suspended"
		}
		return int64(s.Units) - int64(s.NotSurveyed), int64(s.Units), s.Units > 0
	}},
}

// plainly is a figure that is no part of anything.
func plainly(key, word string, rows source, of func(record.Status) int64) share {
	return share{key: key, word: word, plain: true, rows: rows, of: func(s record.Status) (int64, int64, bool) { return of(s), of(s), true }}
}

// countOfAssets is a number of assets; it is not known where nobody has registered any.
func countOfAssets(key, word string, rows source, of func(record.Assets) int64) share {
	return share{key: key, word: word, plain: true, rows: rows, of: ofAssets(func(a record.Assets) (int64, int64) { return of(a), of(a) })}
}

// inState is how many units of a place are in a state of operation: of a unit by itself, whether it is.
func inState(state string, of func(record.Status) int) func(record.Status) int64 {
	return func(s record.Status) int64 {
		switch {
		case s.UnitType == "":
			return int64(of(s))
		case s.OperationState == state:
			return 1
		}
		return 0
	}
}

// plain are the figures that are no part of anything: each number that a note or a fact tells is one.
var plain = []share{
	plainly("ordenes", "orders", openOrders, func(s record.Status) int64 { return s.Figures.Orders.Open }),
	plainly("por-validar", "completed", completed, func(s record.Status) int64 { return s.Figures.Orders.ByState["completed"] }),
	plainly("entregas", "deliveries", ofDeliveries("dispatched"), func(s record.Status) int64 { return s.Figures.Deliveries.ByState["dispatched"] }),
	plainly("por-confirmar", "arrived", ofDeliveries("arrived"), func(s record.Status) int64 { return s.Figures.Deliveries.ByState["arrived"] }),
	countOfAssets("dados-de-baja", "retired", having(url.Values{"lifecycle": {"retired"}}, "lifecycle", "retired"), func(a record.Assets) int64 { return a.Retired }),
	countOfAssets("funcionan", "working", having(present, "functioning", "working"), func(a record.Assets) int64 { return a.Working }),
	countOfAssets("con-limitaciones", "limited", having(present, "functioning", "limited"), func(a record.Assets) int64 { return a.Limited }),
	countOfAssets("se-desconoce", "unknown", having(present, "functioning", "unknown"), func(a record.Assets) int64 { return a.Unknown }),
	countOfAssets("sin-uso", "not_in_use", having(present, "use", "not_in_use"), func(a record.Assets) int64 { return a.NotInUse }),
	countOfAssets("fuera-de-su-unidad", "away", away, func(a record.Assets) int64 { return a.Away }),
	countOfAssets("en-cuarentena", "quarantined", having(present, "quarantine", "quarantined"), func(a record.Assets) int64 { return a.Quarantined }),
	plainly("suspendidas", "suspended", ofUnits("suspended"), inState("suspended", func(s record.Status) int { return s.Suspended })),
	plainly("planeadas", "planned", ofUnits("planned"), inState("planned", func(s record.Status) int { return s.Planned.Units })),
	plainly("cerradas", "closed", ofUnits("closed"), inState("closed", func(s record.Status) int { return s.Closed.Units })),
}

// shareOf is the figure of a key, the first where there is none.
func shareOf(key string) share {
	for _, s := range shares {
		if s.key == key {
			return s
		}
	}
	return shares[0]
}

// class is the colour of a place on the map: 1 (worst) to 5, 0 of what is not known.
func (s share) class(st record.Status) int {
	part, whole, known := s.of(st)
	if !known || whole <= 0 || s.plain {
		return 0
	}
	class := 1
	for _, bound := range s.bounds {
		if reached := part*100 >= bound*whole; reached == s.more {
			class++
		}
	}
	return class
}

func number(n int64) string { return ui.Number(int(n)) }

// link leads to a figure of a place.
func link(figure, place string) string {
	return "/cifra/" + figure + "?" + url.Values{"lugar": {place}}.Encode()
}

// counting is a number that opens: its words (key has one %s), and the rows of a figure that are as many.
func counting(key, figure, place, choice string, n int64) ui.Link {
	return ui.Link{Href: link(figure, place) + "&ver=" + choice, Text: words.Say(key, number(n))}
}

// Of are the figures that a home page or a place shows. Each opens, and so does each number of its note.
func Of(place string, s record.Status) []ui.Figure {
	f := s.Figures
	to := func(key, figure, choice string, n int64) ui.Link { return counting(key, figure, place, choice, n) }
	var out []ui.Figure
	if a := f.Assets; a == nil {
		out = append(out, ui.Figure{Href: link("en-servicio", place), Label: words.Say("in_service"), Value: words.Say("not_surveyed"), Note: words.Say("not_surveyed_note")})
	} else {
		out = append(out,
			ui.Figure{Href: link("en-servicio", place), Label: words.Say("in_service"), Value: number(a.InService), Of: words.Say("of", number(a.Active)),
				Note: ui.Percent(a.InService, a.Active), Counts: []ui.Link{to("note_out", "en-servicio", notCounted, a.Active-a.InService)}},
			ui.Figure{Href: link("no-funciona", place), Label: words.Say("not_working"), Value: number(a.NotWorking), Of: words.Say("of", number(a.Total)), Note: words.Say("not_working_note"),
				Counts: []ui.Link{to("note_draft", "por-completar", counted, a.Draft)}})
	}
	return append(out,
		ui.Figure{Href: link("ordenes", place), Label: words.Say("orders"), Value: number(f.Orders.Open),
			Counts: []ui.Link{to("note_urgent", "urgentes", counted, f.Orders.OpenUrgent), to("note_completed", "por-validar", counted, f.Orders.ByState["completed"])}},
		ui.Figure{Href: link("entregas", place), Label: words.Say("deliveries"), Value: number(f.Deliveries.ByState["dispatched"]),
			Counts: []ui.Link{to("note_arrived", "por-confirmar", counted, f.Deliveries.ByState["arrived"])}})
}

// addressOf is the page of a place written as in a grant.
func addressOf(place string) string {
	kind, key, _ := strings.Cut(place, ":")
	switch kind {
	case "unit":
		return "/unidad/" + url.PathEscape(key)
	case "office":
		return "/oficina/" + url.PathEscape(key)
	case "state":
		return "/entidad/" + url.PathEscape(key)
	}
	return "/nacion"
}
