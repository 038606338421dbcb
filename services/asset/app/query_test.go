package app_test

import (
	"net/http"
	"testing"
)

// A parameter that is empty, given twice or not read must not be taken for its absence: an import would be carried out.
func TestAnImportThatIsNotPlainlyMeantIsNotCarriedOut(t *testing.T) {
	_, s := start(t)
	const file = "clues,nombre_unidad,tipo,municipio\nBSIST000014,Clínica,CH,Mulegé\n"
	for _, query := range []string{"dry_run=", "dry_run", "dry_run=false&dry_run=true", "dry_run=true&dry_run=true", "dry_run=yes", "DRY_RUN=true", "dry_run=true;", "dry_run=true&x=1", "%zz&dry_run=true"} {
		if a := s.Call(admin, "POST", "/v1/units/import?"+query, file, "Content-Type", "text/csv"); a.Status != 422 && a.Status != 400 {
			t.Errorf("%s: %d %s", query, a.Status, a.Body)
		}
	}
	if items := s.Items(admin, "/v1/units"); len(items) != 0 {
		t.Errorf("something was imported: %v", items)
	}
	if report := s.Want(200, admin, "POST", "/v1/units/import?dry_run=true", file, "Content-Type", "text/csv"); report["dry_run"] != true {
		t.Errorf("a dry run: %v", report)
	}
}

func TestASerialNumberThatHoldsACommaIsFoundByItself(t *testing.T) {
	_, s := start(t)
	register(t, s)
	ecg := s.Want(201, admin, "POST", "/v1/equipment-types", map[string]any{"key": "ecg", "name_es": "Electrocardiógrafo", "category": "medical_equipment", "tracking": "serialised"})["id"]
	for _, serial := range []string{"1669, Sys ID: 81256329", "Sys ID: 81256329", "1669"} {
		s.Want(201, engineer, "POST", "/v1/assets", map[string]any{"unit_id": "BSIST000014", "type_id": ecg, "serial_number": serial})
	}
	for query, want := range map[string]int{
		"serial_number=1669%2C%20Sys%20ID%3A%2081256329":               1,
		"serial_number=1669,Sys%20ID:%2081256329":                      2,
		"serial_number=1669&serial_number=Sys%20ID%3A%2081256329":      2,
		"serial_number=1669":                                           1,
		"unit_id=BSIST000014,BSIST000026&serial_number=1669":           1,
		"unit_id=BSIST000014&unit_id=BSIST000026&serial_number=1669,x": 1,
	} {
		a := s.Want(http.StatusOK, engineer, "GET", "/v1/assets?"+query, nil)
		if items := a["items"].([]any); len(items) != want {
			t.Errorf("%s: %d of them, want %d", query, len(items), want)
		}
	}
}
