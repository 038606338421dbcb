package app_test

import (
	"testing"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/event"
)

// late asks for work on the plant on account of what happened so long ago; the answer comes back.
func (w *world) late(ago time.Duration) answer {
	w.Helper()
	request := corrective()
	request["occurred_at"] = w.before(ago)
	return w.ok(requester, "POST", "/v1/work-orders", request)
}

func TestARequestOfBeforeARestorationThatIsKnownSaysSoAndOneThatWasThereBeforeDoesNot(t *testing.T) {
	w := newWorld(t, 1)
	first, other := w.late(5*time.Hour).Text("id"), w.late(4*time.Hour)
	if other.Text("overtaken_at") != "" {
		t.Errorf("nothing was restored yet: %s", other.Body)
	}
	w.act(engineer, first, "approve", nil)
	w.act(engineer, first, "assign", j{"technician_id": "s-technician"})
	w.act(technician+" technician@technician:s-technician", first, "start", j{"occurred_at": w.before(4 * time.Hour)})
	restored := w.act(technician+" technician@technician:s-technician", first, "restore", j{"occurred_at": w.before(3 * time.Hour)}).Text("restored_at")
	if o := w.late(270 * time.Minute); o.Text("overtaken_at") != restored || o.Text("reported_functioning") != "not_working" {
		t.Errorf("of before the restoration at %s: %s", restored, o.Body)
	}
	if o := w.late(2 * time.Hour); o.Text("overtaken_at") != "" {
		t.Errorf("of after the restoration: %s", o.Body)
	}
	if o := w.ok(requester, "POST", "/v1/work-orders", corrective()); o.Text("overtaken_at") != "" {
		t.Errorf("of now: %s", o.Body)
	}
	if o := w.ok(engineer, "GET", "/v1/work-orders/"+other.Text("id"), nil); o.Text("overtaken_at") != "" {
		t.Errorf("the other was open when the first was restored: its fault may be another: %s", o.Body)
	}
	w.act(engineer, first, "cancel", j{"note": "se capturó en el equipo equivocado"})
	if o := w.late(270 * time.Minute); o.Text("overtaken_at") != "" {
		t.Errorf("a cancelled order leaves no restoration behind: %s", o.Body)
	}
}

func TestARequestOfBeforeALaterWordThatTheAssetServesSaysSo(t *testing.T) {
	for _, c := range []struct {
		value                      string
		said, registered, happened time.Duration
		overtaken                  bool
	}{
		{"working", 3 * time.Hour, 900 * time.Hour, 4 * time.Hour, true},
		{"limited", 3 * time.Hour, 900 * time.Hour, 4 * time.Hour, true},
		{"working", 3 * time.Hour, 900 * time.Hour, 3 * time.Hour, false},
		{"working", 3 * time.Hour, 900 * time.Hour, 2 * time.Hour, false},
		{"not_working", 3 * time.Hour, 900 * time.Hour, 4 * time.Hour, false},
		{"unknown", 3 * time.Hour, 900 * time.Hour, 4 * time.Hour, false},
		{"working", 3 * time.Hour, 3 * time.Hour, 4 * time.Hour, false}, // what it was registered as
		{"working", 3 * time.Hour, time.Hour, 4 * time.Hour, true},      // said of a time before it was registered
	} {
		w := newWorld(t, 1)
		w.Publish(t, event.Assets, "asset.functioning_changed", 2, j{"id": plant, "unit_id": "BSIST000014", "office": "baja-california-sur", "region": "1", "state_code": "03",
			"type_key": "power_plant", "lifecycle": j{"value": "active"}, "functioning": j{"value": c.value}, "registered_at": w.before(c.registered),
			"hands_on": j{"value": c.value, "occurred_at": w.before(c.said), "by": "s-director"}})
		w.heard()
		if o := w.late(c.happened); (o.Text("overtaken_at") != "") != c.overtaken {
			t.Errorf("%+v: %s", c, o.Body)
		}
	}
}
