package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

var (
	retirement = map[string]any{"reason": "beyond_repair", "note": "lo vio Juana Pérez"}
	mistake    = map[string]any{"reason": "duplicate"}
)

// tagged registers a bed with that tag; its id comes back.
func tagged(s *servicetest.Service, bed, tag string) string {
	return s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": tag})["id"].(string)
}

// hear tells the asset of an order of its own and waits until it is listed, or no longer.
func hear(t *testing.T, w *servicetest.World, s *servicetest.Service, order string, version int64, asset, state string, open bool) {
	t.Helper()
	w.Publish(t, event.WorkOrders, "work_order."+state, version, map[string]any{"id": order, "folio": "OT-" + order, "type": "preventive", "state": state,
		"target": map[string]any{"kind": "asset", "asset_id": asset}})
	servicetest.Eventually(t, order+" "+state, func() bool {
		for _, id := range s.Want(200, planner, "GET", "/v1/assets/"+asset, nil).Texts("open_orders") {
			if id == order {
				return open
			}
		}
		return !open
	})
}

func TestAnAssetIsRetiredOnceNoWorkOrderOnItIsOpen(t *testing.T) {
	w, s := start(t)
	bed := register(t, s)
	id := tagged(s, bed, "INV-1")
	path := "/v1/assets/" + id
	hear(t, w, s, "o-1", 1, id, "requested", true)
	refused := s.Want(409, office, "POST", path+"/retire", retirement)
	if refused.Rule() != "orders-open" || !strings.Contains(refused["detail"].(string), "OT-o-1") {
		t.Errorf("the open order is named: %v", refused)
	}
	hear(t, w, s, "o-1", 2, id, "declined", false)
	s.Refused(409, "asset-had-orders", engineer, "POST", path+"/void", mistake)
	s.Want(403, director, "POST", path+"/retire", retirement)
	s.Want(403, director, "POST", path+"/retype", map[string]any{"type_id": bed})
	a := s.Want(200, office, "POST", path+"/retire", retirement)
	if l := a["lifecycle"].(map[string]any); l["value"] != "retired" || l["reason"] != "beyond_repair" || l["by"] != "s-office" || a["in_service"] != false {
		t.Errorf("retired: %v", a)
	}
	s.Refused(409, "asset-retired", engineer, "POST", path+"/void", mistake)
	s.Refused(409, "tag-taken", engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV-1"})
	if n := a["notes"].([]any)[0].(map[string]any); n["text"] != retirement["note"] || n["fact"] != "lifecycle" {
		t.Errorf("the words are kept with the asset: %v", n)
	}
	for _, record := range w.Published(t, event.Assets, id, 4) {
		if strings.Contains(record, "Juana") {
			t.Errorf("an event carries the words: %s", record)
		}
	}
}

func TestAVoidedRegistrationFreesWhatItHad(t *testing.T) {
	_, s := start(t)
	register(t, s)
	body := map[string]any{"unit_id": "BSIST000014", "type_id": ecg(s), "inventory_tag": "INV-7", "brand": "BTL", "model": "BTL-08", "serial_number": "AR-1"}
	path := "/v1/assets/" + s.Want(201, engineer, "POST", "/v1/assets", body)["id"].(string)
	s.Want(409, engineer, "POST", "/v1/assets", body)
	s.Want(403, office, "POST", path+"/void", mistake)
	a := s.Want(200, engineer, "POST", path+"/void", mistake)
	if had := a["voided"].(map[string]any); had["inventory_tag"] != "INV-7" || had["serial_number"] != "AR-1" || a["inventory_tag"] != nil || a["serial_number"] != nil {
		t.Errorf("what it had is told and is its no longer: %v", a)
	}
	if l := a["lifecycle"].(map[string]any); l["value"] != "retired" || l["reason"] != "duplicate" {
		t.Errorf("releases before this one read it as retired: %v", l)
	}
	s.Want(409, engineer, "PATCH", path, map[string]any{"inventory_tag": "INV-7"}, "If-Match", `"2"`)
	if again := s.Want(201, engineer, "POST", "/v1/assets", body); again["lifecycle"].(map[string]any)["value"] != "active" {
		t.Errorf("tag and serial number are free: %v", again)
	}
	if n := len(s.Items(planner, path+"/history")); n != 2 {
		t.Errorf("its history of %d stays", n)
	}
}

// Retiring or voiding, and requesting an order, are two services' work: of the same moment both succeed. The asset stays retired, says so and
// is listed until no order on it is open any more; its history tells of which order.
func TestAnOrderThatIsOpenOnARetiredOrVoidedAssetIsADiscrepancyUntilItEnds(t *testing.T) {
	w, s := start(t)
	bed := register(t, s)
	const listed = "/v1/assets?discrepancy=retired_with_open_orders"
	for verb, body := range map[string]map[string]any{"retire": retirement, "void": mistake} {
		id := tagged(s, bed, verb)
		path := "/v1/assets/" + id
		s.Want(200, engineer, "POST", path+"/"+verb, body)
		first, second := verb+"-1", verb+"-2"
		hear(t, w, s, first, 1, id, "requested", true)
		hear(t, w, s, second, 1, id, "requested", true)
		a := s.Want(200, director, "GET", path, nil)
		if got := s.IDs(planner, listed); !slices.Equal(got, []string{id}) || !slices.Equal(a.Texts("discrepancies"), []string{"retired_with_open_orders"}) || a.At("lifecycle.value") != "retired" {
			t.Errorf("%s: listed %v, of %v", verb, got, a)
		}
		hear(t, w, s, first, 2, id, "approved", true)
		hear(t, w, s, first, 3, id, "cancelled", false)
		if got := s.IDs(planner, listed); len(got) != 1 {
			t.Errorf("%s: one order is open still, listed %v", verb, got)
		}
		hear(t, w, s, second, 2, id, "declined", false)
		if got, a := s.IDs(planner, listed), s.Want(200, director, "GET", path, nil); len(got) != 0 || a["discrepancies"] != nil {
			t.Errorf("%s: all its orders are over, listed %v, of %v", verb, got, a)
		}
		told := map[any]int{}
		for _, e := range s.Items(planner, path+"/history") {
			if e := e.(map[string]any); strings.HasSuffix(e["type"].(string), "order_on_retired.v1") {
				told[e["change"].(map[string]any)["order_id"]]++
			}
		}
		if len(told) != 2 || told[first] != 1 || told[second] != 1 {
			t.Errorf("%s: the conflicts told of are %v", verb, told)
		}
	}
}
