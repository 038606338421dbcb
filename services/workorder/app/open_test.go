package app_test

import (
	"fmt"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// An asset lists what each open order on it says, and its events carry that: there is a bound on how many there can be.
func TestOpenOrdersOnOneAssetAreBounded(t *testing.T) {
	w := newWorld(t, 1)
	open := func(version int64, n int) {
		orders := make([]j, n)
		for i := range orders {
			orders[i] = j{"id": fmt.Sprint("o-", i), "stops": true}
		}
		w.Publish(w.T, event.Assets, "asset.orders_changed", version, j{"id": plant, "unit_id": "BSIST000014", "office": "baja-california-sur", "region": "1",
			"state_code": "03", "type_key": "power_plant", "lifecycle": j{"value": "active"}, "functioning": j{"value": "not_working"}, "open_orders": orders})
		w.heard()
	}
	open(2, 50)
	w.refused(409, "too-many-orders", requester, "POST", "/v1/work-orders", corrective())
	open(3, 49)
	w.ok(requester, "POST", "/v1/work-orders", corrective())
}
