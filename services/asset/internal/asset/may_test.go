package asset

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// A read decodes only what May looks at: it must come to the same as for the whole document.
func TestAnAssetIsJudgedByTheMembersNamedAsByAllOfThem(t *testing.T) {
	verbs := []string{"change", "report-functioning", "report-use", "report-custody", "activate", "quarantine", "release", "confirm-late-entries", "retire", "void", "retype"}
	rapid.Check(t, func(rt *rapid.T) {
		one := func(what string, of ...string) string { return rapid.SampledFrom(of).Draw(rt, what) }
		fact := func(value string) Fact {
			f := Fact{Value: value, By: "s", Reason: one("reason", "", "not_installed", "en palabras")}
			if rapid.IntRange(0, 4).Draw(rt, "late") == 0 {
				f.LateEntry = &event.LateEntry{What: "x", By: "s"}
			}
			return f
		}
		a := Asset{ID: "a", Tracking: one("tracking", Tagged, Serialised), BuildingSystem: rapid.Bool().Draw(rt, "building"), HadOrders: rapid.Bool().Draw(rt, "ordered"),
			Details:   Details{InventoryTag: one("tag", "", "S/N", "INV-1"), SerialNumber: one("serial", "", "77"), Brand: "Hill"},
			Lifecycle: fact(one("lifecycle", Draft, Active, Retired)), Functioning: fact(one("functioning", Working, NotWorking)), Use: fact(InUse),
			Custody: fact(AtUnit), Quarantine: fact(one("quarantine", Quarantined, NotQuarantined)), Notes: []Note{{Fact: "quarantine", Text: "en palabras"}}}
		if rapid.Bool().Draw(rt, "open") {
			a.Orders = []OpenOrder{{ID: "o"}}
		}
		if rapid.IntRange(0, 4).Draw(rt, "voided") == 0 {
			a.Voided = &Voided{}
		}
		doc, err := json.Marshal(a)
		if err != nil {
			rt.Fatal(err)
		}
		var all map[string]json.RawMessage
		if err := json.Unmarshal(doc, &all); err != nil {
			rt.Fatal(err)
		}
		if named := Judged(doc); named != nil {
			maps.DeleteFunc(all, func(name string, _ json.RawMessage) bool { return !slices.Contains(named, name) })
		}
		few, err := json.Marshal(all)
		if err != nil {
			rt.Fatal(err)
		}
		var whole, part Asset
		if err := json.Unmarshal(doc, &whole); err != nil {
			rt.Fatal(err)
		}
		if err := json.Unmarshal(few, &part); err != nil {
			rt.Fatal(err)
		}
		for _, verb := range verbs {
			if of, by := whole.May(verb), part.May(verb); (of == nil) != (by == nil) {
				rt.Errorf("%s of %s: %v, by its members %v", verb, doc, of, by)
			}
		}
	})
}
