package app_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
)

const inventoryHead = "CLUES;Tipo;Número de inventario;Número de serie;Marca;Modelo;Área;Fecha de adquisición;Condición\n"

// intake imports rows of an inventory.
func intake(s *servicetest.Service, who, rows string, how ...string) object {
	return s.Want(200, who, "POST", "/v1/assets/import?"+strings.Join(how, "&"), inventoryHead+rows, "Content-Type", "application/octet-stream")
}

// TestTwoImportsOfOneInventoryAtOnce: together they create each row once and find it unchanged once, whatever tells it from the others.
func TestTwoImportsOfOneInventoryAtOnce(t *testing.T) {
	_, s := start(t)
	register(t, s)
	ecg(s)
	var rows strings.Builder
	const each = 200
	for n := range each {
		fmt.Fprintf(&rows, "BSIST000014;Cama hospitalaria;T-%d;;;;;2019;Funciona\n", n)
		fmt.Fprintf(&rows, "BSIST000014;Electrocardiógrafo;;SN-%d;BTL;BTL-%d;;2019-03;\n", n, n)
		fmt.Fprintf(&rows, "BSIST000014;Electrocardiógrafo;;SX-%d;;;;;\n", n)
		fmt.Fprint(&rows, "BSIST000026;Cama hospitalaria;S/N;;;;;;\n")
	}
	var reports [2]object
	var group sync.WaitGroup
	for i := range reports {
		group.Go(func() {
			a := s.Call(engineer, "POST", "/v1/assets/import", inventoryHead+rows.String(), "Content-Type", "application/octet-stream")
			if err := json.Unmarshal(a.Body, &reports[i]); err != nil {
				t.Errorf("%d: %v in %s", a.Status, err, a.Body)
			}
		})
	}
	group.Wait()
	sums := map[string]float64{}
	for _, r := range reports {
		for _, field := range []string{"created", "drafts", "changed", "unchanged", "rejected"} {
			n, _ := r[field].(float64)
			sums[field] += n
		}
	}
	if diff := cmp.Diff(map[string]float64{"created": 4 * each, "drafts": each, "changed": 0, "unchanged": 4 * each, "rejected": 0}, sums); diff != "" {
		t.Errorf("%s\n%s", diff, refusedRows(reports[0])+refusedRows(reports[1]))
	}
	if got := imported(intake(s, engineer, rows.String())); got != fmt.Sprint(0, 0, 4*each, 0) {
		t.Errorf("afterwards: %s", got)
	}
}

// TestWhoImportsSeesNoMoreThanOtherwise: another office's units are unknown, and of another's asset no more is said than that it has the tag.
func TestWhoImportsSeesNoMoreThanOtherwise(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	s.Want(201, admin, "POST", "/v1/units", object{"id": "SR-1", "name": "Hospital", "state_code": "26"})
	theirs := s.Want(201, admin, "POST", "/v1/assets", object{"unit_id": "SR-1", "type_id": bed, "inventory_tag": "T-1"})["id"].(string)
	report := intake(s, engineer, "SR-1;Cama hospitalaria;T-2;;;;;;\nNADA;Cama hospitalaria;T-3;;;;;;\nBSIST000014;Cama hospitalaria;T-1;;;;;;\n")
	if got := refusedRows(report); got != "2 unit-unknown, 3 unit-unknown, 4 tag-taken" {
		t.Error(got)
	}
	if text, _ := json.Marshal(report); strings.Contains(string(text), theirs) {
		t.Errorf("an asset out of sight is named: %s", text)
	}
	for _, who := range []string{planner, director, office} {
		s.Refused(403, "role-not-allowed", who, "POST", "/v1/assets/import", inventoryHead, "Content-Type", "application/octet-stream")
	}
}

