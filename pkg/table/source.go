package table

import (
	"bytes"
	"iter"

	"github.com/bitacora-salud/bitacora/pkg/fault"
)

// Bounds of what is read. They are far above every inventory of a hospital and keep a file from taking the machine.
const (
	maxRows    = 200_000
	maxColumns = 200
	maxSheets  = 100
)

// sheet is one table of a file.
type sheet interface {
	// name is "" in a text.
	name() string
	// lines yields what is not known to be blank, in order, until an error. width is the number of the headings, 0 before they are known.
	lines(width int) iter.Seq2[line, error]
	// bottom is the last row of the headings whose first row is given: the cells of these may be merged downwards.
	bottom(row int) int
}

// line is one row, or the rows that one mistake covers.
type line struct {
	number, last int
	cells        []Cell
	refused      *Refusal
	// beyond means that there are values right of the columns that are read.
	beyond bool
}

// at returns a cell, an empty one right of the last.
func (l line) at(column int) Cell {
	if column < 0 || column >= len(l.cells) {
		return Cell{}
	}
	return l.cells[column]
}

// sheets opens a file by its content. Each element is one sheet, with the ways in which it may be read: a text by each of four separators.
func sheets(file []byte) ([][]sheet, error) {
	switch {
	case bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return nil, ole(file)
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("PK\x05\x06")):
		return workbook(file)
	}
	ways := make([]sheet, len(separators))
	for i, separator := range separators {
		ways[i] = textSheet{file, separator}
	}
	return [][]sheet{ways}, nil
}

// ole says what a file in the container of Windows' older programs is: Office puts a workbook with a password into one.
func ole(file []byte) error {
	encrypted := []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")
	if bytes.Contains(file, encrypted) {
		return fault.Invalidf("", "file-encrypted", "this workbook has a password: open it and save it without one")
	}
	return fault.Invalidf("", "file-outdated", "this is a workbook of before 2007 (.xls), or none: open it and save it as .xlsx")
}

// separators, the likelier first.
var separators = []byte{',', ';', '\t', '|'}

// textSheet is a text, read by one separator.
type textSheet struct {
	file      []byte
	separator byte
}

func (textSheet) name() string       { return "" }
func (textSheet) bottom(row int) int { return row }

func (t textSheet) lines(width int) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		in := newRecords(text(t.file), t.separator)
		for {
			rec, ok, err := in.next()
			if err != nil || !ok {
				if err != nil {
					yield(line{}, err)
				}
				return
			}
			l := line{number: rec.first, last: rec.first, cells: rec.cells, beyond: rec.fields > maxColumns}
			if bad := rec.broken(); bad != nil || rec.swallowed(width) {
				if l.refused = bad; bad == nil {
					l.refused = rec.quotes()
				}
				l.last = rec.last
				in.skip(rec)
			} else if width > 0 && rec.fields != width && !blank(rec.cells) {
				l.refused = refuse("field-count", "has %d fields where the headings are %d", rec.fields, width)
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}
