package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/table"
)

// imported are a report's counts: created, changed, unchanged, rejected.
func imported(report object) string {
	return fmt.Sprint(report["created"], report["changed"], report["unchanged"], report["rejected"])
}

// refusedRows are the rows that a report rejects, each with its rule.
func refusedRows(report object) string {
	var out []string
	errs, _ := report["errors"].([]any)
	for _, e := range errs {
		e, _ := e.(object)
		out = append(out, fmt.Sprint(e["row"], " ", e["rule"]))
	}
	return strings.Join(out, ", ")
}

// TestADryRunSaysWhatTheImportDoes: keys of the institution that are taken, twice in the file or by a unit that is registered, are found by both.
func TestADryRunSaysWhatTheImportDoes(t *testing.T) {
	_, s := start(t)
	const head = "clues,nombre_unidad,clave_unidad_issste\n"
	s.Want(201, admin, "POST", "/v1/units", object{"id": "SR-IST-000020", "name": "Almacén", "state_code": "26"})
	for _, c := range []struct{ rows, want, refused string }{
		{"BSIST000014,Uno,03-999-01\nBSIST000026,Dos,03 999 01\n", "1 0 0 1", "3 already-exists"},
		{"BSIST000031,Tres,03-999-01\n", "0 0 0 1", "2 already-exists"},
		{"BSIST000026,Dos,\nBSIST000031,Tres,03-999-02\n", "2 0 0 0", ""},
		{"BSIST000026,,03-999-01\n", "0 0 0 1", "2 already-exists"},
		{"BSIST000014,,03-999-03\nBSIST000026,,03-999-01\n", "0 2 0 0", ""},
		{"BSIST000031,,03.999.03\n", "0 0 0 1", "2 already-exists"},
		{"BSIST000031,,S/N\n", "0 1 0 0", ""},
		{"SRIST000015,Cuatro,S/N\n", "1 0 0 0", ""},
		{"SRIST000020,Cinco,\n", "0 0 0 1", "2 unit-key-taken"},
	} {
		for _, dry := range []string{"true", "false"} {
			report := s.Want(200, admin, "POST", "/v1/units/import?dry_run="+dry, head+c.rows, "Content-Type", "text/csv")
			if imported(report) != c.want || refusedRows(report) != c.refused {
				t.Errorf("%q, dry run %s: %s, %s", c.rows, dry, imported(report), refusedRows(report))
			}
		}
	}
}

// TestAFileOfASpreadsheetIsRead: as one writes it in a Mexican office. What else is read is pkg/table's.
func TestAFileOfASpreadsheetIsRead(t *testing.T) {
	_, s := start(t)
	report := s.Want(200, admin, "POST", "/v1/units/import", "clues;nombre_unidad\r\nBSIST000014;Cl\xednica \xd1and\xfa\r\nBSIST000026;Pe\xf1a\r\n", "Content-Type", "text/csv")
	if got := s.Want(200, admin, "GET", "/v1/units/BSIST000014", nil)["name"]; imported(report) != "2 0 0 0" || got != "Clínica Ñandú" {
		t.Errorf("%v, stored as %q", report, got)
	}
}

// TestAWorkbookOfUnitsIsImported: as a text is; a rejected row is named with its sheet.
func TestAWorkbookOfUnitsIsImported(t *testing.T) {
	_, s := start(t)
	var file bytes.Buffer
	w, err := table.XLSX{Sheet: "Unidades"}.Writer(&file, []table.Column{{Headings: []string{"clues"}}, {Headings: []string{"nombre_unidad"}},
		{Headings: []string{"latitud"}, Kind: table.Figure}, {Headings: []string{"camas"}, Kind: table.Figure}})
	for _, row := range [][]string{{"BSIST000014", "Clínica Ñandú", "27.339251", "12"}, {"BSIST00002", "Corta", "", ""}} {
		if err == nil {
			err = w.Row(row)
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	report := s.Want(200, admin, "POST", "/v1/units/import", file.String(), "Content-Type", "application/octet-stream")
	got := s.Want(200, admin, "GET", "/v1/units/BSIST000014", nil)
	if imported(report) != "1 0 0 1" || refusedRows(report) != "3 clues-shape" || got["name"] != "Clínica Ñandú" || got["latitude"] != 27.339251 || got["census_beds"] != 12.0 {
		t.Errorf("%v, stored as %v", report, got)
	}
	if diff := cmp.Diff("Unidades", report["errors"].([]any)[0].(object)["sheet"]); diff != "" {
		t.Error(diff)
	}
}

// TestAFileImportedTwiceAtOnceCreatesOnce: whichever of the two comes first with a row creates it, the other finds it unchanged.
func TestAFileImportedTwiceAtOnceCreatesOnce(t *testing.T) {
	_, s := start(t)
	const units = 300
	var file strings.Builder
	file.WriteString("clues,nombre_unidad,clave_unidad_issste\n")
	for n := range units {
		fmt.Fprintf(&file, "BSIST1%05d,Unidad %d,K-%d\n", n, n, n)
	}
	var reports [2]object
	var group sync.WaitGroup
	for i := range reports {
		group.Go(func() {
			a := s.Call(admin, "POST", "/v1/units/import", file.String(), "Content-Type", "text/csv")
			if err := json.Unmarshal(a.Body, &reports[i]); err != nil {
				t.Errorf("%d: %v in %s", a.Status, err, a.Body)
			}
		})
	}
	group.Wait()
	sums := map[string]float64{}
	for _, r := range reports {
		for _, field := range []string{"created", "changed", "unchanged", "rejected"} {
			n, _ := r[field].(float64)
			sums[field] += n
		}
	}
	if diff := cmp.Diff(map[string]float64{"created": units, "changed": 0, "unchanged": units, "rejected": 0}, sums); diff != "" {
		t.Errorf("%s\n%s", diff, refusedRows(reports[0])+refusedRows(reports[1]))
	}
}
