package table_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"pgregory.net/rapid"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

var columns = []table.Column{{Headings: []string{"clave", "clues"}, Needed: true}, {Headings: []string{"nombre"}, Needed: true, MaxLength: 20}, {Headings: []string{"camas"}}}

// said is a file as Open and Rows understand it: "row: cell|cell|cell", or "row: rule column".
func said(tb interface {
	Helper()
	Fatal(...any)
}, file []byte) (out []string) {
	tb.Helper()
	t, err := table.Open(file, columns, table.Options{})
	if err != nil {
		tb.Fatal(err)
	}
	for row := range t.Rows() {
		if r := row.Refused; r != nil {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%d: %s %s", row.Number, r.Rule, r.Column)))
			continue
		}
		out = append(out, fmt.Sprintf("%d: %s", row.Number, strings.Join(row.Cells, "|")))
	}
	return out
}

// TestAnyWritingOfATableReadsTheSame: encodings, line ends, separators and marks are detected from the content.
func TestAnyWritingOfATableReadsTheSame(t *testing.T) {
	encodings := map[string]func(string) []byte{
		"UTF-8":           func(s string) []byte { return []byte(s) },
		"UTF-8 with mark": func(s string) []byte { return []byte("\ufeff" + s) },
		"marked twice":    func(s string) []byte { return []byte("\ufeff\ufeff" + s) },
		"Windows-1252":    encoded(charmap.Windows1252.NewEncoder().Bytes),
		"UTF-16LE":        encoded(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().Bytes),
		"UTF-16BE":        encoded(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes),
		"UTF-16LE, bare":  encoded(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes),
		"UTF-16BE, bare":  encoded(unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().Bytes),
	}
	names := slices.Sorted(func(yield func(string) bool) {
		for n := range encodings {
			if !yield(n) {
				return
			}
		}
	})
	cell := rapid.StringMatching(`[A-Za-z0-9ñÑáé .,;|"]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, 3, 3), 1, 30).Draw(t, "rows")
		end := rapid.SampledFrom([]string{"\n", "\r\n", "\r"}).Draw(t, "line end")
		separator := rapid.SampledFrom([]rune{',', ';', '\t', '|'}).Draw(t, "separator")
		name := rapid.SampledFrom(names).Draw(t, "encoding")

		var b bytes.Buffer
		w := csv.NewWriter(&b)
		w.Comma = separator
		_ = w.Write([]string{"Título de la tabla"})
		_ = w.Write([]string{"CLAVE", "Nombre", "Camas"})
		var want []string
		for i, row := range rows {
			_ = w.Write(row)
			cells := []string{mx.Clean(row[0]), mx.Clean(row[1]), mx.Clean(row[2])}
			if strings.Join(cells, "") != "" {
				want = append(want, fmt.Sprintf("%d: %s", i+3, strings.Join(cells, "|")))
			}
		}
		w.Flush()
		file := encodings[name](strings.ReplaceAll(b.String(), "\n", end))
		if diff := cmp.Diff(want, said(t, file)); diff != "" {
			t.Fatalf("%q\n%s", file, diff)
		}
	})
}

func encoded(with func([]byte) ([]byte, error)) func(string) []byte {
	return func(s string) []byte {
		b, err := with([]byte(s))
		if err != nil {
			panic(err)
		}
		return b
	}
}

const head = "clave,nombre,camas\n"

func TestRows(t *testing.T) {
	for name, c := range map[string]struct {
		file string
		want []string
	}{
		"headings below a title, in capitals, over two lines": {"Inventario,,\n\n\"Cla\nve\",x,y\nCLUES,\"Nombre\",CAMAS\na,b,1\n", []string{"5: a|b|1"}},
		"mixed line ends":                         {"clave,nombre,camas\na,b,1\rc,d,2\r\ne,f,3\u0085g,h,4", []string{"2: a|b|1", "3: c|d|2", "4: e|f|3", "5: g|h|4"}},
		"separator said in the first line":        {"sep=;\nclave;nombre;camas\na;b,c;1\n", []string{"3: a|b,c|1"}},
		"blank lines count, blank rows are none":  {head + "\n , \u00a0,\na,b,\n", []string{"4: a|b|"}},
		"another width":                           {head + "a,b\nc,d,1,\ne,f,2\n", []string{"2: field-count", "3: field-count", "4: e|f|2"}},
		"headings repeated":                       {head + "a,b,1\nClave, NOMBRE ,camas\nc,d,2\n", []string{"2: a|b|1", "3: heading-repeated", "4: c|d|2"}},
		"a value of two lines is one row":         {head + "a,\"b\nc\",1\nd,e,2\n", []string{"2: a|b c|1", "3: d|e|2"}},
		"first value of two lines":                {head + "\"a\nb\",c,1\n", []string{"2: a b|c|1"}},
		"swallowed rows":                          {head + "a,\"b,1\nc,d,2\ne,f\",3\ng,h,4\n", []string{"2: unclosed-quote", "3: unclosed-quote", "4: unclosed-quote", "5: g|h|4"}},
		"swallowed so that the widths add up":     {head + "a,\"b,1\nc,d\",2\ne,f,3\n", []string{"2: unclosed-quote", "3: unclosed-quote", "4: e|f|3"}},
		"one byte of another encoding":            {head + "a,Clínica Ñandú,\nb,Pe\xf1a Ñandú,\n", []string{"2: a|Clínica Ñandú|", "3: bad-encoding nombre"}},
		"partly decoded by the wrong table":       {head + "a,Peña Ã‘andÃº,\n", []string{"2: mojibake nombre"}},
		"never closed":                            {head + "a,b,1\nc,\"d,2\ne,f,3", []string{"2: a|b|1", "3: unclosed-quote", "4: unclosed-quote"}},
		"a mark inside a value":                   {head + "a,5\" tubo,1\nb,\"5\"\" tubo\",2\n", []string{"2: a|5\" tubo|1", "3: b|5\" tubo|2"}},
		"behind a closing mark":                   {head + "a,\"5\" tubo,1\nb,c,2\n", []string{"2: quote-malformed", "3: b|c|2"}},
		"a formula is text":                       {head + "=1+1,@x,-2\n", []string{"2: =1+1|@x|-2"}},
		"a spreadsheet's mark for text":           {head + "'0071,b,\n", []string{"2: 0071|b|"}},
		"too long":                                {head + "a," + strings.Repeat("ñ", 21) + ",\n", []string{"2: too-long nombre"}},
		"control characters":                      {head + "a,b\x00,\nc\x1b[31m,d,\n", []string{"2: control-character nombre", "3: control-character clave"}},
		"of a column that is not read":            {"clave,nombre,nota\na,b,\x00\n", []string{"2: a|b|"}},
		"invisible characters are dropped":        {head + "a\u202eb,\u200bc,\n", []string{"2: ab|c|"}},
		"a character that was lost":               {head + "a,Cl\ufffdnica,\n", []string{"2: bad-encoding nombre"}},
		"bytes that are none, in marked UTF-8":    {"\ufeff" + head + "a,Cl\xednica,\n", []string{"2: bad-encoding nombre"}},
		"decoded by the wrong table":              {head + "a,MulegÃ©,\nb,ÂNGELA,\n", []string{"2: mojibake nombre", "3: b|ÂNGELA|"}},
		"a NUL does not make it UTF-16":           {"clave,nombre,nota\na,b,\x00\x00\n", []string{"2: a|b|"}},
		"a file that ends in the middle of a row": {head + "a,b,1\nc,d", []string{"2: a|b|1", "3: field-count"}},
		"no end of the last line":                 {head + "a,b,1", []string{"2: a|b|1"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(t, []byte(c.file))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWhatIsNoTableIsRefusedAsAWhole(t *testing.T) {
	for file, rule := range map[string]string{
		"":                               "column-missing",
		"clave\na\n":                     "column-missing",
		"\x00\x01\x02":                   "column-missing",
		"PK\x03\x04":                     "file-damaged",
		"clave,nombre,Nombre\na,b,c\n":   "column-ambiguous",
		"clave,nombre,clues\na,b,c\n":    "column-ambiguous",
		strings.Repeat("x\n", 21) + head: "column-missing",
		"\"clave,nombre\na,b\n":          "column-missing",
	} {
		if _, err := table.Open([]byte(file), columns, table.Options{}); fault.As(err) == nil || fault.As(err).Rule != rule {
			t.Errorf("%q: %v", file, err)
		}
	}
}

func TestUnusedHeadingsAreNamed(t *testing.T) {
	got, err := table.Open([]byte("clave,  Observaciones ,nombre,\na,b,c,d\n"), columns, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"Observaciones", ""}, got.Unused()); diff != "" {
		t.Error(diff)
	}
}

// TestNothingIsLostInSilence: whatever a file holds, each of its lines belongs to a row that comes out, to the headings or above them, to
// a value of several lines, or is blank; and no number comes twice.
func TestNothingIsLostInSilence(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.StringMatching(`([ab",]{0,8}\n){0,12}[ab",]{0,8}`).Draw(t, "body")
		got, err := table.Open([]byte(head+body), columns, table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		next := 2
		for row := range got.Rows() {
			if row.Number < next {
				t.Fatalf("row %d after row %d", row.Number, next-1)
			}
			next = row.Number + 1
			if row.Refused == nil && len(row.Cells) != len(columns) {
				t.Fatalf("%d cells", len(row.Cells))
			}
		}
		if strings.ContainsAny(body, `"`) {
			return
		}
		rows := 0
		for range got.Rows() {
			rows++
		}
		filled := 0
		for line := range strings.Lines(body) {
			if strings.Trim(line, ",\n") != "" {
				filled++
			}
		}
		if rows != filled {
			t.Fatalf("%d rows of %d lines in %q", rows, filled, body)
		}
	})
}
