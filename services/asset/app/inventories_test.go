package app_test

import (
	"encoding/csv"
	"fmt"
	"maps"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/service/servicetest"
	"github.com/bitacora-salud/bitacora/services/asset/app"
)

// The files of a go-live are pkg/table's test data: invented inventories (CC0), with what becomes of every row, worked out by a program that
// shares nothing with this one, and what must be in the register before.
const goLive = "../../../pkg/table/testdata/inventarios/"

func goLiveTable(t *testing.T, name string) (rows []map[string]string) {
	t.Helper()
	f, err := os.Open(goLive + name)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, fields := range all[1:] {
		row := map[string]string{}
		for i, h := range all[0] {
			row[h] = fields[i]
		}
		rows = append(rows, row)
	}
	return rows
}

// goLiveRegister is a register with the units, areas and types of the go-live, and no asset.
func goLiveRegister(t *testing.T) *servicetest.Service {
	t.Helper()
	_, s := servicetest.Run(t, app.New)
	for _, u := range goLiveTable(t, "unidades.csv") {
		body := object{"clues": u["clues"], "name": u["nombre_unidad"], "unit_type": u["tipologia_clave"], "state_code": u["cve_entidad"]}
		if u["cve_entidad"] == "03" {
			body["municipality"] = "Mulegé"
		}
		s.Want(201, admin, "POST", "/v1/units", body)
	}
	for _, a := range goLiveTable(t, "areas.csv") {
		s.Want(200, admin, "POST", "/v1/units/"+a["clues"]+"/add-area", object{"name": a["area"]})
	}
	for _, k := range goLiveTable(t, "tipos.csv") {
		body := object{"key": k["key"], "name_es": k["name_es"], "tracking": k["tracking"], "category": "medical_equipment"}
		if k["building_system"] == "true" {
			body["category"] = "building_system"
		}
		if k["synonyms"] != "" {
			body["synonyms"] = strings.Split(k["synonyms"], "|")
		}
		s.Want(201, admin, "POST", "/v1/equipment-types", body)
	}
	return s
}

// sending is one import of one file.
type sending struct {
	file, office string
	// how is what the sender says of it; mapped that the slips of mapeo_tipos.csv are confirmed.
	how    url.Values
	mapped bool
	// want are read, created, active of them, drafts of them, changed, unchanged, rejected, rows with possible duplicates; rows the file that
	// says what becomes of each.
	want, rows string
}

func (i sending) send(t *testing.T, s *servicetest.Service, dryRun bool) object {
	t.Helper()
	file, err := os.ReadFile(goLive + i.file)
	if err != nil {
		t.Fatal(err)
	}
	how := maps.Clone(i.how)
	if how == nil {
		how = url.Values{}
	}
	if i.mapped {
		for _, m := range goLiveTable(t, "mapeo_tipos.csv") {
			how.Add("types", m["nombre_en_el_archivo"]+"="+m["key"])
		}
	}
	how.Set("dry_run", fmt.Sprint(dryRun))
	return s.Want(200, i.sender(), "POST", "/v1/assets/import?"+how.Encode(), string(file), "Content-Type", "application/octet-stream")
}

func (i sending) sender() string {
	if i.office == "nation" {
		return "s-nation biomedical_engineer@nation"
	}
	return "s-" + i.office + " biomedical_engineer@office:" + i.office
}

// outcomes are what a report says of each row, in the words of esperado/*.csv, and the ids of the assets.
func outcomes(report object) (rows map[string]map[string]string, ids map[string]string) {
	rows, ids = map[string]map[string]string{}, map[string]string{}
	text := func(o object, field string) string {
		if o[field] == nil {
			return ""
		}
		return fmt.Sprint(o[field])
	}
	at := func(o object) string { return text(o, "sheet") + " " + text(o, "row") }
	list := func(field string) []any { all, _ := report[field].([]any); return all }
	for _, x := range list("outcomes") {
		o := x.(object)
		rows[at(o)] = map[string]string{"outcome": text(o, "outcome"), "lifecycle": text(o, "lifecycle")}
		ids[at(o)] = text(o, "id")
	}
	for _, x := range list("errors") {
		o := x.(object)
		rows[at(o)] = map[string]string{"outcome": "rejected", "reason": text(o, "rule"), "column": text(o, "column"), "other_row": text(o, "other")}
	}
	for _, x := range list("warnings") {
		if o := x.(object); o["rule"] == "possible-duplicate" {
			rows[at(o)]["possible_duplicates"] = strings.TrimSpace(rows[at(o)]["possible_duplicates"] + " " + text(o, "other"))
		}
	}
	return rows, ids
}

