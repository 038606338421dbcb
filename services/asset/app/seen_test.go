package app_test

import (
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestAnAssetIsSeenByWhoHasItsOrderNowAndByNobodyWhoHadIt(t *testing.T) {
	w, s := start(t)
	id := tagged(s, register(t, s), "INV-1")
	contractor := func(id string) string { return servicetest.As("con", "contractor@contractor:"+id) }
	for i, now := range []string{"c-1", "c-2"} {
		_, o := order("o-1", id, "assigned", 3, "")
		o["contractor_id"] = now
		w.Publish(t, event.WorkOrders, "work_order.assigned", int64(3+i), o)
		servicetest.Eventually(t, "who has the order sees the asset", func() bool { return s.Call(contractor(now), "GET", "/v1/assets/"+id, nil).Status == 200 })
	}
	s.Want(404, contractor("c-1"), "GET", "/v1/assets/"+id, nil)
	if list := s.Items(contractor("c-1"), "/v1/assets"); len(list) != 0 {
		t.Errorf("who had the order still lists its asset: %v", list)
	}
}

// A technician of the institution's own reads the asset of an order that is theirs, its history too, and of other orders on it nothing; an order that
// went to somebody else takes the asset along.
func TestATechnicianSeesTheAssetOfTheirOwnOrder(t *testing.T) {
	w, s := start(t)
	id := tagged(s, register(t, s), "INV-1")
	path := "/v1/assets/" + id
	own, other := servicetest.As("s-own", "technician@technician:s-own"), servicetest.As("s-other", "technician@technician:s-other")
	s.Want(404, own, "GET", path, nil)
	for version, has := range []string{"s-other", "s-own"} {
		_, o := order("o-1", id, "assigned", 3, "")
		o["technician_id"] = has
		w.Publish(t, event.WorkOrders, "work_order.assigned", int64(3+version), o)
		servicetest.Eventually(t, "who has the order sees the asset", func() bool {
			return s.Call(servicetest.As(has, "technician@technician:"+has), "GET", path, nil).Status == 200
		})
	}
	w.Publish(t, event.WorkOrders, "work_order.assigned", 3, map[string]any{"id": "o-2", "folio": "OT-2", "type": "corrective", "state": "assigned",
		"target": map[string]any{"kind": "asset", "asset_id": id}, "contractor_id": "c-1", "reported_functioning": "not_working",
		"reported_at": "2025-08-01T18:00:00.000Z", "reported_by": "req-1"})
	servicetest.Eventually(t, "both orders", func() bool { return len(s.Want(200, planner, "GET", path, nil).Texts("open_orders")) == 2 })
	for _, got := range [][]byte{s.Call(own, "GET", path, nil).Body, s.Call(own, "GET", "/v1/assets", nil).Body, s.Call(own, "GET", path+"/history", nil).Body} {
		if text := string(got); strings.Contains(text, "o-2") || strings.Contains(text, "OT-2") || strings.Contains(text, "req-1") || !strings.Contains(text, id) {
			t.Errorf("it shows another's order: %s", text)
		}
	}
	s.Want(404, other, "GET", path, nil)
	s.Want(404, other, "GET", path+"/history", nil)
	if list := s.Items(other, "/v1/assets"); len(list) != 0 {
		t.Errorf("who had the order still lists its asset: %v", list)
	}
}

// Two contractors have orders on one plant. Each sees the plant, and of the other nothing: not in an answer, a list or the history.
func TestAContractorSeesOnlyItsOwnOrdersOfAnAsset(t *testing.T) {
	w, s := start(t)
	id := tagged(s, register(t, s), "INV-1")
	path := "/v1/assets/" + id
	for _, n := range []string{"1", "2"} {
		w.Publish(t, event.WorkOrders, "work_order.assigned", 3, map[string]any{"id": "o-" + n, "folio": "OT-" + n, "type": "corrective", "state": "assigned",
			"target": map[string]any{"kind": "asset", "asset_id": id}, "contractor_id": "c-" + n, "reported_functioning": "not_working",
			"reported_at": "2025-08-0" + n + "T18:00:00.000Z", "reported_by": "req-" + n})
	}
	servicetest.Eventually(t, "both orders", func() bool { return len(s.Want(200, planner, "GET", path, nil).Texts("open_orders")) == 2 })
	second := servicetest.As("con", "contractor@contractor:c-2")
	both := servicetest.As("con", "contractor@contractor:c-2", "planner@nation")
	answer := s.Call(second, "GET", path, nil)
	for _, got := range [][]byte{answer.Body, s.Call(second, "GET", "/v1/assets", nil).Body, s.Call(second, "GET", path+"/history", nil).Body} {
		if text := string(got); strings.Contains(text, "o-1") || strings.Contains(text, "OT-1") || strings.Contains(text, `"c-1"`) || strings.Contains(text, "req-1") || !strings.Contains(text, id) {
			t.Errorf("it shows the rival's order: %s", text)
		}
	}
	whole := s.Call(planner, "GET", path, nil)
	if own := answer.Texts("open_orders"); len(own) != 1 || own[0] != "o-2" || answer.At("functioning.value") != "not_working" {
		t.Errorf("its own order and what the plant is: %s", answer.Body)
	}
	if tag := answer.Header.Get("ETag"); tag == whole.Header.Get("ETag") || s.Call(second, "GET", path, nil, "If-None-Match", whole.Header.Get("ETag")).Status != 200 ||
		s.Call(second, "GET", path, nil, "If-None-Match", tag).Status != 304 {
		t.Errorf("what a browser kept of the planner's is answered to the contractor: %s", tag)
	}
	own := false
	for _, h := range s.Items(second, path+"/history") {
		own = own || servicetest.Document(h.(map[string]any)).At("change.order_id") == "o-2"
	}
	if !own || len(s.Want(200, both, "GET", path, nil).Texts("open_orders")) != 2 {
		t.Error("its own order is in the history, and who sees the asset by its place sees all of it")
	}
}
