package app_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/pkg/testenv"
	"github.com/bitacora-salud/bitacora/services/status/app"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(testenv.M(m)) }

var (
	planner  = servicetest.As("plan", "planner@nation")
	director = servicetest.As("dir", "unit_director@unit:BSIST000014")
)

type object = map[string]any

// The places of the tests: three units of Baja California Sur, one of Sonora, one of Mexico City whose office is not said, a warehouse,
// and a unit of another institution.
func unit(id, state, office, region string, more ...object) object {
	u := object{"id": id, "unit_id": id, "state_code": state, "office": office, "region": region, "name": "Unidad " + id, "kind": "medical_unit",
		"unit_type": "CH", "care_level": "2", "operation_state": "open", "own": true}
	for _, m := range more {
		for k, v := range m {
			u[k] = v
		}
	}
	return u
}

var (
	rosalia   = unit("BSIST000014", "03", "baja-california-sur", "1", object{"name": "Clínica Hospital Santa Rosalía"})
	vizcaino  = unit("BSIST000026", "03", "baja-california-sur", "1")
	sonora    = unit("SRIST000015", "26", "sonora", "1")
	capital   = unit("DFIST000018", "09", "", "3")
	warehouse = unit("096-201-00", "03", "baja-california-sur", "1", object{"kind": "warehouse"})
	foreign   = unit("BSSSA000013", "03", "baja-california-sur", "1", object{"own": false})
)

func place(u object, thing object) object {
	for _, k := range []string{"unit_id", "state_code", "office", "region"} {
		thing[k] = u[k]
	}
	return thing
}

func asset(id string, u object, typ, lifecycle, functioning string, more ...object) object {
	inUse := lifecycle == "active"
	a := object{"id": id, "type_key": typ, "lifecycle": object{"value": lifecycle}, "functioning": object{"value": functioning},
		"use": object{"value": map[bool]string{true: "in_use", false: "not_in_use"}[inUse]}, "custody": object{"value": "at_unit"},
		"quarantine": object{"value": "not_quarantined"}, "in_service": inUse && (functioning == "working" || functioning == "limited")}
	for _, m := range more {
		for k, v := range m {
			a[k] = v
		}
	}
	return place(u, a)
}

// world is a service with what was published to it.
type world struct {
	*servicetest.World
	*servicetest.Service
	t *testing.T
}

func start(t *testing.T) *world {
	t.Helper()
	shared, driver := servicetest.Servers(t)
	return &world{shared, shared.Start(t, app.New, driver), t}
}

func (w *world) unit(version int64, u object) {
	w.Publish(w.t, event.Units, "unit.registered", version, u)
}

func (w *world) asset(version int64, a object) {
	w.Publish(w.t, event.Assets, "asset.registered", version, a)
}

func (w *world) order(version int64, o object) {
	w.Publish(w.t, event.WorkOrders, "work_order.requested", version, o)
}

func (w *world) delivery(version int64, d object) {
	w.Publish(w.t, event.Deliveries, "delivery.created", version, d)
}

// read asks as the planner for figures that include the marks.
func (w *world) read(path string, marks ...string) object {
	w.t.Helper()
	query := ""
	if len(marks) > 0 {
		query = "?min_as_of=" + strings.Join(marks, ",")
	}
	var out object
	servicetest.Eventually(w.t, path+query, func() bool {
		a := w.Call(planner, "GET", "/v1/status/"+path+query, nil)
		if a.Status != 200 {
			return false
		}
		out = nil
		return json.Unmarshal(a.Body, &out) == nil
	})
	return out
}

// figures are the answer's figures that are not zero, by path: "assets.total": 3.
func figures(answer object) map[string]float64 { return numbers(answer["figures"]) }

// numbers are the numbers in a JSON value that are not zero, by path.
func numbers(v any) map[string]float64 {
	out := map[string]float64{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for k, inner := range v {
				walk(strings.TrimPrefix(path+"."+k, "."), inner)
			}
		case float64:
			if v != 0 {
				out[path] = v
			}
		}
	}
	walk("", v)
	return out
}

func (w *world) want(answer object, want map[string]float64) {
	w.t.Helper()
	if diff := cmp.Diff(want, figures(answer)); diff != "" {
		w.t.Errorf("figures of %v (-want +got):\n%s", answer["id"], diff)
	}
}

