package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shown are an answer's numbers of units, and those of its assets: in the totals, in planned and in closed units.
func shown(answer object) map[string]float64 {
	out := map[string]float64{}
	for _, part := range []object{{"": object{"units": answer["units"], "suspended": answer["suspended"], "not_surveyed": answer["not_surveyed"]}},
		{"": answer["figures"]}, {"planned.": answer["planned"]}, {"closed.": answer["closed"]}} {
		for prefix, v := range part {
			for path, n := range numbers(v) {
				path = strings.TrimPrefix(path, "figures.")
				switch path {
				case "units", "suspended", "not_surveyed", "assets.total", "assets.away", "assets.in_service":
					out[prefix+path] = n
				}
			}
		}
	}
	return out
}

// inService registers n assets of a unit that are in service as far as it is their own doing.
func (w *world) inService(u object, n int) (marks []string) {
	for i := range n {
		a := asset(fmt.Sprint(u["id"], "-", i), u, "hospital_bed", "active", "working")
		w.asset(1, a)
		marks = append(marks, fmt.Sprintf("asset/%v@1", a["id"]))
	}
	return marks
}

// TestConservation is the story: whatever becomes of units and assets, each asset is counted once.
func TestConservation(t *testing.T) {
	w := start(t)
	hospital, clinic := rosalia, vizcaino
	planned := unit("BSIST000031", "03", "baja-california-sur", "1", object{"operation_state": "planned"})
	// An earlier release closed this one although three assets were in it.
	closed := unit("BSIST000043", "03", "baja-california-sur", "1", object{"operation_state": "closed"})
	var marks []string
	for _, u := range []object{hospital, clinic, planned, closed} {
		w.unit(1, u)
		marks = append(marks, fmt.Sprintf("unit/%v@1", u["id"]))
	}
	for u, n := range map[*object]int{&hospital: 3, &clinic: 1, &planned: 2, &closed: 3} {
		marks = append(marks, w.inService(*u, n)...)
	}
	check := func(what string, want map[string]float64, marks ...string) {
		t.Helper()
		for _, path := range []string{"offices/baja-california-sur", "states/03", "nation"} {
			answer := w.together(path, marks)
			if diff := cmp.Diff(want, shown(answer)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", what, path, diff)
			}
			if with := answer["closed"].(object)["with_assets"]; !cmp.Equal(with, []any{"BSIST000043"}) {
				t.Errorf("%s, %s: the closed unit with assets in it is listed, got %v", what, path, with)
			}
		}
	}
	apart := map[string]float64{"closed.units": 1, "closed.assets.total": 3}
	with := func(n map[string]float64) map[string]float64 {
		for k, v := range apart {
			n[k] = v
		}
		return n
	}
	check("at first", with(map[string]float64{"units": 2, "assets.total": 4, "assets.in_service": 4, "planned.units": 1, "planned.assets.total": 2}), marks...)

	planned["operation_state"] = "open"
	w.unit(2, planned)
	check("the planned one opens", with(map[string]float64{"units": 3, "assets.total": 6, "assets.in_service": 6}), "unit/BSIST000031@2")

	moved := asset("BSIST000014-0", hospital, "hospital_bed", "active", "working", object{"custody": object{"value": "in_transit"}})
	w.asset(2, moved)
	check("one goes into transit", with(map[string]float64{"units": 3, "assets.total": 6, "assets.away": 1, "assets.in_service": 5}), "asset/BSIST000014-0@2")

	moved["custody"] = object{"value": "at_unit"}
	w.asset(3, moved)
	check("it is received", with(map[string]float64{"units": 3, "assets.total": 6, "assets.in_service": 6}), "asset/BSIST000014-0@3")

	marks = nil
	for n := range 35 {
		id := fmt.Sprintf("SRIST%06d", n)
		w.unit(1, unit(id, "26", "sonora", "1"))
		marks = append(marks, "unit/"+id+"@1")
	}
	for _, path := range []string{"offices/sonora", "states/26"} { // no asset was ever registered in any of them: no figure, rather than 0
		if diff := cmp.Diff(map[string]float64{"units": 35, "not_surveyed": 35}, shown(w.together(path, marks))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
	}
}

func TestWhatIsAwayOrInAUnitThatIsNotOpenIsNotInService(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	for custody, inService := range map[string]float64{"at_unit": 1, "in_transit": 0, "on_loan": 0, "off_site_repair": 0} {
		// The release before this one said in_service of these.
		w.asset(1, asset("a-"+custody, rosalia, "hospital_bed", "active", "working", object{"custody": object{"value": custody}, "in_service": true}))
		got := figures(w.read("units/BSIST000014", "asset/a-"+custody+"@1"))
		w.asset(2, asset("a-"+custody, rosalia, "hospital_bed", "retired", "working"))
		w.read("units/BSIST000014", "asset/a-"+custody+"@2")
		if got["assets.total"] != 1 || got["assets.in_service"] != inService || got["by_type.hospital_bed.in_service"] != inService || got["assets.away"] != 1-inService {
			t.Errorf("%s: %v", custody, got)
		}
	}
	w.asset(1, asset("a", rosalia, "hospital_bed", "active", "working"))
	for i, state := range []string{"suspended", "planned", "closed", "open"} {
		u := unit("BSIST000014", "03", "baja-california-sur", "1", object{"operation_state": state})
		w.unit(int64(i+2), u)
		got := figures(w.read("units/BSIST000014", fmt.Sprintf("unit/BSIST000014@%d", i+2), "asset/a@1"))
		if open := state == "open"; got["assets.total"] != 1 || (got["assets.in_service"] == 1) != open || (got["by_type.hospital_bed.in_service"] == 1) != open {
			t.Errorf("%s: %v", state, got)
		}
		nation := shown(w.read("nation", fmt.Sprintf("unit/BSIST000014@%d", i+2)))
		want := map[string]map[string]float64{
			"suspended": {"units": 1, "suspended": 1, "assets.total": 1}, "planned": {"planned.units": 1, "planned.assets.total": 1},
			"closed": {"closed.units": 1, "closed.assets.total": 1}, "open": {"units": 1, "assets.total": 1, "assets.in_service": 1}}[state]
		if diff := cmp.Diff(want, nation); diff != "" {
			t.Errorf("the nation while its unit is %s (-want +got):\n%s", state, diff)
		}
	}
}

// TestUnitsNeverSurveyedAreCountedApartAndNeverZero goes by what the answers say, not by zeros that a reader would take for a count.
func TestUnitsNeverSurveyedAreCountedApartAndNeverZero(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	w.unit(1, vizcaino)
	look := func(path, mark string) (surveyed bool, notSurveyed any) {
		answer := w.read(path, "unit/BSIST000014@1", "unit/BSIST000026@1", mark)
		_, surveyed = answer["figures"].(object)["assets"]
		return surveyed, answer["not_surveyed"]
	}
	check := func(what, mark string, unit bool, others float64) {
		t.Helper()
		if surveyed, not := look("units/BSIST000014", mark); surveyed == unit || not != unit {
			t.Errorf("%s: the unit's assets are shown: %v, not_surveyed: %v", what, surveyed, not)
		}
		for _, path := range []string{"offices/baja-california-sur", "states/03", "nation"} {
			if surveyed, not := look(path, mark); surveyed == unit || not != others {
				t.Errorf("%s, %s: assets are shown: %v, not_surveyed: %v", what, path, surveyed, not)
			}
		}
	}
	check("nothing was ever registered", "unit/BSIST000014@1", true, 2)
	w.asset(1, asset("a1", rosalia, "hospital_bed", "draft", "unknown"))
	check("a draft was delivered", "asset/a1@1", false, 1)
	w.asset(2, asset("a1", rosalia, "hospital_bed", "retired", "unknown"))
	check("the only asset was retired: 0 now is a count", "asset/a1@2", false, 1)
	voided := asset("a1", rosalia, "hospital_bed", "retired", "unknown")
	voided["voided"] = object{}
	w.asset(3, voided)
	check("the only asset was registered by mistake", "asset/a1@3", true, 2)
	w.want(w.read("nation", "asset/a1@3"), map[string]float64{})
	w.asset(1, asset("a2", rosalia, "hospital_bed", "retired", "unknown"))
	check("another one beside it was retired", "asset/a2@1", false, 1)
}
