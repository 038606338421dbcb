package local_test

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/service"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if boot := os.Getenv(childBoot); boot != "" {
			local.SetBootFile(boot)
		}
		child(dir)
	}
	goleak.VerifyTestMain(m)
}

const tokenTTL = time.Hour

type installation = *local.Installation

// started is an installation on a folder until the test ends.
func started(t *testing.T, dir string) installation {
	t.Helper()
	i := start(t, dir)
	t.Cleanup(func() { stop(t, i) })
	return i
}

func start(t *testing.T, dir string) installation {
	t.Helper()
	i, err := local.Start(t.Context(), settings(dir), "test", slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})))
	if err != nil {
		t.Fatal(err)
	}
	return i
}

func settings(dir string) local.Config {
	return local.Config{HTTP: local.HTTP{Addr: "127.0.0.1:0"}, DataDir: dir, Service: service.Config{MaxInFlight: 256, Timeout: 15 * time.Second}, Log: local.Log{Level: "warn"}}
}

func stop(t *testing.T, i installation) {
	t.Helper()
	if err := i.Stop(context.Background()); err != nil {
		t.Errorf("stop: %v", err)
	}
}

// object is a JSON object.
type object = map[string]any

// santaRosalia fills an installation with what belongs to Santa Rosalía and to contractor A. It answers the words that nobody else may
// see, and an id of each collection by its path.
func santaRosalia(t *testing.T, i installation) (secrets []string, targets map[string]string) {
	t.Helper()
	const unit = "BSIST000014"
	want(t, i, "admin", "POST", "/v1/units", object{"clues": unit, "name": "Clínica Hospital Santa Rosalía", "unit_type": "CH", "municipality": "Mulegé", "synthetic": true})
	plant := want(t, i, "admin", "POST", "/v1/equipment-types", object{"key": "power_plant", "name_es": "Planta de energía", "category": "building_system", "tracking": "tagged"})["id"].(string)
	set := want(t, i, "admin", "POST", "/v1/equipment-types", object{"key": "diagnostic_set", "name_es": "Estuche de diagnóstico", "category": "instruments", "tracking": "counted"})["id"].(string)
	want(t, i, "contracts", "POST", "/v1/contractors", object{"id": devissuer.DemoContractorA, "name": "Contratista A"})
	contract := want(t, i, "contracts", "POST", "/v1/contracts", object{"number": "SECRETO-1", "name": "Contrato A", "kind": "maintenance", "contractor_id": devissuer.DemoContractorA,
		"legal_regime": "laassp_2025", "valid_from": "2025-01-01", "valid_to": "2099-12-31", "coverage": object{"nation": true},
		"lots": []object{{"fiscal_year": 2025, "lot": 1, "max_amount": object{"amount_cents": 100_000_000}}, {"fiscal_year": time.Now().Year(), "lot": 2, "max_amount": object{"amount_cents": 100_000_000}}}})["id"].(string)
	asset := want(t, i, "engineer-bcs", "POST", "/v1/assets", object{"unit_id": unit, "type_id": plant, "functioning": "working", "use": "in_use"})["id"].(string)
	order := want(t, i, "director-santa-rosalia", "POST", "/v1/work-orders", object{"unit_id": unit, "type": "corrective", "priority": "urgent",
		"target": object{"kind": "asset", "asset_id": asset}, "reported_functioning": "not_working", "complaint": "No arranca"})["id"].(string)
	want(t, i, "engineer-bcs", "POST", "/v1/work-orders/"+order+"/approve", object{})
	want(t, i, "engineer-bcs", "POST", "/v1/work-orders/"+order+"/estimate", object{"estimate": object{"amount_cents": 1_500_000}})
	want(t, i, "admin", "POST", "/v1/appointments", object{"contract_id": contract, "lot": 2, "subject": devissuer.Subject("contracts"), "places": []string{"unit:" + unit}, "from": "2025-01-01"})
	want(t, i, "contracts", "POST", "/v1/work-orders/"+order+"/commit", object{"contract_id": contract, "lot": 2})
	delivery := want(t, i, "office-bcs", "POST", "/v1/deliveries", object{"unit_id": unit, "supplier_id": devissuer.DemoContractorA,
		"lines": []object{{"type_id": plant, "quantity": 1}, {"type_id": set, "quantity": 3}}})["id"].(string)
	want(t, i, "office-bcs", "POST", "/v1/deliveries/"+delivery+"/dispatch", object{})
	want(t, i, "director-santa-rosalia", "POST", "/v1/deliveries/"+delivery+"/confirm", object{"lines": []object{{"line": 1, "accepted": 1}, {"line": 2, "accepted": 3}}})
	var stock string
	servicetest.Eventually(t, "the sets are on the stock sheet", func() bool {
		items := want(t, i, "planner", "GET", "/v1/stock", nil)["items"].([]any)
		if len(items) == 1 {
			stock = items[0].(object)["id"].(string)
		}
		return stock != ""
	})
	servicetest.Eventually(t, "status knows the unit", func() bool {
		return want(t, i, "planner", "GET", "/v1/status/units/"+unit, nil)["id"] == unit
	})
	return []string{unit, asset, order, delivery, stock, "Santa Rosalía", "No arranca"},
		map[string]string{"units": unit, "assets": asset, "work-orders": order, "deliveries": delivery, "stock": stock, "status/units": unit,
			"contracts": contract, "contractors": devissuer.DemoContractorA}
}
