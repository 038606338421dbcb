package event_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

func TestAnEventIsInOneSetOnceUnderItsAggregatesName(t *testing.T) {
	set := event.NewSet(event.Units, "pump", "notes").Formerly("reason")
	event.Define[facts](set, "pump.started", "It runs")
	added := event.Define[facts](set, "pump.added", "It is there")
	var names []string
	for _, d := range set.Definitions() {
		names = append(names, d.Name)
	}
	if diff := cmp.Diff([]string{"pump.added", "pump.started"}, names); diff != "" || added.Topic != event.Units {
		t.Errorf("%v, %+v", diff, added)
	}
	other := event.Define[facts](event.NewSet(event.Units, "pumps"), "pumps.added", "")
	if !set.Has(added.Type()) || set.Has(other.Type()) || set.Has("") {
		t.Error("a set has its own events and no others")
	}
	for _, name := range []string{"pump.added", "pumps.added", "asset.added", "added", ""} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%q was taken", name)
				}
			}()
			event.Define[facts](set, name, "")
		}()
	}
	if diff := cmp.Diff([][]string{{"notes"}, {"notes", "reason"}}, [][]string{set.Private(), set.Withheld()}); diff != "" {
		t.Errorf("never carried; left out: %s", diff)
	}
	var none *event.Set
	if none.Topic() != "" || none.Aggregate() != "" || none.Withheld() != nil || none.Has(added.Type()) {
		t.Error("a collection without a set raises nothing, on no topic")
	}
}
