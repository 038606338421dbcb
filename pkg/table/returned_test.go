package table_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/table"
)

// back reads a file, rejects some of its rows and returns these.
func back(t *testing.T, file []byte, o table.Options, reject func(table.Row) bool) ([]table.Remark, []byte) {
	t.Helper()
	o.Today = today
	read, err := table.Open(file, inventoryColumns(t), o)
	if err != nil {
		t.Fatal(err)
	}
	var rejected []table.Remark
	for row := range read.Rows() {
		if reject(row) {
			m := table.Remark{Sheet: row.Sheet, Row: row.Number, Reason: "no"}
			if row.Refused != nil {
				m.Reason = row.Refused.Reason
			}
			rejected = append(rejected, m)
		}
	}
	var out bytes.Buffer
	if err := read.Return(&out, rejected); err != nil {
		t.Fatal(err)
	}
	return rejected, out.Bytes()
}

// TestRejectedRowsComeBackAsTheSameFile: of each file of a go-live the rows that cannot be read, which are refused again until somebody has
// corrected them, and every third of the others, which say the same as before.
func TestRejectedRowsComeBackAsTheSameFile(t *testing.T) {
	for _, name := range []string{"hospital_hoja_calculo.xlsx", "oficina_windows1252.csv", "lista_utf16.txt"} {
		order := table.Options{Order: table.DayFirst}
		bad, file := back(t, inventory(t, name), order, func(r table.Row) bool { return r.Refused != nil })
		if again, _ := back(t, file, order, func(r table.Row) bool { return r.Refused != nil }); len(again) != len(bad) {
			t.Errorf("%s: of %d rows that cannot be read %d are refused again", name, len(bad), len(again))
		}
		third := func(r table.Row) bool { return r.Refused == nil && r.Number%3 == 0 }
		said := func(file []byte, take func(table.Row) bool) (all []string) {
			read, err := table.Open(file, inventoryColumns(t), table.Options{Today: today, Order: table.DayFirst})
			if err != nil {
				t.Fatal(err)
			}
			for row := range read.Rows() {
				if take(row) {
					all = append(all, strings.Join(row.Cells, "|"))
				}
			}
			return all
		}
		_, file = back(t, inventory(t, name), order, third)
		if diff := cmp.Diff(said(inventory(t, name), third), said(file, func(table.Row) bool { return true })); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestSwallowedLinesComeBackAsTheyStood: with their row and the reason before them, and nothing else of them changed.
func TestSwallowedLinesComeBackAsTheyStood(t *testing.T) {
	for name, rows := range map[string]int{"comilla_abierta.csv": 13, "comilla_sin_fin.csv": 32} {
		file := inventory(t, name)
		bad, out := back(t, file, table.Options{}, func(r table.Row) bool { return r.Refused != nil })
		stood := strings.Split(strings.ReplaceAll(strings.TrimPrefix(string(file), "\ufeff"), "\r\n", "\n"), "\n")
		lines := strings.Split(strings.TrimSuffix(strings.TrimPrefix(string(out), "\ufeff"), "\r\n"), "\r\n")
		if len(bad) != rows || len(lines) != rows+1 || lines[0] != "Fila,Motivo del rechazo,"+stood[0] {
			t.Fatalf("%s: %d rows, %d lines, %q", name, len(bad), len(lines), lines[0])
		}
		for i, m := range bad {
			if want := stood[m.Row-1]; !strings.HasSuffix(lines[i+1], ","+want) {
				t.Errorf("%s %d: %q came back as %q", name, m.Row, want, lines[i+1])
			}
		}
	}
}
