package table_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

// The files in testdata/inventarios are invented inventories (CC0) with what an import of each has to give, worked out by a program that shares
// nothing with this one: esperado/*.csv has a line for every row. columnas.csv says which heading leads where.

const inventories = "testdata/inventarios"

func sheetOf(tb testing.TB, name string) (rows []map[string]string) {
	tb.Helper()
	f, err := os.Open(filepath.Join(inventories, name))
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	all, err := csv.NewReader(f).ReadAll()
	if err != nil {
		tb.Fatal(err)
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

// inventoryColumns are the fields of an asset with the headings by which the files name them.
func inventoryColumns(tb testing.TB) []table.Column {
	columns := []table.Column{
		{Key: "unit", Needed: true, MaxLength: 40}, {Key: "type", Needed: true, MaxLength: 160}, {Key: "area", MaxLength: 120},
		{Key: "inventory_tag", Needed: true, MaxLength: 60}, {Key: "serial_number", MaxLength: 80}, {Key: "brand", MaxLength: 80}, {Key: "model", MaxLength: 80},
		{Key: "custodian_post", MaxLength: 120}, {Key: "sanitary_registration", MaxLength: 80}, {Key: "acquired_on", Kind: table.PastDate}, {Key: "installed_on", Kind: table.PastDate},
		{Key: "warranty_until", Kind: table.AnyDate}, {Key: "acquisition_cost", Kind: table.Amount}, {Key: "functioning", MaxLength: 40},
	}
	for _, c := range sheetOf(tb, "columnas.csv") {
		for i := range columns {
			if columns[i].Key == c["field"] {
				columns[i].Headings = append(columns[i].Headings, c["heading"])
			}
		}
	}
	return columns
}

var today = time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC)

// hostile are the positions of the columns in hostil.csv, which has one heading twice.
func hostile(tb testing.TB) map[string]table.Layout {
	columns := map[string]int{}
	for _, c := range sheetOf(tb, "columnas.csv") {
		if c["file"] == "hostil.csv" && c["field"] != "" {
			columns[c["field"]], _ = strconv.Atoi(c["position"])
		}
	}
	return map[string]table.Layout{"": {Columns: columns}}
}

func inventory(tb testing.TB, name string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join(inventories, name))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

// ofReading are the reasons that reading alone can know; the others need the register.
var ofReading = []string{"amount-invalid", "bad-encoding", "cell-error", "control-character", "date-ambiguous", "date-in-text", "date-invalid", "field-count", "heading-repeated",
	"number-lost", "too-long", "unclosed-quote"}

// TestTheInventoriesOfAGoLiveAreReadRowByRow: each row comes once, is refused if and only if it should be, for that reason in that column, and each
// accepted one has the values that should be stored.
func TestTheInventoriesOfAGoLiveAreReadRowByRow(t *testing.T) {
	for _, c := range []struct {
		expected, file string
		rows           int
		order, decided table.Order
	}{
		{"1a", "hospital_hoja_calculo.xlsx", 240, "", table.DayFirst},
		{"6a", "correccion.csv", 42, "", table.DayFirst},
		{"2a", "oficina_windows1252.csv", 600, "", table.DayFirst},
		{"3a", "lista_utf16.txt", 150, "", ""},
		{"3f", "lista_utf16.txt", 150, table.DayFirst, table.DayFirst},
		{"3g", "lista_utf16_decide.txt", 150, "", table.DayFirst},
		{"4a", "comilla_abierta.csv", 60, "", ""},
		{"4c", "comilla_sin_fin.csv", 45, "", ""},
		{"5a", "hostil.csv", 45, "", ""},
	} {
		t.Run(c.expected+" "+c.file, func(t *testing.T) {
			o := table.Options{Today: today, Order: c.order}
			if c.file == "hostil.csv" {
				o.Layouts = hostile(t)
			}
			columns := inventoryColumns(t)
			got, err := table.Open(inventory(t, c.file), columns, o)
			if err != nil {
				t.Fatal(err)
			}
			if got.Count != c.rows || got.Order != c.decided {
				t.Errorf("%d rows in the order %q", got.Count, got.Order)
			}
			expected := sheetOf(t, "esperado/"+c.expected+".csv")
			for row := range got.Rows() {
				if len(expected) == 0 {
					t.Fatalf("%s %d: a row too many", row.Sheet, row.Number)
				}
				want, is := wanted(expected[0]), read(row, columns)
				if expected[0]["outcome"] == "rejected" && is["reason"] == "" { // the register's word: what was read does not matter
					is = map[string]string{"at": is["at"]}
				}
				if diff := cmp.Diff(want, is); diff != "" {
					t.Errorf("%s %d: %s", row.Sheet, row.Number, diff)
				}
				expected = expected[1:]
			}
			if len(expected) > 0 {
				t.Errorf("%d rows are missing: %v", len(expected), expected[0])
			}
		})
	}
}

// wanted is what read should say of a row.
func wanted(e map[string]string) map[string]string {
	out := map[string]string{"at": e["sheet"] + " " + e["row"]}
	switch {
	case slices.Contains(ofReading, e["reason"]):
		out["reason"] = strings.TrimSpace(e["reason"] + " " + e["column"])
	case e["outcome"] != "rejected":
		for _, field := range []string{"inventory_tag", "serial_number", "brand", "model", "custodian_post", "sanitary_registration", "acquired_on", "installed_on", "warranty_until", "acquisition_cost", "unit"} {
			if e[field] != "" {
				out[field] = e[field]
			}
		}
	}
	return out
}

var numbers = mx.NewNones()

func read(row table.Row, columns []table.Column) map[string]string {
	out := map[string]string{"at": fmt.Sprintf("%s %d", row.Sheet, row.Number)}
	if row.Refused != nil {
		out["reason"] = strings.TrimSpace(row.Refused.Rule + " " + row.Refused.Column)
		return out
	}
	for c, column := range columns {
		value := row.Cells[c]
		switch column.Key {
		case "inventory_tag", "serial_number":
			value = numbers.Clean(value)
		case "brand", "model", "custodian_post", "sanitary_registration":
			value = numbers.CleanWord(value)
		case "acquisition_cost":
			if cents, err := strconv.ParseInt(strings.ReplaceAll(value, ".", ""), 10, 64); err == nil {
				value = strconv.FormatInt(cents, 10)
			}
		case "unit":
			value = strings.ToUpper(value)
		case "type", "area", "functioning":
			value = ""
		}
		if value != "" {
			out[column.Key] = value
		}
	}
	return out
}

// TestADoubledHeadingIsRefusedWithoutPositions: neither of two columns is ever picked silently.
func TestADoubledHeadingIsRefusedWithoutPositions(t *testing.T) {
	_, err := table.Open(inventory(t, "hostil.csv"), inventoryColumns(t), table.Options{Today: today})
	f := fault.As(err)
	if f == nil || f.Rule != "column-ambiguous" || !strings.Contains(f.Detail, `columns 5 ("Marca") and 7 ("Marca")`) {
		t.Error(err)
	}
}

// TestTheSheetsOfAWorkbook: each with headings is read, also alone; one without is named.
func TestTheSheetsOfAWorkbook(t *testing.T) {
	file, columns := inventory(t, "hospital_hoja_calculo.xlsx"), inventoryColumns(t)
	all, err := table.Open(file, columns, table.Options{Today: today})
	if err != nil {
		t.Fatal(err)
	}
	var heads []string
	for _, s := range all.Sheets() {
		heads = append(heads, fmt.Sprint(s.Name, " ", s.Row, " ", len(s.Columns), " ", s.Unused))
	}
	want := []string{"EQUIPO MÉDICO 7 11 [No. UNIDAD MÉDICA CLUES EN PRÉSTAMO OBSERVACIONES]", "MOBILIARIO Y OTROS 7 10 [No. UNIDAD MÉDICA OBSERVACIONES]"}
	if diff := cmp.Diff(append(want, "NOTAS"), append(heads, all.Skipped...)); diff != "" {
		t.Error(diff)
	}
	for name, rows := range map[string]int{"EQUIPO MÉDICO": 171, "MOBILIARIO Y OTROS": 69} {
		one, err := table.Open(file, columns, table.Options{Today: today, Sheet: name})
		if err != nil || one.Count != rows {
			t.Errorf("%s: %v %v", name, one, err)
		}
	}
	for name, rule := range map[string]string{"NOTAS": "column-missing", "EQUIPO": "sheet-unknown"} {
		if _, err := table.Open(file, columns, table.Options{Today: today, Sheet: name}); fault.As(err) == nil || fault.As(err).Rule != rule {
			t.Errorf("%s: %v", name, err)
		}
	}
}
