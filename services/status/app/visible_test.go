package app_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/event"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/status/app"
)

// total reads the number of assets as soon as the figures include the marks; an answer in time must have it right.
func (w *world) total(path string, marks ...string) float64 {
	w.t.Helper()
	return figures(w.read(path, marks...))["assets.total"]
}

var everywhere = []string{"units/BSIST000014", "offices/baja-california-sur", "states/03", "nation"}

func TestReadersSeeWhatTheyWrote(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	for i := 1; i <= 20; i++ {
		id := fmt.Sprintf("a%d", i)
		w.asset(1, asset(id, rosalia, "hospital_bed", "active", "working"))
		path := everywhere[i%len(everywhere)]
		if got := w.total(path, "asset/"+id+"@1"); got != float64(i) {
			t.Fatalf("%s after the asset %d: got %v", path, i, got)
		}
	}
}

func TestReadersAreWokenBeforeTheFactIsThere(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	w.read("nation", "unit/BSIST000014@1")
	answers := make(chan string)
	go func() {
		a := w.Call(planner, "GET", "/v1/status/nation?min_as_of=asset/a1@2", nil)
		answers <- fmt.Sprint(a.Status, strings.Contains(string(a.Body), `"total":1`))
	}()
	w.asset(1, asset("a1", rosalia, "hospital_bed", "draft", "unknown"))
	w.asset(2, asset("a1", rosalia, "hospital_bed", "active", "working"))
	if got := <-answers; got != "200 true" && !strings.HasPrefix(got, "503") { // a busy machine may need more than a second
		t.Errorf("a reader that asked before the write: got %s", got)
	}
}

func TestWhatMovesIsCountedWhereItIsNowAndNowhereElse(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	w.unit(1, sonora)
	w.asset(1, asset("a1", rosalia, "hospital_bed", "active", "working"))
	w.read("nation", "asset/a1@1", "unit/BSIST000014@1", "unit/SRIST000015@1")
	w.asset(2, asset("a1", sonora, "hospital_bed", "active", "working"))
	for path, want := range map[string]float64{"units/BSIST000014": 0, "states/03": 0, "offices/baja-california-sur": 0, "units/SRIST000015": 1,
		"states/26": 1, "nation": 1} {
		if got := w.total(path, "asset/a1@2"); got != want {
			t.Errorf("%s after the asset moved from Baja California Sur to Sonora: got %v, want %v", path, got, want)
		}
	}
	// Who had it may wait for its leaving, and the unit itself may move.
	w.Want(200, director, "GET", "/v1/status/units/BSIST000014?min_as_of=asset/a1@2", nil)
	w.unit(2, unit("SRIST000015", "09", "zona-sur", "3"))
	for path, want := range map[string]float64{"states/26": 0, "offices/sonora": 0, "states/09": 1, "offices/zona-sur": 1, "nation": 1} {
		if got := w.total(path, "unit/SRIST000015@2"); got != want {
			t.Errorf("%s after the unit moved from Sonora to Mexico City: got %v, want %v", path, got, want)
		}
	}
}

func TestFactsWaitForTheirUnit(t *testing.T) {
	w := start(t)
	w.asset(1, asset("a1", rosalia, "hospital_bed", "active", "working"))
	a := w.Call(planner, "GET", "/v1/status/nation?min_as_of=asset/a1@1", nil)
	if a.Status != 503 {
		t.Errorf("a fact whose unit is not known is not visible: got %d", a.Status)
	}
	w.Want(404, planner, "GET", "/v1/status/units/BSIST000014", nil)
	w.unit(1, rosalia)
	for _, path := range everywhere {
		if got := w.total(path, "asset/a1@1"); got != 1 {
			t.Errorf("%s once the unit is there: got %v", path, got)
		}
	}
}

func TestSnapshotsAndOldRecords(t *testing.T) {
	w := start(t)
	w.unit(3, rosalia)
	w.Publish(t, event.Assets, "asset.snapshot", 5, asset("a1", rosalia, "hospital_bed", "active", "working"))
	w.Publish(t, event.Assets, "stock_item.snapshot", 2, place(rosalia, object{"id": "s1", "quantity": 4}))
	w.asset(4, asset("a1", sonora, "hospital_bed", "retired", "unknown"))
	w.Publish(t, event.Assets, "transfer.requested", 1, object{"id": "t1", "unit_id": "BSIST000014"})
	w.asset(1, asset("a2", rosalia, "hospital_bed", "retired", "unknown"))
	got := w.read("nation", "asset/a2@1", "asset/a1@5", "stock_item/s1@2")
	w.want(got, map[string]float64{"assets.total": 1, "assets.active": 1, "assets.in_service": 1, "assets.working": 1, "assets.retired": 1,
		"by_type.hospital_bed.total": 1, "by_type.hospital_bed.active": 1, "by_type.hospital_bed.in_service": 1, "stock.lines": 1, "stock.quantity": 4})
}

