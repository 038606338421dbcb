package table

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// maxMerges bounds the merged cells of a sheet, which are kept in memory.
const maxMerges = 200_000

// worksheet is a sheet of a workbook.
type worksheet struct {
	*book
	title, part string
	// merges are the cells that are merged downwards, by their first row.
	merges map[int][]merge
}

// merge is the left column of merged cells: the value of the first row is that of all.
type merge struct{ column, bottom int }

func (w *worksheet) name() string { return w.title }

func (w *worksheet) bottom(row int) int {
	bottom := row
	for _, m := range w.merges[row] {
		if m.bottom <= headRows {
			bottom = max(bottom, m.bottom)
		}
	}
	return bottom
}

// findMerges reads what stands behind a sheet's cells. These are passed over without being decoded, in a tenth of the time.
func (w *worksheet) findMerges() error {
	w.merges = map[int][]merge{}
	in, err := w.book.part(w.part)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	behind := bufio.NewReaderSize(in, 64<<10)
	if err := skipPast(behind, "sheetData>"); err != nil {
		return ignoreEnd(err)
	}
	d, n := xml.NewDecoder(behind), 0
	for {
		token, err := d.RawToken()
		if err != nil {
			return ignoreEnd(err)
		}
		start, ok := token.(xml.StartElement)
		if !ok || start.Name.Local != "mergeCell" {
			continue
		}
		if n++; n > maxMerges {
			return fault.Invalidf("", "too-many-merges", "sheet %s has more than %d merged cells", w.title, maxMerges)
		}
		from, to, _ := strings.Cut(attr(start, "ref"), ":")
		column, top, ok1 := address(from)
		_, bottom, ok2 := address(to)
		if ok1 && ok2 && bottom > top && column < maxColumns {
			w.merges[top] = append(w.merges[top], merge{column, bottom})
		}
	}
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// skipPast reads until the closing tag of an element, whose name may have a prefix, or its empty one.
func skipPast(in *bufio.Reader, end string) error {
	tag := make([]byte, 0, 64)
	for {
		c, err := in.ReadByte()
		if err != nil {
			return err
		}
		switch {
		case c == '<':
			tag = tag[:0]
		case len(tag) < cap(tag):
			tag = append(tag, c)
		}
		if c == '>' {
			if s := string(tag); strings.HasPrefix(s, "/") && strings.HasSuffix(s, end) || strings.HasSuffix(s, "/>") && strings.Contains(s, "sheetData") {
				return nil
			}
		}
	}
}

// lines yields the rows in which a cell has a value of its own, those of the cells merged with it above among them.
func (w *worksheet) lines(int) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		in, err := w.book.part(w.part)
		if err == nil {
			defer func() { _ = in.Close() }()
			r := rowReader{worksheet: w, xml: xml.NewDecoder(bufio.NewReaderSize(in, 64<<10)), open: map[int]spread{}}
			err = r.each(func(l line) bool { return yield(l, nil) })
		}
		if err != nil {
			yield(line{}, damaged(fmt.Errorf("sheet %s: %w", w.title, err)))
		}
	}
}

// rowReader reads the rows of a worksheet.
type rowReader struct {
	*worksheet
	xml *xml.Decoder
	row int
	// open are the merged cells that reach the present row, by column.
	open map[int]spread
	text []byte
}

type spread struct {
	cell   Cell
	bottom int
}

