package table_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/table"
)

// The formats of the cells of packed workbooks, by their index.
const styles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="6">
<numFmt numFmtId="164" formatCode="dd/mm/yyyy"/><numFmt numFmtId="165" formatCode="[Red]&quot;día &quot;0"/><numFmt numFmtId="166" formatCode="[h]:mm"/>
<numFmt numFmtId="167" formatCode="##0.0E+0"/><numFmt numFmtId="168" formatCode="mmm"/><numFmt numFmtId="169" formatCode="General"/></numFmts>
<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/><xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="11"/><xf numFmtId="169"/></cellXfs></styleSheet>`

const namespaces = `xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"`

// packed is a workbook of sheets S1, S2, …, whose XML between the tags of the worksheet is given.
func packed(properties string, sheets ...string) []byte {
	var list, rels strings.Builder
	parts := map[string]string{"xl/styles.xml": styles, "xl/sharedStrings.xml": `<sst ` + namespaces + `><si><t>clave</t></si><si><t>nombre</t></si><si><t>fecha</t></si><si><r><t>dos </t></r><r><t xml:space="preserve">tipos</t></r><rPh><t>x</t></rPh></si></sst>`}
	for i, s := range sheets {
		fmt.Fprintf(&list, `<sheet name="S%d" sheetId="%d" r:id="r%d"/>`, i+1, i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="r%d" Type="http://x/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, i+1)
		parts[fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1)] = `<?xml version="1.0" encoding="UTF-8"?><worksheet ` + namespaces + `>` + s + `</worksheet>`
	}
	parts["xl/workbook.xml"] = `<workbook ` + namespaces + `>` + properties + `<sheets>` + list.String() + `</sheets></workbook>`
	parts["xl/_rels/workbook.xml.rels"] = `<Relationships>` + rels.String() + `<Relationship Id="a" Type="http://x/sharedStrings" Target="sharedStrings.xml"/><Relationship Id="b" Type="http://x/styles" Target="/xl/styles.xml"/></Relationships>`
	return zipped(parts)
}

