package table_test

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

// FuzzOpen: whatever a file holds, it is refused with a reason or every one of its rows comes, in order, as often as it was counted.
func FuzzOpen(f *testing.F) {
	files, err := os.ReadDir(inventories)
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		if !file.IsDir() {
			f.Add(inventory(f, file.Name()))
		}
	}
	f.Add(packed("", `<sheetData>`+packedHead+`<row r="3"><c r="A3" s="1"><v>1</v></c></row></sheetData><mergeCells><mergeCell ref="A1:A2"/></mergeCells>`))
	for _, s := range []string{"", "clave,\"", "\xff\xfec\x00", "clave,fecha\n\"\n,\n", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "PK\x05\x06"} {
		f.Add([]byte(s))
	}
	columns := append(inventoryColumns(f), packedColumns...)
	for i := range columns {
		columns[i].Needed = i == 0
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := table.Open(file, columns, table.Options{Today: today})
		if err != nil {
			if fault.As(err) == nil {
				t.Fatalf("no refusal: %v", err)
			}
			return
		}
		rows, last := 0, map[string]int{}
		for row := range got.Rows() {
			if rows++; row.Number <= last[row.Sheet] && len(got.Sheets()) == 1 || len(row.Cells) != len(columns) {
				t.Fatalf("row %d after %d, %d cells", row.Number, last[row.Sheet], len(row.Cells))
			}
			last[row.Sheet] = row.Number
		}
		if rows != got.Count {
			t.Fatalf("%d rows of %d", rows, got.Count)
		}
	})
}

// manyRows is a table of so many rows and 14 columns, as a text and as a workbook.
func manyRows(rows int) (text, book []byte) {
	var b, x strings.Builder
	head := []string{"clave", "nombre", "fecha", "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"}
	b.WriteString(strings.Join(head, ",") + "\n")
	x.WriteString("<sheetData><row>")
	for _, h := range head {
		fmt.Fprintf(&x, `<c t="inlineStr"><is><t>%s</t></is></c>`, h)
	}
	x.WriteString("</row>")
	for n := range rows {
		fmt.Fprintf(&b, "K-%d,Oxímetro %d,2019-03-09", n, n)
		fmt.Fprintf(&x, `<row r="%d"><c r="A%d" t="str"><v>K-%d</v></c><c r="B%d" t="str"><v>Oxímetro %d</v></c><c r="C%d" s="1"><v>43533</v></c>`, n+2, n+2, n, n+2, n, n+2)
		for i := 3; i < len(head); i++ {
			fmt.Fprintf(&b, ",%d", n*i)
			fmt.Fprintf(&x, `<c r="%c%d"><v>%d</v></c>`, 'A'+i, n+2, n*i)
		}
		b.WriteByte('\n')
		x.WriteString("</row>")
	}
	x.WriteString("</sheetData>")
	return []byte(b.String()), packed("", x.String())
}

// BenchmarkRead reads 100,000 rows of 14 columns (Open and Rows), and says how much memory lives at most beside the file.
func BenchmarkRead(b *testing.B) {
	const rows = 100_000
	text, book := manyRows(rows)
	for name, file := range map[string][]byte{"csv": text, "xlsx": book} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			peak, before := uint64(0), heap(true)
			for b.Loop() {
				got, err := table.Open(file, packedColumns, table.Options{})
				if err != nil || got.Count != rows {
					b.Fatal(got, err)
				}
				n := 0
				for range got.Rows() {
					if n++; n%1000 == 0 {
						peak = max(peak, heap(false))
					}
				}
			}
			b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(peak-min(peak, before))/(1<<20), "peak-MiB")
		})
	}
}

func heap(collect bool) uint64 {
	if collect {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestMemoryDoesNotGrowWithTheRows: ten times the rows, the same memory beside the file.
func TestMemoryDoesNotGrowWithTheRows(t *testing.T) {
	live := func(file []byte) uint64 {
		got, err := table.Open(file, packedColumns, table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		before, peak, n := heap(true), uint64(0), 0
		for range got.Rows() {
			if n++; n%(got.Count/4) == 0 {
				peak = max(peak, heap(true))
			}
		}
		return peak - min(peak, before)
	}
	fewText, fewBook := manyRows(1000)
	manyText, manyBook := manyRows(10_000)
	for name, files := range map[string][2][]byte{"csv": {fewText, manyText}, "xlsx": {fewBook, manyBook}} {
		few, many := live(files[0]), live(files[1])
		if many > few+256<<10 {
			t.Errorf("%s: %d KiB for 1,000 rows, %d KiB for 10,000", name, few>>10, many>>10)
		}
	}
}

// TestBoundsOfATable: as many rows and columns as are read, and one more.
func TestBoundsOfATable(t *testing.T) {
	rows := strings.Repeat("k,a,\n", 200_000)
	columns := "clave,nombre" + strings.Repeat(",x", 198)
	for _, c := range []struct {
		name, file, rule string
		rows             int
	}{
		{"200,000 rows", "clave,nombre,fecha\n" + rows, "", 200_000},
		{"200,001 rows", "clave,nombre,fecha\n" + rows + "k,a,\n", "too-many-rows", 0},
		{"swallowed rows count", "clave,nombre,fecha\nk,\"a\n" + rows, "too-many-rows", 0},
		{"200 columns", columns + "\n" + strings.Repeat("k,", 199) + "\n", "", 1},
		{"201 columns", columns + ",x\n", "too-many-columns", 0},
		{"a million blank lines", "clave,nombre,fecha\n" + strings.Repeat("\n", 1_000_000) + "k,a,\n", "", 1},
		{"a row of three megabytes", "clave,nombre,fecha\nk," + strings.Repeat("x", 3<<20) + ",\n", "", 1},
		{"a row of a million fields", "clave,nombre,fecha\n" + strings.Repeat("k,", 1_000_000) + "\n", "", 1},
	} {
		got, err := table.Open([]byte(c.file), packedColumns, table.Options{})
		f := fault.As(err)
		switch {
		case c.rule == "" && (err != nil || got.Count != c.rows):
			t.Errorf("%s: %v %v", c.name, got, err)
		case c.rule != "" && (f == nil || f.Rule != c.rule):
			t.Errorf("%s: %v", c.name, errors.Unwrap(err))
		}
	}
}