// scenario publishes a small world and returns the marks of all of it.
func (w *world) scenario() []string {
	units := []object{rosalia, vizcaino, sonora, capital, warehouse, foreign}
	things := map[string][]object{
		"asset": {
			asset("a1", rosalia, "hospital_bed", "active", "working"),
			asset("a2", rosalia, "hospital_bed", "draft", "unknown"),
			asset("a3", rosalia, "electrocardiograph", "active", "not_working", object{"custody": object{"value": "off_site_repair"}}),
			asset("a4", rosalia, "electrocardiograph", "retired", "not_working"),
			asset("a5", vizcaino, "hospital_bed", "active", "limited", object{"quarantine": object{"value": "quarantined"}, "in_service": false}),
			asset("a6", sonora, "hospital_bed", "active", "working"),
			asset("a7", capital, "hospital_bed", "active", "working"),
			asset("a8", warehouse, "hospital_bed", "draft", "unknown"),
			asset("a9", foreign, "hospital_bed", "active", "working"),
		},
		"work_order": {
			place(rosalia, object{"id": "o1", "type": "corrective", "state": "in_progress", "priority": "urgent"}),
			place(rosalia, object{"id": "o2", "type": "works", "state": "accepted", "priority": "medium", "quantity": 120.1, "quantity_done": 119.3, "measure_unit": "m2"}),
			place(vizcaino, object{"id": "o3", "type": "works", "state": "accepted", "priority": "low", "quantity": 0.1, "quantity_done": 0.1, "measure_unit": "m2"}),
			place(vizcaino, object{"id": "o4", "type": "works", "state": "accepted", "priority": "low", "quantity": 0.2, "quantity_done": 0.2, "measure_unit": "m2"}),
			place(vizcaino, object{"id": "o5", "type": "preventive", "state": "cancelled", "priority": "low"}),
			place(sonora, object{"id": "o6", "type": "preventive", "state": "requested", "priority": "low"}),
		},
		"delivery": {
			place(rosalia, object{"id": "d1", "state": "confirmed", "lines": []object{
				{"dispatched": 6, "accepted": 5, "rejected": 1}, {"dispatched": 1, "surplus": 1, "accepted": 1, "accepted_with_reservation": 1},
				{"dispatched": 3, "accepted": 2, "missing": 1}}}),
			place(rosalia, object{"id": "d2", "state": "dispatched", "lines": []object{{"dispatched": 4}}}),
		},
	}
	var marks []string
	for _, u := range units {
		w.unit(1, u)
		marks = append(marks, fmt.Sprintf("unit/%v@1", u["id"]))
	}
	for _, a := range things["asset"] {
		w.asset(1, a)
		marks = append(marks, fmt.Sprintf("asset/%v@1", a["id"]))
	}
	for _, o := range things["work_order"] {
		w.order(1, o)
	}
	for _, d := range things["delivery"] {
		w.delivery(1, d)
	}
	w.Publish(w.t, event.Assets, "stock_item.received", 1, place(rosalia, object{"id": "s1", "type_key": "diagnostic_set", "quantity": 3}))
	return append(marks, "work_order/o1@1", "work_order/o2@1", "work_order/o3@1", "work_order/o4@1", "work_order/o5@1", "work_order/o6@1",
		"delivery/d1@1", "delivery/d2@1", "stock_item/s1@1")
}

// together reads with more marks than one request takes.
func (w *world) together(path string, marks []string) object {
	w.t.Helper()
	for len(marks) > 8 {
		w.read(path, marks[:8]...)
		marks = marks[8:]
	}
	return w.read(path, marks...)
}

