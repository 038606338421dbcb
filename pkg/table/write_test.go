package table_test

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	utf "golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

var writtenColumns = []table.Column{{Headings: []string{"Número de inventario"}, Needed: true}, {Headings: []string{"Descripción, larga"}}, {Headings: []string{"Fecha de adquisición"}, Kind: table.PastDate},
	{Headings: []string{"Garantía"}, Kind: table.AnyDate}, {Headings: []string{"Costo"}, Kind: table.Amount}, {Headings: []string{"Superficie"}, Kind: table.Figure}}

// anyText draws a text as it is stored: of any letters, or of those of Spanish, with what is special in tables.
func anyText(r *rapid.T, spanish bool) string {
	runes := rapid.SampledFrom([]rune(` abcXYZ019áéíóúñÁÉÍÓÚÑ'"=+-@,;|_x.eE&<>/\`))
	if !spanish {
		runes = rapid.OneOf(runes, rapid.Rune())
	}
	return mx.Clean(strings.Map(func(c rune) rune {
		if c == unicode.ReplacementChar || c == 'Ã' || c == 'Â' || c > 0xfffd && c < 0x10000 || unicode.IsControl(c) {
			return -1
		}
		return c
	}, string(rapid.SliceOfN(runes, 0, 12).Draw(r, "text"))))
}

func anyRows(r *rapid.T, spanish bool) (rows [][]string) {
	date := rapid.SampledFrom([]string{"", "2019", "2019-03", "2019-03-09", "1950-01-01", "2026-11-27"})
	until := rapid.SampledFrom([]string{"", "2100", "2040-12", "2099-02-28"})
	figure := rapid.SampledFrom([]string{"", "0", "12", "-110.30125", "22.10", "007", "38.5", "1234567890.12345", "0.000001", "muchas"})
	for range rapid.IntRange(1, 20).Draw(r, "rows") {
		cost := ""
		if cents := rapid.Int64Range(-1_000, 10_000_000_000_000).Draw(r, "cents"); cents >= 0 {
			cost = fmt.Sprintf("%d.%02d", cents/100, cents%100)
		}
		row := []string{anyText(r, spanish), anyText(r, spanish), date.Draw(r, "date"), until.Draw(r, "until"), cost, figure.Draw(r, "figure")}
		if strings.Join(row, "") != "" { // a row without a value is none
			rows = append(rows, row)
		}
	}
	return rows
}

// TestWhatIsWrittenIsReadBackTheSame: any table, in any format, separator, encoding and line end.
func TestWhatIsWrittenIsReadBackTheSame(t *testing.T) {
	encodings := map[string]func([]byte) ([]byte, error){
		"UTF-8":        func(b []byte) ([]byte, error) { return b, nil },
		"UTF-16LE":     utf.UTF16(utf.LittleEndian, utf.UseBOM).NewEncoder().Bytes,
		"UTF-16BE":     utf.UTF16(utf.BigEndian, utf.UseBOM).NewEncoder().Bytes,
		"Windows-1252": charmap.Windows1252.NewEncoder().Bytes,
	}
	rapid.Check(t, func(r *rapid.T) {
		encoding := rapid.SampledFrom([]string{"UTF-8", "UTF-16LE", "UTF-16BE", "Windows-1252", "workbook"}).Draw(r, "encoding")
		rows := anyRows(r, encoding == "Windows-1252")
		var b bytes.Buffer
		var w table.Writer
		var err error
		if encoding == "workbook" {
			w, err = table.XLSX{Sheet: "Inventario & más"}.Writer(&b, writtenColumns)
		} else {
			w, err = table.CSV{Separator: rapid.SampledFrom([]byte(",;\t|")).Draw(r, "separator"), Mark: encoding == "UTF-8" && rapid.Bool().Draw(r, "mark")}.Writer(&b, writtenColumns)
		}
		for _, row := range rows {
			if err == nil {
				err = w.Row(row)
			}
		}
		if err == nil {
			err = w.Close()
		}
		file := b.Bytes()
		if encoding != "workbook" && err == nil {
			end := rapid.SampledFrom([]string{"\r\n", "\n", "\r"}).Draw(r, "line end")
			file, err = encodings[encoding](bytes.ReplaceAll(file, []byte("\r\n"), []byte(end)))
		}
		if err != nil {
			r.Fatal(err)
		}
		got, err := table.Open(file, writtenColumns, table.Options{Today: today})
		if err != nil {
			r.Fatal(err)
		}
		var back [][]string
		for row := range got.Rows() {
			if row.Refused != nil {
				r.Fatalf("%d: %+v of %q", row.Number, row.Refused, rows)
			}
			back = append(back, row.Cells)
		}
		if diff := cmp.Diff(rows, back); diff != "" {
			r.Fatal(diff)
		}
	})
}

// TestAFormulaGoesOutAsText: with an apostrophe before it, in a text; in a workbook a text is one as it is. Numbers and dates are not touched.
func TestAFormulaGoesOutAsText(t *testing.T) {
	var b bytes.Buffer
	w, err := table.CSV{Mark: true}.Writer(&b, writtenColumns)
	for _, s := range []string{"=1+1", "+52 55", "-", "@SUM(1)", "'0071", "0071", "a=b", "3E+5", "un\ntexto \"largo\""} {
		if err == nil {
			err = w.Row([]string{s, "", "2019-03-09", "", "12.50", "-1.5"})
		}
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	want := "\ufeffNúmero de inventario,\"Descripción, larga\",Fecha de adquisición,Garantía,Costo,Superficie\r\n"
	for _, s := range []string{"'=1+1", "'+52 55", "'-", "'@SUM(1)", "''0071", "0071", "a=b", "'3E+5", `"un texto ""largo"""`} {
		want += s + ",,2019-03-09,,12.50,-1.5\r\n"
	}
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

// TestWhatAWorkbookCannotHoldIsAnError: it is not cut in silence.
func TestWhatAWorkbookCannotHoldIsAnError(t *testing.T) {
	w, err := table.XLSX{Sheet: "S"}.Writer(&bytes.Buffer{}, writtenColumns)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Row([]string{strings.Repeat("ñ", 32_768), "", "", "", "", ""}); err == nil {
		t.Error("a text of 32,768 characters was written")
	}
	if err := w.Row([]string{"a"}); err == nil {
		t.Error("a row of one value was written")
	}
	for _, name := range []string{"", "a/b", strings.Repeat("x", 32)} {
		if _, err := (table.XLSX{Sheet: name}).Writer(&bytes.Buffer{}, writtenColumns); err == nil {
			t.Errorf("a sheet %q was written", name)
		}
	}
}

// BenchmarkWrite writes 100,000 rows of 14 columns.
func BenchmarkWrite(b *testing.B) {
	columns := make([]table.Column, 14)
	row := make([]string, len(columns))
	for i := range columns {
		columns[i] = table.Column{Headings: []string{fmt.Sprint("columna ", i)}}
		row[i] = "Oxímetro de pulso"
	}
	columns[3].Kind, row[3] = table.Amount, "12345.50"
	columns[4].Kind, row[4] = table.PastDate, "2019-03-09"
	for name, open := range map[string]func(io.Writer, []table.Column) (table.Writer, error){"csv": table.CSV{}.Writer, "xlsx": table.XLSX{Sheet: "S"}.Writer} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			peak, before := uint64(0), heap(true)
			for b.Loop() {
				w, err := open(io.Discard, columns)
				for n := range 100_000 {
					if err == nil {
						err = w.Row(row)
					}
					if n%1000 == 0 {
						peak = max(peak, heap(false))
					}
				}
				if err == nil {
					err = w.Close()
				}
				if err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(100_000*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(peak-min(peak, before))/(1<<20), "peak-MiB")
		})
	}
}
