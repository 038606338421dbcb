package unit_test

import (
	"cmp"
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
	case u.Office == "" && u.StateCode != "09":
		return "no office outside of Mexico City"
	case u.Office != "" && (!known || o.State != u.StateCode):
		return "an office of another state"
	case u.Region != mx.RegionOfState(u.StateCode):
		return "a region that is not the state's"
	case !slices.Contains(mx.ZonesOf(u.StateCode), u.TimeZone):
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
			return unit.Facts{StateCode: draw("state", "02", "03", "08", "09", "26"), Office: draw("office", "", "sonora", "chihuahua", "zona-sur", "baja-california"),
				Municipality: draw("municipality", "", "Juárez", "Ojinaga"),
				TimeZone:     draw("zone", "", "America/Hermosillo", "America/Ojinaga", "America/Tijuana", "Europe/Madrid", "nowhere")}
		}
		r := &register{units: map[string]unit.Unit{}}
		do := r.importer(t).Commands
		f, name := facts(), "Clínica"
		f.Name = &name
		if f.StateCode == nil {
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

func TestOfficeRegionAndZoneFollowTheStateAndThoseOfAnotherAreRefused(t *testing.T) {
	r := empty()
	do := r.importer(t).Commands
	if err := do.Register(t.Context(), "U-1", "manual", unit.Facts{Name: new("Clínica"), CLUES: new("SRIST000015"), Municipality: new("Hermosillo")}); err != nil {
		t.Fatal(err)
	}
	at := "26 sonora 1 America/Hermosillo"
	for _, c := range []struct {
		f     unit.Facts
		where string // as it was where it is refused
		rule  string
	}{
		{unit.Facts{Office: new("quintana-roo")}, "", "office-not-of-state"},
		{unit.Facts{StateCode: new("23"), Office: new("sonora")}, "", "office-not-of-state"},
		{unit.Facts{StateCode: new("09"), Office: new("sonora")}, "", "office-not-of-state"},
		{unit.Facts{TimeZone: new("America/Cancun")}, "", "time-zone-not-of-state"},
		{unit.Facts{StateCode: new("23"), TimeZone: new("America/Hermosillo")}, "", "time-zone-not-of-state"},
		{unit.Facts{StateCode: new("23")}, "23 quintana-roo 7 America/Cancun", ""},
		{unit.Facts{StateCode: new("09")}, "09  3 America/Mexico_City", ""}, // which of its four is not said
		{unit.Facts{Office: new("zona-sur")}, "09 zona-sur 3 America/Mexico_City", ""},
		{unit.Facts{StateCode: new("26"), Office: new("sonora")}, "26 sonora 1 America/Hermosillo", ""},
		{unit.Facts{StateCode: new("08"), Municipality: new("Juárez")}, "08 chihuahua 2 America/Ciudad_Juarez", ""},
		{unit.Facts{Municipality: new("Ojinaga")}, "08 chihuahua 2 America/Ojinaga", ""},
		{unit.Facts{TimeZone: new("America/Chihuahua")}, "08 chihuahua 2 America/Chihuahua", ""},
		{unit.Facts{Municipality: new("Janos")}, "08 chihuahua 2 America/Chihuahua", ""}, // a zone that was given stays while the state does
		{unit.Facts{StateCode: new("03")}, "03 baja-california-sur 1 America/Mazatlan", ""},
	} {
		err := do.Change(t.Context(), "U-1", "manual", c.f)
		if f := fault.As(err); (f == nil) != (c.rule == "") || f != nil && f.Rule != c.rule {
			t.Errorf("to %s: %v, want %s", c.where, err, c.rule)
		}
		at = cmp.Or(c.where, at)
		if u := r.units["U-1"]; u.StateCode+" "+u.Office+" "+u.Region+" "+u.TimeZone != at {
			t.Errorf("%+v, want %s", u.Place, at)
		}
	}
}

// stray is a unit as an earlier release stored it: an office, a region and a zone of another state.
func stray() unit.Unit {
	u := unit.Unit{ID: "U-1", Institution: "IST", Own: true, Name: "Clínica", Kind: "medical_unit", OperationState: "open", TimeZone: "America/Hermosillo"}
	u.Place = mx.Place{UnitID: "U-1", StateCode: "23", Office: "sonora", Region: "1"}
	return u
}

func TestAnOfficeOfAnotherStateFromAnEarlierReleaseStaysAndIsAWarning(t *testing.T) {
	r := &register{units: map[string]unit.Unit{"U-1": stray()}}
	do := r.importer(t).Commands
	beds, state, office := 12, "23", "sonora"
	for _, f := range []unit.Facts{{CensusBeds: &beds}, {StateCode: &state}, {Office: &office}} {
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
