package figure

import (
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/services/console/internal/screen/record"
)

// A column of fractions is sorted by what it shows first, how many are counted, and never by of how many they are.
func TestATableOfPlacesIsSortedByWhatItShows(t *testing.T) {
	place := func(name string, inService, active int64, surveyed, units int) row {
		return row{place: "state:" + name, name: name, known: true, status: record.Status{ID: name, Units: units, NotSurveyed: record.NotSeen(units - surveyed),
			Figures: record.Figures{Assets: &record.Assets{InService: inService, Active: active, Total: active}}}}
	}
	for asked, want := range map[sorting]string{{by: "cuantos"}: "many some few", {by: "cuantos", back: true}: "few some many", {by: "unidades"}: "few many some", {by: "cifra"}: "few some many"} {
		rows := []row{place("some", 46, 59, 1, 80), place("few", 5, 900, 9, 10), place("many", 401, 450, 3, 4)}
		asked.sort(rows, shares[0])
		var got []string
		for _, r := range rows {
			got = append(got, r.name)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("by %s: %v, not %s", asked, got, want)
		}
	}
}
