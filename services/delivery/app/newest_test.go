package app_test

import (
	"slices"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/delivery/app"
)

// The latest deliveries come first where that is asked for, page after page, each once.
func TestTheLatestDeliveriesComeFirst(t *testing.T) {
	w, driver := servicetest.Servers(t)
	s := w.Start(t, app.New, driver)
	learn(t, w)
	for range 5 {
		create(t, s, office, map[string]any{"unit_id": "BSIST000014", "lines": lines(2)})
	}
	all := len(s.Want(200, office, "GET", "/v1/deliveries?limit=200", nil).List("items"))
	for _, filter := range []string{"", "&state=draft", "&unit_id=BSIST000014", "&unit_id=BSIST000014&state=draft,cancelled"} {
		var at, ids []string
		for path := "/v1/deliveries?sort=newest&limit=2" + filter; path != ""; {
			a := s.Want(200, office, "GET", path, nil)
			for _, item := range a.List("items") {
				at, ids = append(at, item.(map[string]any)["created_at"].(string)), append(ids, item.(map[string]any)["id"].(string))
			}
			if path = ""; a.Text("next_cursor") != "" {
				path = "/v1/deliveries?sort=newest&limit=2" + filter + "&cursor=" + a.Text("next_cursor")
			}
		}
		slices.Reverse(at)
		slices.Sort(ids)
		if !slices.IsSorted(at) || len(slices.Compact(ids)) != all || all < 5 {
			t.Errorf("%s: %d deliveries, at %v", filter, len(ids), at)
		}
	}
}