// counts are a report's, as in the table of a sending; the report itself must add up.
func counts(t *testing.T, report object) string {
	t.Helper()
	n := func(field string) int { f, _ := report[field].(float64); return int(f) }
	rows, _ := outcomes(report)
	duplicates := 0
	for _, r := range rows {
		if r["possible_duplicates"] != "" {
			duplicates++
		}
	}
	if n("rows") != n("created")+n("changed")+n("unchanged")+n("rejected") || len(rows) != n("rows") {
		t.Errorf("%d rows of %d have an outcome: %d created, %d changed, %d unchanged, %d rejected", len(rows), n("rows"), n("created"), n("changed"), n("unchanged"), n("rejected"))
	}
	return fmt.Sprint(n("rows"), n("created"), n("created")-n("drafts"), n("drafts"), n("changed"), n("unchanged"), n("rejected"), duplicates)
}

var (
	workbook = sending{file: "hospital_hoja_calculo.xlsx", office: "san-luis-potosi"}
	fixed    = sending{file: "correccion.csv", office: "san-luis-potosi"}
	mulege   = sending{file: "oficina_windows1252.csv", office: "baja-california-sur"}
	nation   = sending{file: "oficina_windows1252.csv", office: "nation"}
	list     = sending{file: "lista_utf16.txt", office: "hidalgo"}
	decided  = sending{file: "lista_utf16_decide.txt", office: "hidalgo"}
	opened   = sending{file: "comilla_abierta.csv", office: "puebla"}
	endless  = sending{file: "comilla_sin_fin.csv", office: "puebla"}
	hostile  = sending{file: "hostil.csv", office: "veracruz", how: url.Values{"columns": {"unit=1", "type=2", "inventory_tag=3", "serial_number=4", "brand=5", "model=6", "acquired_on=8", "acquisition_cost=9"}}}
)

func (i sending) as(want, rows string) sending { i.want, i.rows = want, rows; return i }

func (i sending) with(key, value string) sending {
	i.how = url.Values{key: {value}}
	return i
}

func (i sending) confirmed() sending { i.mapped = true; return i }

// TestTheInventoriesOfAGoLiveAreImported: each file after what must come before it, with the outcome of every row and what is stored of it.
func TestTheInventoriesOfAGoLiveAreImported(t *testing.T) {
	dayFirst, monthFirst := list.with("date_order", "day_first"), list.with("date_order", "month_first")
	for name, sendings := range map[string][]sending{
		"the hospital's workbook, again, its corrected rows twice, and once more": {
			workbook.as("240 193 176 17 0 0 47 5", "1a"), workbook.as("240 0 0 0 0 193 47 0", ""), fixed.as("42 38 38 0 2 1 1 0", "6a"), fixed.as("42 0 0 0 0 41 1 0", ""),
			workbook.as("240 0 0 0 0 193 47 0", "")},
		"one of its sheets after the other": {
			workbook.with("sheet", "EQUIPO MÉDICO").as("171 140 131 9 0 0 31 4", ""), workbook.with("sheet", "MOBILIARIO Y OTROS").as("69 53 45 8 2 1 13 1", "")},
		"with its slips confirmed, and its corrected rows": {
			workbook.confirmed().as("240 199 182 17 0 0 41 5", ""), fixed.as("42 32 32 0 2 7 1 0", "")},
		"the office's list, again, and with the nation's scope": {
			mulege.as("600 533 514 19 0 0 67 7", "2a"), mulege.as("600 0 0 0 0 533 67 0", ""), nation.as("600 9 9 0 0 533 58 0", "")},
		"the office's list with the nation's scope, slips confirmed": {
			nation.confirmed().as("600 546 527 19 0 0 54 7", "")},
		"a list of which nothing says how its dates are read, then day first, then month first": {
			list.as("150 37 37 0 0 0 113 0", "3a"), list.as("150 0 0 0 0 37 113 0", ""), dayFirst.as("150 109 109 0 0 37 4 0", ""), dayFirst.as("150 0 0 0 0 146 4 0", ""),
			monthFirst.as("150 0 0 0 109 37 4 0", "")},
		"a list whose dates are stated": {dayFirst.as("150 146 146 0 0 0 4 0", "3f")},
		"a list whose dates say it": {
			decided.as("150 146 146 0 0 0 4 0", "3g"), decided.as("150 0 0 0 0 146 4 0", "")},
		"open quotation marks, and hostile cells": {
			opened.as("60 47 47 0 0 0 13 0", "4a"), opened.as("60 0 0 0 0 47 13 0", ""), endless.as("45 13 13 0 0 0 32 0", "4c"), endless.as("45 0 0 0 0 13 32 0", ""),
			hostile.as("45 28 28 0 0 0 17 0", "5a"), hostile.as("45 0 0 0 0 28 17 0", "")},
	} {
		t.Run(name, func(t *testing.T) {
			s := goLiveRegister(t)
			for _, i := range sendings {
				foreseen := i.send(t, s, true)
				report := i.send(t, s, false)
				if got := counts(t, report); got != i.want {
					t.Errorf("%s: %s, want %s", i.file, got, i.want)
				}
				if diff := cmp.Diff(withoutIDs(foreseen), withoutIDs(report)); diff != "" {
					t.Errorf("%s: the dry run says something else: %s", i.file, diff)
				}
				if i.rows != "" {
					compareRows(t, s, i, report)
				}
			}
		})
	}
	goLiveRegister(t).Refused(422, "column-ambiguous", hostile.sender(), "POST", "/v1/assets/import", read(t, hostile.file), "Content-Type", "application/octet-stream")
}