func TestEveryNumberByHand(t *testing.T) {
	w := start(t)
	marks := w.scenario()

	got := w.together("units/BSIST000014", marks)
	w.want(got, map[string]float64{
		"assets.total": 3, "assets.draft": 1, "assets.active": 2, "assets.in_service": 1, "assets.working": 1, "assets.not_working": 1,
		"assets.functioning_unknown": 1, "assets.not_in_use": 1, "assets.away": 1, "assets.retired": 1,
		"by_type.hospital_bed.total": 2, "by_type.hospital_bed.active": 1, "by_type.hospital_bed.in_service": 1,
		"by_type.electrocardiograph.total": 1, "by_type.electrocardiograph.active": 1, "by_type.electrocardiograph.not_working": 1,
		"work_orders.total": 2, "work_orders.open": 1, "work_orders.by_state.in_progress": 1, "work_orders.by_state.accepted": 1,
		"work_orders.open_by_type.corrective": 1, "work_orders.open_urgent": 1,
		"deliveries.total": 2, "deliveries.by_state.confirmed": 1, "deliveries.by_state.dispatched": 1, "deliveries.items": 11,
		"deliveries.items_accepted": 8, "deliveries.items_accepted_with_reservation": 1, "deliveries.items_rejected": 1, "deliveries.items_missing": 1,
		"stock.lines": 1, "stock.quantity": 3, "works.accepted_orders": 1, "works.accepted_quantity.m2": 119.3,
	})
	for field, want := range (object{"id": "BSIST000014", "unit_id": "BSIST000014", "name": "Clínica Hospital Santa Rosalía", "office": "baja-california-sur",
		"region": "1", "state_code": "03", "kind": "medical_unit", "unit_type": "CH", "care_level": "2", "operation_state": "open"}) {
		if got[field] != want {
			t.Errorf("%s of the unit: got %v, want %v", field, got[field], want)
		}
	}
	if got["dirty_groups"] != nil || got["as_of"] == nil {
		t.Errorf("bookkeeping is not part of the answer, as_of is: %v", got)
	}
	bcs := map[string]float64{ // Santa Rosalía and Vizcaíno, not the warehouse and not the other institution's unit
		"assets.total": 4, "assets.draft": 1, "assets.active": 3, "assets.in_service": 1, "assets.working": 1, "assets.limited": 1, "assets.not_working": 1,
		"assets.functioning_unknown": 1, "assets.not_in_use": 1, "assets.away": 1, "assets.retired": 1, "assets.quarantined": 1,
		"by_type.hospital_bed.total": 3, "by_type.hospital_bed.active": 2, "by_type.hospital_bed.in_service": 1,
		"by_type.electrocardiograph.total": 1, "by_type.electrocardiograph.active": 1, "by_type.electrocardiograph.not_working": 1,
		"work_orders.total": 5, "work_orders.open": 1, "work_orders.by_state.in_progress": 1, "work_orders.by_state.accepted": 3,
		"work_orders.by_state.cancelled": 1, "work_orders.open_by_type.corrective": 1, "work_orders.open_urgent": 1,
		"deliveries.total": 2, "deliveries.by_state.confirmed": 1, "deliveries.by_state.dispatched": 1, "deliveries.items": 11,
		"deliveries.items_accepted": 8, "deliveries.items_accepted_with_reservation": 1, "deliveries.items_rejected": 1, "deliveries.items_missing": 1,
		"stock.lines": 1, "stock.quantity": 3, "works.accepted_orders": 3, "works.accepted_quantity.m2": 119.6,
	}
	office, state := w.together("offices/baja-california-sur", marks), w.together("states/03", marks)
	w.want(office, bcs)
	w.want(state, bcs)
	nation := w.together("nation", marks)
	for k, v := range map[string]float64{"assets.total": 2, "assets.active": 2, "assets.in_service": 2, "assets.working": 2, "by_type.hospital_bed.total": 2,
		"by_type.hospital_bed.active": 2, "by_type.hospital_bed.in_service": 2, "work_orders.total": 1, "work_orders.open": 1,
		"work_orders.by_state.requested": 1, "work_orders.open_by_type.preventive": 1} {
		bcs[k] += v
	}
	w.want(nation, bcs)
	for _, c := range []struct {
		answer object
		units  float64
		id     string
	}{{office, 2, "baja-california-sur"}, {state, 2, "03"}, {nation, 4, "nation"}} {
		if c.answer["units"] != c.units || c.answer["id"] != c.id || c.answer["name"] == "" || c.answer["as_of"] == nil {
			t.Errorf("got %v, want %v units of %s", c.answer, c.units, c.id)
		}
	}
}

func TestNothingHeardIsZeroAndUnknownIsNotFound(t *testing.T) {
	w := start(t)
	w.unit(1, vizcaino)
	w.want(w.read("units/BSIST000026", "unit/BSIST000026@1"), map[string]float64{})
	w.want(w.read("nation", "unit/BSIST000026@1"), map[string]float64{})
	for _, path := range []string{"offices/sonora", "states/26"} {
		got := w.Want(200, planner, "GET", "/v1/status/"+path, nil)
		w.want(got, map[string]float64{})
		if got["units"] != 0.0 || got["as_of"] != nil || got["figures"].(object)["by_type"] == nil {
			t.Errorf("%s without a unit: got %v", path, got)
		}
	}
	for _, path := range []string{"units/BSIST000014", "offices/atlantis", "states/33", "states/3"} {
		w.Want(404, planner, "GET", "/v1/status/"+path, nil)
	}
}

