package table

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
)

// maxCell is how many characters a cell of a workbook has at most, in UTF-16.
const maxCell = 32_767

// XLSX writes a workbook of one sheet, as it goes: nothing is kept but the row. Text is text in it, formatted so that it stays text when
// somebody types over it; a date to the day and an amount are numbers in a format of their own. Control characters become U+FFFD, since XML has
// none. A text longer than a cell can hold is an error.
type XLSX struct {
	// Sheet is the sheet's name, of 1 to 31 characters without []:*?/\.
	Sheet string
}

// The formats of cells in bookStyles.
const (
	styleHeading = iota + 1
	styleDate
	styleAmount
	styleText
)

const (
	xmlHead    = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	mainSchema = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relSchema  = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	typePrefix = "application/vnd.openxmlformats-officedocument.spreadsheetml."
)

// bookParts are the parts of a workbook beside its sheet; %s is the sheet's name.
var bookParts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="` + typePrefix + `sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="` + typePrefix + `worksheet+xml"/><Override PartName="/xl/styles.xml" ContentType="` + typePrefix + `styles+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relSchema + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="` + mainSchema + `" xmlns:r="` + relSchema + `"><sheets><sheet name="%s" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="` + relSchema + `/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="` + relSchema + `/styles" Target="styles.xml"/></Relationships>`},
	{"xl/styles.xml", `<styleSheet xmlns="` + mainSchema + `"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts>` +
		`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
		`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="5"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>` +
		`<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/><xf numFmtId="14" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>` +
		`<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>`},
}

// Writer writes the columns' first headings, and rows below them.
func (x XLSX) Writer(w io.Writer, columns []Column) (Writer, error) {
	if n := len([]rune(x.Sheet)); n == 0 || n > 31 || strings.ContainsAny(x.Sheet, `[]:*?/\`) {
		return nil, fmt.Errorf("%q cannot be the name of a sheet", x.Sheet)
	}
	out := &bookWriter{zip: zip.NewWriter(w), columns: columns}
	for _, p := range bookParts {
		in, err := out.zip.Create(p.name)
		if err == nil {
			_, err = io.WriteString(in, xmlHead+strings.ReplaceAll(p.text, "%s", inXML(x.Sheet)))
		}
		if err != nil {
			return nil, err
		}
	}
	sheet, err := out.zip.Create("xl/worksheets/sheet1.xml")
	if err != nil {
		return nil, err
	}
	out.out = bufio.NewWriterSize(sheet, 64<<10)
	out.put(xmlHead, `<worksheet xmlns="`, mainSchema, `"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`)
	out.put(`<row r="1">`)
	for _, h := range headings(columns) {
		out.text(h, styleHeading)
	}
	out.put(`</row>`)
	return out, out.err
}

type bookWriter struct {
	zip     *zip.Writer
	out     *bufio.Writer
	columns []Column
	rows    int
	err     error
}

func (b *bookWriter) put(parts ...string) {
	for _, p := range parts {
		if b.err == nil {
			_, b.err = b.out.WriteString(p)
		}
	}
}

// Row implements Writer.
func (b *bookWriter) Row(cells []string) error {
	if err := fits(cells, b.columns); err != nil {
		return err
	}
	b.rows++
	b.put(`<row r="`, strconv.Itoa(b.rows+1), `">`)
	for i, value := range cells {
		switch day, err := time.Parse(time.DateOnly, value); {
		case value == "":
			b.put(`<c/>`)
		case len(utf16.Encode([]rune(value))) >= maxCell:
			return fmt.Errorf("row %d: the value of %s is longer than a cell of a workbook", b.rows, b.columns[i].Name())
		case b.columns[i].Kind == Amount:
			b.put(`<c s="`, strconv.Itoa(styleAmount), `"><v>`, inXML(value), `</v></c>`)
		case b.columns[i].Kind == Figure && isNumber(value):
			b.put(`<c><v>`, inXML(value), `</v></c>`)
		case b.columns[i].Kind != Words && err == nil:
			days := int(day.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
			b.put(`<c s="`, strconv.Itoa(styleDate), `"><v>`, strconv.Itoa(days), `</v></c>`)
		default:
			b.text(guard(value), styleText)
		}
	}
	b.put(`</row>`)
	return b.err
}

// isNumber reports whether a number says all that s says: 22.10 and 007 are texts.
func isNumber(s string) bool {
	n, err := strconv.ParseFloat(s, 64)
	return err == nil && strconv.FormatFloat(n, 'f', -1, 64) == s && len(strings.Trim(s, "-")) <= maxDigits
}

func (b *bookWriter) text(s string, style int) {
	b.put(`<c s="`, strconv.Itoa(style), `" t="inlineStr"><is><t xml:space="preserve">`, inXML(escape(s)), `</t></is></c>`)
}

// escape doubles an underscore that would begin an escaped character (see unescape).
func escape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var b strings.Builder
	for i := range len(s) {
		if escaped.MatchString(s[i:min(i+len("_x0000_"), len(s))]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func inXML(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s)) // a Builder takes everything
	return b.String()
}

// Close implements Writer.
func (b *bookWriter) Close() error {
	b.put(`</sheetData></worksheet>`)
	if b.err != nil {
		return b.err
	}
	if err := b.out.Flush(); err != nil {
		return err
	}
	return b.zip.Close()
}