func read(t *testing.T, name string) string {
	t.Helper()
	file, err := os.ReadFile(goLive + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(file)
}

// withoutIDs is a report without what a dry run cannot know: the ids of what would be created, and that it is one.
func withoutIDs(report object) object {
	out := maps.Clone(report)
	delete(out, "dry_run")
	var rows []any
	all, _ := report["outcomes"].([]any)
	for _, x := range all {
		o := maps.Clone(x.(object))
		if o["outcome"] == "created" {
			delete(o, "id")
		}
		rows = append(rows, o)
	}
	out["outcomes"] = rows
	return out
}

// compareRows compares what became of each row, and what is stored of it, with what should.
func compareRows(t *testing.T, s *servicetest.Service, i sending, report object) {
	t.Helper()
	got, ids := outcomes(report)
	areas := map[string]string{}
	for _, u := range s.Items(admin, "/v1/units?limit=100") {
		list, _ := u.(object)["areas"].([]any)
		for _, a := range list {
			areas[fmt.Sprint(a.(object)["id"])] = fmt.Sprint(a.(object)["name"])
		}
	}
	for _, e := range goLiveTable(t, "esperado/"+i.rows+".csv") {
		at := e["sheet"] + " " + e["row"]
		fields := []string{"outcome", "reason", "lifecycle", "possible_duplicates"}
		if e["outcome"] == "rejected" {
			fields = []string{"outcome", "reason", "column"}
			if i.rows != "6a" && e["other_row"] != "" {
				fields = append(fields, "other_row")
			}
		}
		want, is := map[string]string{}, map[string]string{}
		for _, f := range fields {
			want[f], is[f] = e[f], got[at][f]
		}
		if e["outcome"] != "rejected" && ids[at] != "" {
			stored(s, i, ids[at], e, want, is, areas)
		}
		if diff := cmp.Diff(want, is); diff != "" {
			t.Errorf("%s %s: %s", i.file, at, diff)
		}
	}
}

// stored adds what should be stored of a row to want, what is to is: the fields that the row has.
func stored(s *servicetest.Service, i sending, id string, e, want, is map[string]string, areas map[string]string) {
	a := s.Want(200, i.sender(), "GET", "/v1/assets/"+id, nil)
	names := map[string]string{"unit": "unit_id", "type": "type_key", "functioning": "functioning.value", "area": "area_id", "acquisition_cost": "acquisition_cost.amount_cents"}
	for _, f := range []string{"unit", "area", "type", "inventory_tag", "serial_number", "brand", "model", "acquired_on", "installed_on", "warranty_until", "acquisition_cost", "functioning", "custodian_post", "sanitary_registration"} {
		if e[f] == "" && e["outcome"] != "created" || f == "functioning" && e[f] == "" {
			continue // the row says nothing of it
		}
		name := f
		if names[f] != "" {
			name = names[f]
		}
		value := ""
		switch v := a.At(name).(type) {
		case string:
			value = v
		case float64:
			value = fmt.Sprintf("%.0f", v)
		}
		if f == "area" && value != "" {
			value = areas[value]
		}
		want[f], is[f] = e[f], value
	}
}