// A mark that is empty is not none: the figures would be shown without what was asked for.
func TestAnEmptyMarkIsRefused(t *testing.T) {
	w := start(t)
	for _, query := range []string{"min_as_of=", "min_as_of", "min_as_of=&min_as_of=unit/x@1", "min_as_of=unit/x@1,", "min_as_of=unit/x@1&min_as_of="} {
		if p := w.Want(422, planner, "GET", "/v1/status/nation?"+query, nil); p["type"] != "urn:bitacora:problem:filter-empty" {
			t.Errorf("%s: %v", query, p)
		}
	}
}

func TestConditionsOnFiguresAreReadAsHTTPSays(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	w.read("nation", "unit/BSIST000014@1")
	for _, path := range []string{"units/BSIST000014", "offices/baja-california-sur", "offices/sonora", "states/03", "nation"} {
		first := w.Call(planner, "GET", "/v1/status/"+path, nil)
		tag := first.Header.Get("ETag")
		for _, condition := range []string{tag, "W/" + tag, `"x", W/` + tag, "*"} {
			again := w.Call(planner, "GET", "/v1/status/"+path, nil, "If-None-Match", condition)
			if first.Status != 200 || tag == "" || again.Status != 304 || len(again.Body) > 0 || again.Header.Get("ETag") != tag {
				t.Errorf("%s: %d with ETag %q, then %d with %d bytes for %s", path, first.Status, tag, again.Status, len(again.Body), condition)
			}
		}
		if again := w.Call(planner, "GET", "/v1/status/"+path, nil, "If-None-Match", `"x", W/"y"`); again.Status != 200 {
			t.Errorf("%s: %d for other tags", path, again.Status)
		}
		for condition, status := range map[string]int{tag: 200, "*": 200, `"x", ` + tag: 200, "W/" + tag: 412, `"x"`: 412} {
			if again := w.Call(planner, "GET", "/v1/status/"+path, nil, "If-Match", condition); again.Status != status {
				t.Errorf("%s: %d for If-Match %s", path, again.Status, condition)
			}
		}
	}
}

func TestScopes(t *testing.T) {
	w := start(t)
	w.scenario()
	w.read("nation", "asset/a6@1", "unit/SRIST000015@1", "unit/DFIST000018@1", "unit/BSIST000026@1")
	office := servicetest.As("office", "office_administrator@office:sonora")
	mexico := servicetest.As("df", "planner@state:09")
	region := servicetest.As("reg", "auditor@region:1")
	for _, c := range []struct {
		who, path string
		status    int
	}{
		{director, "units/BSIST000014", 200}, {director, "units/BSIST000026", 404}, {director, "offices/baja-california-sur", 404},
		{director, "states/03", 404}, {director, "nation", 404}, {director, "states/07", 404}, {director, "offices/atlantis", 404},
		{office, "units/SRIST000015", 200}, {office, "units/BSIST000014", 404}, {office, "offices/sonora", 200}, {office, "states/26", 200},
		{office, "offices/baja-california-sur", 404}, {office, "nation", 404},
		{mexico, "states/09", 200}, {mexico, "units/DFIST000018", 200}, {mexico, "offices/zona-norte", 404}, {mexico, "states/03", 404},
		{region, "offices/sonora", 200}, {region, "states/03", 200}, {region, "units/BSIST000026", 200}, {region, "states/09", 404}, {region, "nation", 404},
		{planner, "nation", 200}, {planner, "units/BSSSA000013", 200},
		{servicetest.As("req", "requester@unit:BSIST000014"), "units/BSIST000014", 403},
		{servicetest.As("con", "contractor@contractor:c1"), "nation", 403},
		{servicetest.As("tec", "technician@technician:tec"), "units/BSIST000014", 403},
	} {
		if got := w.Call(c.who, "GET", "/v1/status/"+c.path, nil); got.Status != c.status {
			t.Errorf("%s as %s: got %d, want %d: %s", c.path, c.who, got.Status, c.status, got.Body)
		}
	}
}
