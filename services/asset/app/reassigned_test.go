package app_test

import (
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

func TestAnAssetIsSeenByWhoHasItsOrderNowAndByNobodyWhoHadIt(t *testing.T) {
	w, s := start(t)
	bed := register(t, s)
	id := s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV-1"})["id"].(string)
	path := "/v1/assets/" + id
	sees := func(contractor string, version int64) {
		t.Helper()
		_, o := order("o-1", id, "assigned", version, "")
		o["contractor_id"] = contractor
		w.Publish(t, event.WorkOrders, "work_order.assigned", version, o)
		servicetest.Eventually(t, "who has the order sees the asset", func() bool {
			return s.Call(servicetest.As("con", "contractor@contractor:"+contractor), "GET", path, nil).Status == 200
		})
	}
	sees("c-1", 3)
	sees("c-2", 4)
	former := servicetest.As("con", "contractor@contractor:c-1")
	s.Want(404, former, "GET", path, nil)
	if list := s.Items(former, "/v1/assets"); len(list) != 0 {
		t.Errorf("who had the order still lists its asset: %v", list)
	}
}