func zipped(parts map[string]string) []byte {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range parts {
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write([]byte(text))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

const packedHead = `<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1" t="s"><v>2</v></c></row>`

var packedColumns = []table.Column{{Headings: []string{"clave"}, Needed: true, MaxLength: 40}, {Headings: []string{"nombre"}, Needed: true}, {Headings: []string{"fecha"}, Kind: table.AnyDate}}

// TestCellsOfAWorkbook: what the file says of a cell (type, format, the value beside a formula) decides what it is.
func TestCellsOfAWorkbook(t *testing.T) {
	for name, c := range map[string]struct{ properties, cell, text, date string }{
		"a shared text in two fonts":         {"", `t="s"><v>3</v>`, "dos tipos", "date-invalid"},
		"a text of its own":                  {"", `t="inlineStr"><is><t>a &lt;b&gt;</t></is>`, "a <b>", "date-invalid"},
		"a formula is the value beside it":   {"", `t="str"><f>A1&amp;"x"</f><v>claves</v>`, "claves", "date-invalid"},
		"a formula that gives nothing":       {"", `t="str"><f>""</f><v></v>`, "", ""},
		"a formula without a value":          {"", `><f>NOW()</f>`, "cell-error", "cell-error"},
		"a formula's error":                  {"", `t="e"><f>1/0</f><v>#DIV/0!</v>`, "cell-error", "cell-error"},
		"yes and no":                         {"", `t="b"><v>1</v>`, "VERDADERO", "date-invalid"},
		"a number":                           {"", `><v>4051807733921</v>`, "4051807733921", "date-invalid"},
		"a number as other programs store":   {"", `><v>4.051807733921E12</v>`, "4051807733921", "date-invalid"},
		"a number of 16 digits":              {"", `><v>1234567890123456</v>`, "number-lost", "date-invalid"},
		"a broken number":                    {"", `><v>43533.5</v>`, "number-lost", "2019-03-09"},
		"a year":                             {"", `><v>2019</v>`, "2019", "2019"},
		"a number too small for a date":      {"", `><v>18263</v>`, "18263", "date-invalid"},
		"the first day":                      {"", `><v>18264</v>`, "18264", "1950-01-01"},
		"a built-in date":                    {"", `s="1"><v>43533</v>`, "date-in-text", "2019-03-09"},
		"a date and time":                    {"", `s="2"><v>43533.99</v>`, "date-in-text", "2019-03-09"},
		"a month":                            {"", `s="6"><v>43533</v>`, "date-in-text", "2019-03-09"},
		"a date of 1904":                     {`<workbookPr date1904="1"/>`, `s="1"><v>42071</v>`, "date-in-text", "2019-03-09"},
		"a number of 1904":                   {`<workbookPr date1904="true"/>`, `><v>42071</v>`, "42071", "2019-03-09"},
		"a date in words of ISO 8601":        {"", `t="d"><v>2019-03-09T00:00:00</v>`, "date-in-text", "2019-03-09"},
		"a colour and a literal are no date": {"", `s="3"><v>43533</v>`, "43533", "2019-03-09"},
		"a span of time is no date":          {"", `s="4"><v>43533</v>`, "43533", "2019-03-09"},
		"a format with an exponent":          {"", `s="7"><v>300000</v>`, "number-lost", "date-invalid"},
		"another format with an exponent":    {"", `s="5"><v>300000</v>`, "number-lost", "date-invalid"},
		"the general format has an e":        {"", `s="8"><v>300000</v>`, "300000", "date-invalid"},
		"a typed apostrophe":                 {"", `t="inlineStr"><is><t>'0071834</t></is>`, "0071834", "date-invalid"},
		"an escaped character":               {"", `t="inlineStr"><is><t>a_x000A_b_x005F_x0041_</t></is>`, "a b_x0041_", "date-invalid"},
		"an escaped control character":       {"", `t="inlineStr"><is><t>a_x0000_</t></is>`, "control-character", "control-character"},
		"a text beyond a cell's bound":       {"", `t="inlineStr"><is><t>` + strings.Repeat("x", 41) + `</t></is>`, "too-long", "date-invalid"},
	} {
		t.Run(name, func(t *testing.T) {
			file := packed(c.properties, `<sheetData>`+packedHead+`<row r="3"><c r="A3" `+c.cell+`</c><c r="B3" t="s"><v>1</v></c></row><row r="4"><c r="B4" t="s"><v>1</v></c><c r="C4" `+c.cell+`</c></row></sheetData>`)
			got, err := table.Open(file, packedColumns, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var is []string
			for row := range got.Rows() {
				cell := row.Cells[0] + row.Cells[2]
				if row.Refused != nil {
					cell = row.Refused.Rule
				}
				is = append(is, fmt.Sprint(row.Number, " ", cell))
			}
			if diff := cmp.Diff([]string{"3 " + c.text, "4 " + c.date}, is); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestAFigureKeepsItsDecimals: a number is its digits, to as many as a spreadsheet keeps; a text stays one.
func TestAFigureKeepsItsDecimals(t *testing.T) {
	columns := append(packedColumns[:2:2], table.Column{Headings: []string{"fecha"}, Kind: table.Figure, MaxLength: 30})
	for cell, want := range map[string]string{`><v>21.885300000000001</v>`: "21.8853", `><v>-110.5</v>`: "-110.5", `><v>1.2E1</v>`: "12", `s="7"><v>1E-3</v>`: "0.001", `t="str"><v>22,5</v>`: "22,5",
		`s="1"><v>43533</v>`: "date-in-text"} {
		got, err := table.Open(packed("", `<sheetData>`+packedHead+`<row r="2"><c r="A2" t="s"><v>1</v></c><c r="C2" `+cell+`</c></row></sheetData>`), columns, table.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for row := range got.Rows() {
			if is := row.Cells[2]; is != want && (row.Refused == nil || row.Refused.Rule != want) {
				t.Errorf("%s: %q, %v", cell, is, row.Refused)
			}
		}
	}
}

// TestMergedCells: the value of cells merged downwards is that of every row; rows that have nothing else are blank; headings over two rows are
// the lower ones; a title over several columns spreads to none of them.
func TestMergedCells(t *testing.T) {
	cell := func(at, text string) string {
		return `<c r="` + at + `" t="inlineStr"><is><t>` + text + `</t></is></c>`
	}
	file := packed("", `<sheetData><row r="1">`+cell("A1", "nombre")+`</row>
		<row r="3">`+cell("A3", "clave")+cell("B3", "bien")+`</row><row r="4">`+cell("B4", "nombre")+cell("C4", "fecha")+`</row>
		<row r="5">`+cell("A5", "K1")+cell("B5", "a")+`</row><row r="6"><c r="A6" s="2"/>`+cell("B6", "b")+`</row><row r="7"><c r="A7" s="2"/></row><row r="8">`+cell("B8", "c")+`</row>
		<row r="9">`+cell("B9", "d")+`</row><row>`+cell("A10", "K2")+`<c t="inlineStr"><is><t>e</t></is></c></row></sheetData>
		<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="A3:A4"/><mergeCell ref="B3:C3"/><mergeCell ref="A5:A8"/></mergeCells>`)
	got, err := table.Open(file, packedColumns, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var is []string
	for row := range got.Rows() {
		is = append(is, fmt.Sprint(row.Sheet, row.Number, " ", strings.Join(row.Cells, "|")))
	}
	if diff := cmp.Diff([]string{"S15 K1|a|", "S16 K1|b|", "S18 K1|c|", "S19 |d|", "S110 K2|e|"}, is); diff != "" {
		t.Error(diff)
	}
}

// TestWorkbooksThatAreNotRead: each is refused as a whole, saying what it is, before anything is unpacked to the end.
func TestWorkbooksThatAreNotRead(t *testing.T) {
	good := packed("", `<sheetData>`+packedHead+`</sheetData>`)
	sheet := func(n int) []string {
		return strings.Split(strings.Repeat(`<sheetData>`+packedHead+`</sheetData>\`, n), `\`)[:n]
	}
	many := map[string]string{}
	for n := range 10_001 {
		many[fmt.Sprint(n)] = ""
	}
	var wide strings.Builder
	for range 201 {
		wide.WriteString(`<c t="s"><v>3</v></c>`)
	}
	utf16 := func(s string) string { return strings.Join(strings.Split(s, ""), "\x00") + "\x00" }
	for name, c := range map[string]struct {
		file []byte
		rule string
	}{
		"cut off":                     {good[:len(good)/2], "file-damaged"},
		"a damaged sheet":             {packed("", `<sheetData>`+packedHead+`<row r="2"><c r="A2"><v>1</v></sheetData`), "file-damaged"},
		"rows out of order":           {packed("", `<sheetData>`+packedHead+`<row r="1"></row></sheetData>`), "file-damaged"},
		"a shared text that is none":  {packed("", `<sheetData>`+packedHead+`<row r="2"><c r="A2" t="s"><v>9</v></c></row></sheetData>`), "file-damaged"},
		"an entity that expands":      {packed("", `<!DOCTYPE x [<!ENTITY a "aa">]><sheetData>`+packedHead+`<row r="2"><c r="A2" t="str"><v>&a;</v></c></row></sheetData>`), "file-damaged"},
		"a zip of something else":     {zipped(map[string]string{"content.xml": "<x/>"}), "not-a-workbook"},
		"an old workbook":             {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + utf16("Workbook")), "file-outdated"},
		"a workbook with a password":  {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + utf16("EncryptedPackage")), "file-encrypted"},
		"300 sheets":                  {packed("", sheet(300)...), "too-many-sheets"},
		"10,001 parts":                {zipped(many), "file-bomb"},
		"a sheet that unpacks":        {packed("", `<sheetData>`+packedHead+strings.Repeat(" ", 100<<20)+`</sheetData>`), "file-bomb"},
		"a sheet that unpacks slowly": {packed("", `<sheetData>`+packedHead+strings.Repeat(`<row></row>`, 3<<20)+`</sheetData>`), "file-bomb"},
		"a text without end":          {packed("", `<sheetData>`+packedHead+`<row r="2"><c r="A2" t="str"><v>`+strings.Repeat("x", 2<<20)+`</v></c></row></sheetData>`), "file-damaged"},
		"201 columns":                 {packed("", `<sheetData><row r="1"><c t="s"><v>0</v></c><c t="s"><v>1</v></c>`+wide.String()+`</row></sheetData>`), "too-many-columns"},
		"merged without end":          {packed("", `<sheetData>`+packedHead+`</sheetData><mergeCells>`+strings.Repeat(`<mergeCell ref="A1:A2"/>`, 200_001)+`</mergeCells>`), "too-many-merges"},
		"no sheet with headings":      {packed("", `<sheetData/>`, `<sheetData></sheetData>`), "column-missing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := table.Open(c.file, packedColumns, table.Options{})
			if f := fault.As(err); f == nil || f.Rule != c.rule {
				t.Error(err)
			}
		})
	}
}

// TestWorkbooksThatAreReadAllTheSame: macros are not looked at, a million empty rows are none, and a value right of all columns makes a row all the same.
func TestWorkbooksThatAreReadAllTheSame(t *testing.T) {
	row := `<row r="1048576"><c r="A1048576" t="s"><v>0</v></c><c r="B1048576" t="s"><v>3</v></c></row>`
	var empty strings.Builder
	for n := 2; n <= 1_000_000; n++ {
		fmt.Fprintf(&empty, `<row r="%d" spans="1:3"/>`, n)
	}
	last := "1048576 clave|dos tipos|"
	for name, c := range map[string]struct {
		file []byte
		want []string
	}{
		"a million empty rows": {packed("", `<sheetData>`+packedHead+empty.String()+row+`</sheetData>`), []string{last}},
		"a value far right":    {packed("", `<sheetData>`+packedHead+`<row r="2"><c r="XFD2"><v>1</v></c></row>`+row+`</sheetData>`), []string{"2 ||", last}},
		"macros":               {packed("", `<sheetData>`+packedHead+row+`</sheetData><legacyDrawing r:id="vba"/>`), []string{last}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := table.Open(c.file, packedColumns, table.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var is []string
			for row := range got.Rows() {
				is = append(is, fmt.Sprint(row.Number, " ", strings.Join(row.Cells, "|")))
			}
			if diff := cmp.Diff(c.want, is); diff != "" {
				t.Error(diff)
			}
		})
	}
}
