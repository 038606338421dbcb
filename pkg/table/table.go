// Package table reads the tables that people send: text with a row of headings, as spreadsheets and other systems write it, and workbooks
// (.xlsx, .xlsm). Line ends, the separator, the encoding and the row of the headings are detected from the content; a row that cannot be read
// for certain is refused, never guessed. Every row below the headings that is not blank is returned, read or refused, so that none is lost
// without notice.
package table

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/bitacora-salud/bitacora/pkg/fault"
	"github.com/bitacora-salud/bitacora/pkg/mx"
)

// Kind is what the values of a column are.
type Kind int

// The kinds of columns, and what Row.Cells holds of each.
const (
	// Words: text, cleaned by mx.Clean.
	Words Kind = iota
	// PastDate: 2019, 2019-03 or 2019-03-09, from 1950 to today.
	PastDate
	// AnyDate: the same, to 2100.
	AnyDate
	// Amount: pesos with two decimals, 12345.50.
	Amount
	// Figure: a number's digits with a dot before its decimals (22.151), as many as a spreadsheet keeps; a text as Words.
	Figure
)

// Column is a column that a table may have.
type Column struct {
	// Key is its name in reports; the first heading if it is "".
	Key string
	// Headings are its names in files; accents, case, blanks, dots and hyphens make no difference.
	Headings []string
	// Needed means that a sheet without it has no headings.
	Needed bool
	// MaxLength bounds the characters of Words and of a Figure; 0 is no bound.
	MaxLength int
	Kind      Kind
}

// Name is the column's name in reports.
func (c Column) Name() string {
	if c.Key != "" {
		return c.Key
	}
	return c.Headings[0]
}

// Options are what a person says about a file. The zero value leaves everything to the file.
type Options struct {
	// Today is the last day of a PastDate; needed if there are such columns.
	Today time.Time
	// Order is which number of a date is the day; if it is "", the file's own dates decide.
	Order Order
	// Sheet is the only sheet to be read, all if it is "".
	Sheet string
	// Layouts say for sheets, by name ("" in a text), what their headings do not.
	Layouts map[string]Layout
}

// Layout is what a person says about the headings of a sheet.
type Layout struct {
	// Row is that of the headings, one of the first 20; 0 leaves it to the file.
	Row int
	// Columns are the positions of columns by name, counted from 1. If there are any, the sheet has no other columns.
	Columns map[string]int
}

// Table is a file whose headings were found.
type Table struct {
	columns []Column
	// keys are the columns' indexes by headingKey.
	keys    map[string]int
	options Options
	sheets  []found
	// Skipped names the sheets in which no headings were found.
	Skipped []string
	// Count is the number of rows that Rows yields.
	Count int
	// Order is how the dates of the file are read, "" if neither it nor its sender decided.
	Order Order
}

// Row is one row below the headings.
type Row struct {
	// Sheet is "" in a text. Number is the row's number in a spreadsheet (see Remark).
	Sheet  string
	Number int
	// Cells has a value for each column (see Kind), "" where it is empty, cannot be read, or the sheet lacks the column.
	Cells []string
	// Refused is why the row cannot be read, nil when it can.
	Refused *Refusal
}

// Open finds the headings of each sheet: of the first 20 rows (and, in a text, of four separators) those that give most columns, needed ones
// first. Then it reads the file once to its end, so that what is wrong with it as a whole is known before the first row is used. It refuses
// (fault.Invalid) a file in which no sheet has all needed columns (column-missing) or one has a column twice (column-ambiguous, unless
// a Layout says which), one that has more rows, columns or sheets than are read, and one that cannot be opened.
func Open(file []byte, columns []Column, o Options) (*Table, error) {
	all, err := sheets(file)
	if err != nil {
		return nil, err
	}
	t := &Table{columns: columns, keys: keys(columns), options: o, Order: o.Order}
	var names []string
	var nearest error
	for _, ways := range all {
		name := ways[0].name()
		if names = append(names, name); o.Sheet != "" && o.Sheet != name {
			continue
		}
		best, err := t.best(ways)
		if err != nil {
			return nil, err
		}
		if missing := t.missing(best); missing != nil {
			t.Skipped, nearest = append(t.Skipped, name), missing
			continue
		}
		if err := t.usable(best); err != nil {
			return nil, err
		}
		t.sheets = append(t.sheets, best)
	}
	switch {
	case len(t.sheets) > 0:
		return t, t.survey()
	case o.Sheet != "" && !slices.Contains(names, o.Sheet):
		return nil, fault.Invalidf("sheet", "sheet-unknown", "the file has no sheet %q", o.Sheet).With(names...)
	case len(t.Skipped) > 1:
		return nil, fault.Invalidf("", "column-missing", "no sheet (%s) has the headings in its first %d rows", strings.Join(t.Skipped, ", "), headRows).With(t.needed()...)
	}
	return nil, nearest
}