// TestPoisonIsParked: what cannot be read stands aside, the rest flows.
func TestPoisonIsParked(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	w.asset(1, object{"id": "bad", "unit_id": 7})
	w.asset(1, object{"id": "nowhere", "type_key": "hospital_bed"})
	w.asset(1, asset("a1", rosalia, "hospital_bed", "active", "working"))
	if got := w.total("nation", "asset/a1@1"); got != 1 {
		t.Errorf("beside poison: got %v", got)
	}
}

func TestTwoInstances(t *testing.T) {
	shared, driver := servicetest.Servers(t)
	one := &world{shared, shared.Start(t, app.New, driver), t}
	two := &world{shared, shared.Start(t, app.New, driver), t}
	marks := one.scenario()
	want := figures(one.together("nation", marks))
	if got := two.together("nation", marks); fmt.Sprint(figures(got)) != fmt.Sprint(want) || want["assets.total"] != 6 {
		t.Errorf("two instances differ: %v and %v", figures(got), want)
	}
	for i := 1; i <= 30; i++ {
		id := fmt.Sprintf("b%d", i)
		one.asset(1, asset(id, []object{rosalia, sonora}[i%2], "hospital_bed", "active", "working"))
		asked := []*world{one, two}[i/2%2]
		if got := asked.total("nation", "asset/"+id+"@1"); got != float64(6+i) {
			t.Fatalf("asset %d: got %v", i, got)
		}
	}
}

func TestMarksThatCannotBe(t *testing.T) {
	w := start(t)
	w.unit(1, rosalia)
	w.read("units/BSIST000014", "unit/BSIST000014@1")
	for _, mark := range []string{"asset", "asset/x", "asset/x@0", "asset/x@y", "asset/x@1,", "contract/x@1", "/x@1", strings.Repeat("asset/x@1,", 20) + "asset/x@1"} {
		a := w.Call(planner, "GET", "/v1/status/nation?min_as_of="+mark, nil)
		if a.Status != 422 || !strings.Contains(string(a.Body), `"query.min_as_of"`) {
			t.Errorf("%s: got %d %s", mark, a.Status, a.Body)
		}
	}
	if a := w.Call(planner, "GET", "/v1/status/nation?min_as_of=contract/x@1", nil); !strings.Contains(string(a.Body), `["unit","asset","stock_item","work_order","delivery"]`) {
		t.Errorf("what may be waited for is named: got %s", a.Body)
	}
	for _, path := range []string{"nation", "units/BSIST000014", "states/03"} {
		a := w.Call(planner, "GET", "/v1/status/"+path+"?min_as_of=unit/BSIST000014@1&min_as_of=asset/never@1", nil)
		if a.Status != 503 || a.Header.Get("Retry-After") == "" || !strings.Contains(string(a.Body), "urn:bitacora:problem:not-yet-visible") {
			t.Errorf("%s: what never comes: got %d %s", path, a.Status, a.Body)
		}
	}
	for series := range w.Metrics() {
		if strings.HasPrefix(series, "bitacora_http_requests_total{") && strings.Contains(series, `status="503"`) && !strings.Contains(series, `outcome="awaited"`) {
			t.Errorf("what a client waits for in vain counts as a failure of the service: %s", series)
		}
	}
	if w.Metrics()[`bitacora_http_requests_total{operation="status.nation",outcome="awaited",service="status",status="503"}`] != 1 {
		t.Error("it is not counted as awaited")
	}
	// Out of scope and not there are the same.
	a := w.Call(servicetest.As("dir", "unit_director@unit:BSIST000026"), "GET", "/v1/status/units/BSIST000014?min_as_of=unit/BSIST000014@1", nil)
	b := w.Call(servicetest.As("dir", "unit_director@unit:BSIST000026"), "GET", "/v1/status/units/BSIST000099?min_as_of=unit/BSIST000099@1", nil)
	if a.Status != 503 || b.Status != 503 {
		t.Errorf("marks out of scope: got %d and %d", a.Status, b.Status)
	}
}