// TestWhatTheRegisterKnowsDecidesOfARow: what is there already, under whatever spelling, what is gone, what is closed.
func TestWhatTheRegisterKnowsDecidesOfARow(t *testing.T) {
	_, s := start(t)
	bed := register(t, s)
	ecg(s)
	s.Want(200, admin, "POST", "/v1/units/BSIST000014/add-area", object{"name": "Urgencias"})
	byHand := s.Want(201, engineer, "POST", "/v1/assets", object{"unit_id": "BSIST000014", "type_id": bed, "inventory_tag": "INV 7", "brand": "Hill"})["id"].(string)
	for _, c := range []struct{ what, row, want, refused string }{
		{"registered by hand, in another spelling", "BSIST000014;cama-hospitalaria;inv-7;;;;;;", "0 0 1 0", ""},
		{"with an area and a month", "BSIST000014;Cama hospitalaria;INV7;;;;URGENCIAS;2019-03;", "0 1 0 0", ""},
		{"that it works", "BSIST000014;Cama hospitalaria;INV7;;;;;;Funciona", "0 1 0 0", ""},
		{"that it works, again", "BSIST000014;Cama hospitalaria;INV7;;;;;;FUNCIONA", "0 0 1 0", ""},
		{"as another type", "BSIST000014;Electrocardiógrafo;INV7;;;;;;", "0 1 0 0", ""},
		{"in another unit", "BSIST000026;Electrocardiógrafo;INV7;;;;;;", "0 0 0 1", "2 tag-taken"},
		{"of a type that nearly has this name", "BSIST000014;Electrocardigrafo;X-1;;;;;;", "0 0 0 1", "2 type-unknown"},
		{"without tag and serial number", "BSIST000014;Cama hospitalaria;;;Hill;;;;", "1 0 0 0", ""},
		{"the same twice", "BSIST000014;Cama hospitalaria;;;Hill;;;;\nBSIST000014;Cama hospitalaria;S/N;;Hill;;;;", "1 0 1 0", ""},
	} {
		foreseen, report := intake(s, engineer, c.row+"\n", "dry_run=true"), intake(s, engineer, c.row+"\n")
		if imported(report) != c.want || refusedRows(report) != c.refused || imported(foreseen) != c.want || refusedRows(foreseen) != c.refused {
			t.Errorf("%s: %s %s, foreseen as %s %s", c.what, imported(report), refusedRows(report), imported(foreseen), refusedRows(foreseen))
		}
	}
	a := s.Want(200, engineer, "GET", "/v1/assets/"+byHand, nil)
	if a["inventory_tag"] != "INV 7" || a["brand"] != "Hill" || a["acquired_on"] != "2019-03" || a.At("functioning.value") != "working" || a["type_key"] != "electrocardiograph" {
		t.Errorf("it is %v", a)
	}
	drafts := s.IDs(engineer, "/v1/assets?lifecycle=draft")
	if len(drafts) != 2 {
		t.Fatalf("drafts: %v", drafts)
	}
	// A draft that has got its tag is the same thing still; one that was voided is not.
	s.Want(200, engineer, "PATCH", "/v1/assets/"+drafts[0], object{"inventory_tag": "INV-8"}, "If-Match", `"1"`)
	s.Want(200, engineer, "POST", "/v1/assets/"+drafts[1]+"/void", object{"reason": "does_not_exist"})
	twice := "BSIST000014;Cama hospitalaria;;;Hill;;;;\n"
	if got := imported(intake(s, engineer, twice+twice)); got != "1 0 1 0" {
		t.Errorf("one has a tag now, one is voided: %s", got)
	}
	s.Want(200, engineer, "POST", "/v1/assets/"+byHand+"/retire", object{"reason": "obsolete"})
	if got := refusedRows(intake(s, engineer, "BSIST000014;Electrocardiógrafo;INV7;;;;;;\n")); got != "2 asset-retired" {
		t.Error(got)
	}
	s.Want(200, admin, "PATCH", "/v1/units/BSIST000026", object{"operation_state": "closed"}, "If-Match", `"1"`)
	if got := refusedRows(intake(s, engineer, "BSIST000026;Cama hospitalaria;INV-9;;;;;;\n")); got != "2 unit-closed" {
		t.Error(got)
	}
}

// TestWhatTheSenderSaysOfAFile: a sheet, positions, names of types; what there is not is refused before anything is read.
func TestWhatTheSenderSaysOfAFile(t *testing.T) {
	_, s := start(t)
	register(t, s)
	const file = "a;b;c\nBSIST000014;Camastro;T-1\n"
	for _, c := range []struct {
		how  url.Values
		rule string
	}{
		{nil, "column-missing"},
		{url.Values{"columns": {"unit=1", "type=2", "inventory_tag=9"}, "heading": {"1"}}, "position-unknown"},
		{url.Values{"columns": {"unit=1", "color=2"}}, "column-unknown"},
		{url.Values{"columns": {"unit=0"}}, "column-unknown"},
		{url.Values{"types": {"Camastro=throne"}}, "type-unknown"},
		{url.Values{"types": {"Camastro"}}, "type-unknown"},
		{url.Values{"sheet": {"Hoja9"}}, "sheet-unknown"},
		{url.Values{"date_order": {"year_first"}}, "validation-failed"},
	} {
		s.Refused(422, c.rule, engineer, "POST", "/v1/assets/import?"+c.how.Encode(), file, "Content-Type", "application/octet-stream")
	}
	how := url.Values{"columns": {"unit=1", "type=2", "inventory_tag=3"}, "heading": {"1"}, "types": {"CAMASTRO=hospital_bed"}}
	report := s.Want(200, engineer, "POST", "/v1/assets/import?"+how.Encode(), file, "Content-Type", "application/octet-stream")
	if ids := s.IDs(engineer, "/v1/assets?inventory_tag=T-1"); imported(report) != "1 0 0 0" || !slices.Equal(ids, []string{report["outcomes"].([]any)[0].(object)["id"].(string)}) {
		t.Errorf("%v, and of this tag: %v", report, ids)
	}
}
