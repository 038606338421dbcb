package unit_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/services/asset/internal/unit"
)

// consistent says what is wrong with where a unit is said to be, "" where nothing is.
func consistent(u unit.Unit) string {
	switch o, known := mx.OfficeByKey(u.Office); {
	case u.Office == "" && u.State != "09":
		return "no office outside of Mexico City"
	case u.Office != "" && (!known || o.State != u.State):
		return "an office of another state"
	case u.Region != mx.RegionOfState(u.State):
		return "a region that is not the state's"
	case !slices.Contains(mx.ZonesOf(u.State), u.TimeZone):
		return "a zone that no place in the state keeps"
	}
	return ""
}

// TestStateOfficeRegionAndZoneAgreeAfterAnyChanges changes what says where a unit is in any way, by hand and by files.
func TestStateOfficeRegionAndZoneAgreeAfterAnyChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		draw := func(name string, values ...string) *string {
			if v := rapid.SampledFrom(append(values, "-")).Draw(rt, name); v != "-" {
				return &v
			}
			return nil
		}
		facts := func() unit.Facts {
			return unit.Facts{State: draw("state", "02", "03", "08", "09", "26"), Office: draw("office", "", "sonora", "chihuahua", "zona-sur", "baja-california"),
				Municipality: draw("municipality", "", "Juárez", "Ojinaga"),
				TimeZone:     draw("zone", "", "America/Hermosillo", "America/Ojinaga", "America/Tijuana", "Europe/Madrid", "nowhere")}
		}
		r := &register{units: map[string]unit.Unit{}}
		do := r.importer(t).Commands
		f, name := facts(), "Clínica"
		f.Name = &name
		if f.State == nil {
			clues := "SRIST000015"
			f.CLUES = &clues
		}
		err := do.Register(t.Context(), "U-1", "manual", f)
		for range rapid.IntRange(0, 12).Draw(rt, "changes") {
			if err != nil && fault.As(err) == nil {
				rt.Fatal(err)
			}
			if _, there := r.units["U-1"]; !there {
				return // it was refused
			}
			if wrong := consistent(r.units["U-1"]); wrong != "" {
				rt.Fatalf("%s: %+v", wrong, r.units["U-1"])
			}
			var emptied []string
			if rapid.Bool().Draw(rt, "empty the office") {
				emptied = []string{"office"}
			}
			err = do.Change(t.Context(), "U-1", "manual", facts(), emptied...)
		}
	})
}

// stray is a unit as an earlier release stored it: an office, a region and a zone of another state.
func stray() unit.Unit {
	u := unit.Unit{ID: "U-1", Institution: "IST", Own: true, Name: "Clínica", Kind: "medical_unit", OperationState: "open", TimeZone: "America/Hermosillo"}
	u.Place = mx.Place{UnitID: "U-1", State: "23", Office: "sonora", Region: "1"}
	return u
}

func TestAnOfficeOfAnotherStateFromAnEarlierReleaseStaysAndIsAWarning(t *testing.T) {
	r := &register{units: map[string]unit.Unit{"U-1": stray()}}
	do := r.importer(t).Commands
	beds, state, office := 12, "23", "sonora"
	for _, f := range []unit.Facts{{CensusBeds: &beds}, {State: &state}, {Office: &office}} {
		if err := do.Change(t.Context(), "U-1", "manual", f); err != nil {
			t.Fatal(err)
		}
		u := r.units["U-1"]
		if warned := strings.Join(u.Warnings, "; "); u.Office != "sonora" || u.TimeZone != "America/Hermosillo" ||
			!strings.Contains(warned, "office sonora is one of state 26") || !strings.Contains(warned, "time zone is America/Hermosillo") {
			t.Errorf("office %s, zone %s, warnings %q", u.Office, u.TimeZone, u.Warnings)
		}
	}
	empty := ""
	if err := do.Change(t.Context(), "U-1", "manual", unit.Facts{Office: &empty, TimeZone: &empty}); err != nil {
		t.Fatal(err)
	}
	if u := r.units["U-1"]; consistent(u) != "" || u.Warnings != nil {
		t.Errorf("emptied, both are the state's: %+v", u)
	}
}
