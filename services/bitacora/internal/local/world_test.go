package local_test

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitacora-salud/bitacora/pkg/auth/devissuer"
	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local"
	"github.com/bitacora-salud/bitacora/services/bitacora/internal/local/localtest"
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

type installation = *localtest.World

// start serves a folder until it is closed.
func start(t *testing.T, dir string) installation {
	t.Helper()
	return localtest.Open(t, localtest.Settings(dir))
}

// object is a JSON object.
type object = map[string]any

// santaRosalia fills an installation with what belongs to Santa Rosalía and to contractor A, waits until the figures have it, and answers the
// type of the one asset among it.
func santaRosalia(t *testing.T, i installation) (plant string) {
	t.Helper()
	const unit = "BSIST000014"
	made := func(user, path string, body object) string {
		t.Helper()
		return i.Want(t, user, "POST", path, body)["id"].(string)
	}
	made("admin", "/v1/units", object{"clues": unit, "name": "Clínica Hospital Santa Rosalía", "unit_type": "CH", "municipality": "Mulegé", "synthetic": true})
	plant = made("admin", "/v1/equipment-types", object{"key": "power_plant", "name_es": "Planta de energía", "category": "building_system", "tracking": "tagged"})
	set := made("admin", "/v1/equipment-types", object{"key": "diagnostic_set", "name_es": "Estuche de diagnóstico", "category": "instruments", "tracking": "counted"})
	made("contracts", "/v1/contractors", object{"id": devissuer.DemoContractorA, "name": "Contratista A"})
	contract := made("contracts", "/v1/contracts", object{"number": "1", "name": "Contrato A", "kind": "maintenance", "contractor_id": devissuer.DemoContractorA,
		"legal_regime": "laassp_2025", "valid_from": "2025-01-01", "valid_to": "2099-12-31", "coverage": object{"nation": true},
		"lots": []object{{"fiscal_year": 2025, "lot": 1, "max_amount": object{"amount_cents": 100_000_000}}, {"fiscal_year": time.Now().Year(), "lot": 2, "max_amount": object{"amount_cents": 100_000_000}}}})
	asset := made("engineer-bcs", "/v1/assets", object{"unit_id": unit, "type_id": plant, "functioning": "working", "use": "in_use"})
	order := "/v1/work-orders/" + made("director-santa-rosalia", "/v1/work-orders", object{"unit_id": unit, "type": "corrective", "priority": "urgent",
		"target": object{"kind": "asset", "asset_id": asset}, "reported_functioning": "not_working", "complaint": "No arranca"})
	made("engineer-bcs", order+"/approve", object{})
	made("engineer-bcs", order+"/estimate", object{"estimate": object{"amount_cents": 1_500_000}})
	made("admin", "/v1/appointments", object{"contract_id": contract, "lot": 2, "subject": devissuer.Subject("contracts"), "places": []string{"unit:" + unit}, "from": "2025-01-01"})
	made("contracts", order+"/commit", object{"contract_id": contract, "lot": 2})
	delivery := "/v1/deliveries/" + made("office-bcs", "/v1/deliveries", object{"unit_id": unit, "supplier_id": devissuer.DemoContractorA,
		"lines": []object{{"type_id": plant, "quantity": 1}, {"type_id": set, "quantity": 3}}})
	made("office-bcs", delivery+"/dispatch", object{})
	made("director-santa-rosalia", delivery+"/confirm", object{"lines": []object{{"line": 1, "accepted": 1}, {"line": 2, "accepted": 3}}})
	servicetest.Eventually(t, "all figures are in", func() bool {
		nation := i.Want(t, "planner", "GET", "/v1/status/nation", nil)
		return figure(nation, "assets.total") == 2 && figure(nation, "stock.quantity") == 3 && figure(nation, "deliveries.items_accepted") == 4
	})
	return plant
}