func (r *rowReader) each(yield func(line) bool) error {
	for {
		token, err := r.xml.RawToken()
		if err != nil {
			return unexpected(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "row" {
				continue
			}
			l, err := r.readRow(t)
			if err != nil {
				return err
			}
			if (len(l.cells) > 0 || l.beyond) && !yield(l) {
				return nil
			}
		case xml.EndElement:
			if t.Name.Local == "worksheet" {
				return nil
			}
		}
	}
}

// readRow reads a row up to its end. Without a value of its own it has no cells.
func (r *rowReader) readRow(start xml.StartElement) (line, error) {
	number := r.row + 1
	if said := attr(start, "r"); said != "" {
		n, err := strconv.Atoi(said)
		if err != nil || n < number {
			return line{}, fmt.Errorf("row %.20q follows row %d", said, r.row)
		}
		number = n
	}
	r.row = number
	l := line{number: number, last: number}
	column := -1
	for {
		token, err := r.xml.RawToken()
		if err != nil {
			return l, unexpected(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			if t.Name.Local != "c" {
				continue
			}
			column++
			if ref := attr(t, "r"); ref != "" {
				c, _, ok := address(ref)
				if !ok {
					return l, fmt.Errorf("row %d has a cell %.20q", number, ref)
				}
				column = c
			}
			cell, err := r.readCell(t)
			if err != nil {
				return l, err
			}
			l.put(column, cell)
		case xml.EndElement:
			if t.Name.Local == "row" {
				r.spread(&l)
				return l, nil
			}
		}
	}
}

func (l *line) put(column int, c Cell) {
	switch {
	case c.Kind == Empty:
	case column >= maxColumns:
		l.beyond = true
	default:
		for len(l.cells) <= column {
			l.cells = append(l.cells, Cell{})
		}
		l.cells[column] = c
	}
}

// spread gives the row the values of cells above that are merged with its own.
func (r *rowReader) spread(l *line) {
	own := !blank(l.cells) || l.beyond
	for _, m := range r.merges[l.number] {
		r.open[m.column] = spread{l.at(m.column), m.bottom}
	}
	if !own {
		l.cells = nil
	}
	for column, s := range r.open {
		switch {
		case s.bottom < l.number:
			delete(r.open, column)
		case own:
			l.put(column, s.cell)
		}
	}
}

// readCell reads a cell up to its end. A formula without a value beside it is an error: only the program that has it knows what it gives.
func (r *rowReader) readCell(start xml.StartElement) (Cell, error) {
	kind, inside, formula := attr(start, "t"), "", false
	r.text = r.text[:0]
	for {
		token, err := r.xml.RawToken()
		if err != nil {
			return Cell{}, unexpected(err)
		}
		switch t := token.(type) {
		case xml.StartElement:
			inside = t.Name.Local
			formula = formula || inside == "f"
			if inside == "is" {
				text, err := richText(r.xml, "is")
				if err != nil {
					return Cell{}, err
				}
				r.text = append(r.text, text...)
			}
		case xml.EndElement:
			if t.Name.Local == "c" {
				if len(r.text) == 0 && formula && kind != "str" {
					return Cell{Kind: Error, Text: "without a value"}, nil
				}
				return r.cell(kind, string(r.text), attr(start, "s"))
			}
			inside = ""
		case xml.CharData:
			if inside == "v" {
				if r.text = append(r.text, t...); len(r.text) > maxRecord {
					return Cell{}, errTooLong
				}
			}
		}
	}
}

// cell is what a value of a type in a style means.
func (r *rowReader) cell(kind, value, styled string) (Cell, error) {
	if value == "" {
		return Cell{}, nil
	}
	switch kind {
	case "s":
		value, err := r.shared.text(value)
		return textCell(value), err
	case "str":
		return textCell(unescape(value)), nil
	case "inlineStr":
		return textCell(value), nil
	case "e":
		return Cell{Kind: Error, Text: value}, nil
	case "b":
		if value == "1" || value == "true" {
			return Cell{Kind: Text, Text: "VERDADERO"}, nil
		}
		return Cell{Kind: Text, Text: "FALSO"}, nil
	case "d":
		return Cell{Kind: Date, Text: value[:min(len(value), len("2006-01-02"))]}, nil
	}
	n, err := strconv.Atoi(styled)
	var st style
	if err == nil && n >= 0 && n < len(r.styles) {
		st = r.styles[n]
	}
	if serial, err := strconv.ParseFloat(value, 64); err == nil && st.date {
		if day, ok := serialDay(serial + since(r.since1904)); ok {
			return Cell{Kind: Date, Text: day}, nil
		}
	}
	return Cell{Kind: Number, Text: value, Exponential: st.exponential, Since1904: r.since1904}, nil
}

func textCell(s string) Cell {
	if s == "" {
		return Cell{}
	}
	return Cell{Kind: Text, Text: s}
}

func attr(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// address reads a cell's address, like AB12: its column from 0, and its row.
func address(s string) (column, row int, ok bool) {
	i := 0
	for i < len(s) && i < 3 && s[i] >= 'A' && s[i] <= 'Z' {
		column = column*26 + int(s[i]-'A') + 1
		i++
	}
	row, err := strconv.Atoi(s[i:])
	return column - 1, row, err == nil && i > 0 && row > 0
}
