package app_test

import "testing"

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