// survey reads all rows once: it counts them, and hears what their dates say about their order.
func (t *Table) survey() error {
	said := orders{}
	for _, f := range t.sheets {
		for l, err := range t.rows(f) {
			if err != nil {
				return err
			}
			if t.Count += l.last - l.number + 1; t.Count > maxRows {
				return fault.Invalidf("", "too-many-rows", "the file has more than %d rows: divide it", maxRows)
			}
			for c, column := range t.columns {
				if l.refused == nil && (column.Kind == PastDate || column.Kind == AnyDate) {
					said.hear(l.at(f.at[c]))
				}
			}
		}
	}
	if t.Order == "" {
		t.Order = said.decided()
	}
	return nil
}

// rows yields the lines below the headings that are not blank.
func (t *Table) rows(f found) iter.Seq2[line, error] {
	return func(yield func(line, error) bool) {
		for l, err := range f.lines(len(f.head)) {
			if err == nil && (l.number <= f.row || l.refused == nil && !l.beyond && blank(l.cells)) {
				continue
			}
			if err == nil && l.refused == nil && t.headingAgain(f, l) {
				l.refused = refuse("heading-repeated", "repeats the headings of row %d", f.row)
			}
			if !yield(l, err) {
				return
			}
		}
	}
}

func (t *Table) headingAgain(f found, l line) bool {
	for _, at := range f.at {
		if at >= 0 && (l.at(at).Kind != Text || mx.Fold(l.at(at).Text) != mx.Fold(f.head[at])) {
			return false
		}
	}
	return true
}

// Rows yields every row below the headings that is not blank, in order, one in memory at a time.
func (t *Table) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for _, f := range t.sheets {
			for l, err := range t.rows(f) {
				if err != nil { // Open has read the same bytes to their end
					panic(fmt.Errorf("table: a file that was read once: %w", err))
				}
				row := Row{Sheet: f.name(), Cells: make([]string, len(t.columns)), Refused: l.refused}
				if l.refused == nil {
					t.fill(&row, f, l)
				}
				for row.Number = l.number; row.Number <= l.last; row.Number++ {
					if !yield(row) {
						return
					}
				}
			}
		}
	}
}

// fill reads the cells of a line.
func (t *Table) fill(row *Row, f found, l line) {
	for c, column := range t.columns {
		cell := l.at(f.at[c])
		value, bad := t.value(cell, column)
		row.Cells[c] = value
		if bad != nil && row.Refused == nil {
			bad.Column, bad.Value = column.Name(), shown(cell.Text)
			row.Refused = bad
		}
	}
}

func (t *Table) value(cell Cell, column Column) (string, *Refusal) {
	switch column.Kind {
	case PastDate:
		return date(cell, t.Order, t.options.Today)
	case AnyDate:
		return date(cell, t.Order, time.Date(lastYear, 12, 31, 0, 0, 0, 0, time.UTC))
	case Amount:
		return amount(cell)
	case Figure:
		return figure(cell, column.MaxLength)
	}
	return words(cell, column.MaxLength)
}

// shown is what stands in a cell, for a report.
func shown(s string) string {
	runes := []rune(strings.ToValidUTF8(mx.Clean(s), "\ufffd"))
	return string(runes[:min(len(runes), 80)])
}
